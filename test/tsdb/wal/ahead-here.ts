import type { CoveredTimes } from '../../../src/tsdb/wal/covered-times.ts'
import { type ReadAhead, readSegmentsAhead } from '../../../src/tsdb/wal/read-ahead.ts'
import { RecordBatch } from '../../../src/tsdb/wal/record-batch.ts'
import type { SimFileSystem } from '../../sim/sim-file-system.ts'

interface AheadOptions {
  /** Batches. */
  readonly dieAfter?: number | undefined
  readonly covered?: CoveredTimes | undefined
}

/** Reads ahead in this thread: one batch at a time, as far as it is asked. */
export class AheadHere implements ReadAhead {
  readonly #waiting: RecordBatch[] = []
  #known: RecordBatch | undefined
  #free: (() => void) | undefined
  #done = false
  #wake: () => void = () => undefined
  handed = 0
  stops = 0
  readonly #dieAfter: number

  constructor(
    fileSystem: SimFileSystem,
    paths: readonly string[],
    { dieAfter = Infinity, covered }: AheadOptions = {},
  ) {
    this.#dieAfter = dieAfter
    const send = (batch: RecordBatch) => {
      this.#known = RecordBatch.of(structuredClone(batch.toMessage()), this.#known)
      this.#waiting.push(this.#known)
      this.#wake()
      return new Promise<RecordBatch>((resolve) => {
        this.#free = () => resolve(batch)
      })
    }
    readSegmentsAhead(fileSystem, paths, send, covered).finally(() => {
      this.#done = true
      this.#wake()
    })
  }

  async next(): Promise<RecordBatch | undefined> {
    if (this.handed === this.#dieAfter) return undefined
    while (this.#waiting.length === 0 && !this.#done) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    this.handed++
    return this.#waiting.shift()
  }

  release(): void {
    this.#free?.()
  }

  stop(): void {
    this.stops++
  }
}
