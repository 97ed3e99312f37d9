import { at as elementAt } from '../../base/assert.ts'
import { ByteReadError } from '../../base/byte-reader.ts'
import type { FileSystem } from '../../base/file-system.ts'
import { WalCorruption } from './corruption.ts'
import { CoveredRows, type CoveredSpans } from './covered-spans.ts'
import { PassedRecords } from './passed-records.ts'
import { readIndex } from './read-index.ts'
import { type ReaderKnowledge, RecordBatch } from './record-batch.ts'
import { pageBytes } from './segment-files.ts'
import { SegmentReader } from './segment-reader.ts'
import { SeriesNumbers } from './series-numbers.ts'

/**
 * Batches on their way between the threads, one MiB each: now one of them has more to do, now the
 * other.
 */
export const batchesAhead = 12
/** What one reader reads before the next one's turn: as much as its share of batches holds. */
export const pieceBytes = 64 * pageBytes

/** Another thread, or several, that read segments ahead of the one that takes their records in. */
export interface ReadAhead {
  /** The next batch; undefined when there is none to come. */
  next(): Promise<RecordBatch | undefined>
  /** The batch was taken in. */
  release(batch: RecordBatch): void
  /** Reads no further. */
  stop(): void
}

export interface LogFile {
  readonly path: string
  readonly sizeBytes: number
  /** Its index, if it has one: see RecordIndex. */
  readonly indexPath?: string | undefined
}

/** What one of several readers has to do. */
export interface ReadOrder {
  readonly segments: readonly LogFile[]
  /** Of the pieces of all segments, one after the other, it reads those of its number, and every so many further. */
  readonly reader: number
  readonly readers: number
  /** Whole pages. */
  readonly pieceBytes: number
}

/**
 * Reads its pieces of segments, one after the other, into batches; `send` hands one on and answers
 * one that is free. A record belongs to the piece in which it begins. It ends at the first thing that
 * is not as it should be: a SegmentScan has the verdict. Samples that are covered, once `covered`
 * knows of them, are left out.
 */
export async function readSegmentsAhead(
  fileSystem: FileSystem,
  order: ReadOrder,
  send: (batch: RecordBatch) => Promise<RecordBatch>,
  covered: () => CoveredSpans | undefined = () => undefined,
): Promise<void> {
  const { segments, reader, readers } = order
  const run = new AheadRun(fileSystem, order, send, covered)
  let piece = 0
  for (const [segment, { sizeBytes }] of segments.entries()) {
    const pieces = Math.max(1, Math.ceil(sizeBytes / order.pieceBytes))
    for (let index = 0; index < pieces; index++, piece++) {
      if (piece % readers !== reader) continue
      const start = index * order.pieceBytes
      const end = index < pieces - 1 ? start + order.pieceBytes : Number.POSITIVE_INFINITY
      if (!(await run.read(segment, start, end))) return
    }
  }
  run.close()
}

/** One reader, from piece to piece. */
class AheadRun {
  readonly #fileSystem: FileSystem
  readonly #order: ReadOrder
  readonly #covered: () => CoveredSpans | undefined
  #known: ReaderKnowledge
  readonly #send: (batch: RecordBatch) => Promise<RecordBatch>
  #batch = new RecordBatch()
  /** Of which segment it has the file open. */
  #segment = -1
  #file: SegmentReader | undefined
  #passes: PassedRecords | undefined

  constructor(
    fileSystem: FileSystem,
    order: ReadOrder,
    send: (batch: RecordBatch) => Promise<RecordBatch>,
    covered: () => CoveredSpans | undefined,
  ) {
    this.#fileSystem = fileSystem
    this.#order = order
    this.#covered = covered
    this.#known = { covered: undefined, numbers: new SeriesNumbers(order.readers) }
    this.#send = send
  }

  /** Reads what begins from `start` to before `end`, infinite for the segment's last piece; false = here it ends. */
  async read(segment: number, start: number, end: number): Promise<boolean> {
    this.#begin(segment, start)
    try {
      await this.#readRecords(segment, start, end)
      this.#batch.end = Number.isFinite(end) ? 'piece' : 'segment'
    } catch (thrown) {
      if (!isOfTheLog(thrown)) throw thrown
      this.#batch.end = 'trouble'
    }
    const isOver = this.#batch.end === 'trouble'
    this.#batch = await this.#send(this.#batch)
    return !isOver
  }

  async #readRecords(segment: number, start: number, end: number): Promise<void> {
    const file = this.#opened(segment)
    let at = start === 0 ? 0 : file.seek(start)
    this.#begin(segment, at)
    while (at < end) {
      const behind = this.#passes?.behind(file, at)
      if (behind !== undefined) {
        if (!this.#batch.pass()) {
          this.#batch = await this.#send(this.#batch)
          this.#begin(segment, at)
          this.#batch.pass()
        }
        file.goTo(behind)
        at = file.nextStart()
        this.#batch.stop = at
        continue
      }
      const record = file.next()
      if (record === undefined) return
      if (!this.#batch.add(record, this.#known)) {
        this.#batch = await this.#send(this.#batch)
        this.#begin(segment, at)
        this.#batch.add(record, this.#known)
      }
      at = file.nextStart()
      this.#batch.stop = at
    }
  }

  #begin(segment: number, start: number): void {
    this.#lookForCovered()
    this.#batch.begin({ reader: this.#order.reader, segment, start })
  }

  #opened(segment: number): SegmentReader {
    if (this.#file !== undefined && this.#segment === segment) return this.#file
    this.close()
    const { path, sizeBytes, indexPath } = elementAt(this.#order.segments, segment)
    const file = new SegmentReader(this.#fileSystem, path)
    // Readers that do not agree in its pieces would take records twice, or leave some out.
    if (file.sizeBytes !== sizeBytes) throw new WalCorruption(path, 0, 0, 'its size has changed')
    this.#file = file
    this.#segment = segment
    this.#passOver(indexPath)
    return file
  }

  /** Once it is known what is covered. */
  #passOver(indexPath: string | undefined): void {
    const { covered } = this.#known
    const index = covered === undefined ? undefined : readIndex(this.#fileSystem, indexPath)
    this.#passes =
      covered === undefined || index === undefined ? undefined : new PassedRecords(index, covered)
  }

  /** It may not be known from the beginning. */
  #lookForCovered(): void {
    if (this.#known.covered !== undefined) return
    const covered = this.#covered()
    if (covered === undefined) return
    this.#known = { ...this.#known, covered: new CoveredRows(covered) }
    if (this.#file === undefined) return
    this.#passOver(elementAt(this.#order.segments, this.#segment).indexPath)
  }

  close(): void {
    this.#file?.close()
    this.#file = undefined
  }
}

/** Damage, or a file that the system cannot read. */
function isOfTheLog(thrown: unknown): boolean {
  if (thrown instanceof WalCorruption || thrown instanceof ByteReadError) return true
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string'
}
