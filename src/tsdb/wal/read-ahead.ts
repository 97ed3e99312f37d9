import { ByteReadError } from '../../base/byte-reader.ts'
import type { FileSystem } from '../../base/file-system.ts'
import { WalCorruption } from './corruption.ts'
import type { CoveredTimes } from './covered-times.ts'
import { RecordBatch } from './record-batch.ts'
import { SegmentReader } from './segment-reader.ts'
import { SeriesNumbers } from './series-numbers.ts'

/**
 * Batches on their way between the two threads, one MiB each: now one of them has more to do, now the
 * other.
 */
export const batchesAhead = 12

/** Another thread that reads segments ahead of the one that takes their records in. */
export interface ReadAhead {
  /** The next batch; undefined when there is none to come. */
  next(): Promise<RecordBatch | undefined>
  /** The batch was taken in. */
  release(batch: RecordBatch): void
  /** Reads no further. */
  stop(): void
}

/**
 * Reads segments whole, one after the other, into batches; `send` hands one on and answers one that
 * is free. It ends at the first thing that is not as it should be: a SegmentScan has the verdict.
 * Samples that are covered are checked and left out: the other thread writes that down as it goes.
 */
export async function readSegmentsAhead(
  fileSystem: FileSystem,
  paths: readonly string[],
  send: (batch: RecordBatch) => Promise<RecordBatch>,
  covered?: CoveredTimes,
): Promise<void> {
  let batch = new RecordBatch()
  const known = { covered, numbers: new SeriesNumbers() }
  for (const [segment, path] of paths.entries()) {
    batch.begin(segment)
    try {
      const reader = new SegmentReader(fileSystem, path)
      for (let record = reader.next(); record !== undefined; record = reader.next()) {
        if (batch.add(record, known)) continue
        batch = await send(batch)
        batch.begin(segment)
        batch.add(record, known)
      }
      reader.close()
      batch.end = 'segment'
    } catch (thrown) {
      if (!isOfTheLog(thrown)) throw thrown
      batch.end = 'trouble'
    }
    const isOver = batch.end === 'trouble'
    batch = await send(batch)
    if (isOver) return
  }
}

/** Damage, or a file that the system cannot read. */
function isOfTheLog(thrown: unknown): boolean {
  if (thrown instanceof WalCorruption || thrown instanceof ByteReadError) return true
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string'
}
