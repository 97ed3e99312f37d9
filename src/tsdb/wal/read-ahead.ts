import { ByteReadError } from '../../base/byte-reader.ts'
import type { FileSystem } from '../../base/file-system.ts'
import { WalCorruption } from './corruption.ts'
import { RecordBatch } from './record-batch.ts'
import { SegmentReader } from './segment-reader.ts'

/** Batches on their way between the two threads. */
export const batchesAhead = 4

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
 */
export async function readSegmentsAhead(
  fileSystem: FileSystem,
  paths: readonly string[],
  send: (batch: RecordBatch) => Promise<RecordBatch>,
): Promise<void> {
  let batch = new RecordBatch()
  for (const [segment, path] of paths.entries()) {
    batch.begin(segment)
    try {
      const reader = new SegmentReader(fileSystem, path)
      for (let record = reader.next(); record !== undefined; record = reader.next()) {
        if (batch.add(record)) continue
        batch = await send(batch)
        batch.begin(segment)
        batch.add(record)
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
