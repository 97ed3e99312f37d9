import type { CoveredSpans } from '../../../src/tsdb/wal/covered-spans.ts'
import {
  type LogFile,
  type ReadAhead,
  type ReadOrder,
  readSegmentsAhead,
  pieceBytes as usualPieceBytes,
} from '../../../src/tsdb/wal/read-ahead.ts'
import { ReaderTeam } from '../../../src/tsdb/wal/reader-team.ts'
import { RecordBatch } from '../../../src/tsdb/wal/record-batch.ts'
import type { SimFileSystem } from '../../sim/sim-file-system.ts'

interface AheadOptions {
  /** Batches. */
  readonly dieAfter?: number | undefined
  readonly covered?: CoveredSpans | undefined
  /** What is covered is not known before so many batches were made. */
  readonly coveredAfter?: number
  readonly readers?: number | undefined
  readonly pieceBytes?: number | undefined
}

/** Reads ahead in this thread, as a team of readers: one batch of each at a time, as far as it is asked. */
export class AheadHere implements ReadAhead {
  readonly #team: ReaderTeam
  readonly #dieAfter: number
  handed = 0
  stops = 0

  constructor(
    fileSystem: SimFileSystem,
    segments: readonly LogFile[],
    {
      dieAfter = Infinity,
      covered,
      coveredAfter = 0,
      readers = 1,
      pieceBytes = usualPieceBytes,
    }: AheadOptions = {},
  ) {
    this.#dieAfter = dieAfter
    const known = () => (this.handed >= coveredAfter ? covered : undefined)
    const readerOf = (_: unknown, reader: number) =>
      new ReaderHere(fileSystem, { segments, reader, readers, pieceBytes }, known)
    this.#team = new ReaderTeam(Array.from({ length: readers }, readerOf))
  }

  async next(): Promise<RecordBatch | undefined> {
    if (this.handed === this.#dieAfter) return undefined
    const batch = await this.#team.next()
    this.handed++
    return batch
  }

  release(batch: RecordBatch): void {
    this.#team.release(batch)
  }

  stop(): void {
    this.stops++
  }
}

class ReaderHere implements ReadAhead {
  readonly #waiting: RecordBatch[] = []
  #known: RecordBatch | undefined
  #free: (() => void) | undefined
  #done = false
  #wake: () => void = () => undefined

  constructor(
    fileSystem: SimFileSystem,
    order: ReadOrder,
    covered: () => CoveredSpans | undefined,
  ) {
    const send = (batch: RecordBatch) => {
      this.#known = RecordBatch.of(structuredClone(batch.toMessage()), this.#known)
      this.#waiting.push(this.#known)
      this.#wake()
      return new Promise<RecordBatch>((resolve) => {
        this.#free = () => resolve(batch)
      })
    }
    readSegmentsAhead(fileSystem, order, send, covered).finally(() => {
      this.#done = true
      this.#wake()
    })
  }

  async next(): Promise<RecordBatch | undefined> {
    while (this.#waiting.length === 0 && !this.#done) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.#waiting.shift()
  }

  release(): void {
    this.#free?.()
  }

  stop(): void {
    // It goes no further than it is asked.
  }
}
