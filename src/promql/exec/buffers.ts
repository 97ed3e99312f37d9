import { limits } from '../../base/limits.ts'
import { GrowingColumns } from '../../model/growing-columns.ts'
import { HistogramColumns } from '../histogram/histogram-columns.ts'
import { firstCapacity } from './selects.ts'
import { StepBatch } from './step-batch.ts'

/** Columns that the samples of one series after the other are read into. */
export interface ReadBuffers {
  readonly columns: GrowingColumns
  readonly histograms: HistogramColumns
}

/** Rows of the batches of one step that are kept. */
const rowsKept = [32, 256, 1024]

/** The buffers that no query of this thread has just now. */
class BufferPool {
  readonly reads: ReadBuffers[] = []
  readonly batches = new Map<number, StepBatch[]>(rowsKept.map((rows) => [rows, []]))
}

/** Of a thread: an instant query of some series takes less time than making its buffers. */
const pool = new BufferPool()

/** The buffers of one query, which others have when it is over. */
export class Buffers {
  readonly #reads: ReadBuffers[] = []
  readonly #batches: StepBatch[] = []

  read(wantsStarts: boolean): ReadBuffers {
    const buffers = pool.reads.pop() ?? {
      columns: new GrowingColumns(firstCapacity),
      histograms: new HistogramColumns(),
    }
    buffers.columns.wantStarts(wantsStarts)
    buffers.histograms.wantStarts(wantsStarts)
    this.#reads.push(buffers)
    return buffers
  }

  /** A batch of one step of at least `rows` rows, where there are such that have not more than that. */
  batch(rows: number, rowsMax: number): StepBatch | undefined {
    const size = rowsKept.find((kept) => kept >= rows && kept <= rowsMax)
    if (size === undefined) return undefined
    const batch = pool.batches.get(size)?.pop() ?? new StepBatch(1, size)
    this.#batches.push(batch)
    return batch
  }

  /** The query is over, and whatever it answered was taken. */
  release(): void {
    for (const buffers of this.#reads) {
      const { columns, histograms } = buffers
      columns.giveBack()
      const isSmall =
        columns.values.length <= limits.pooledSamplesMax && histograms.places.length === 0
      if (isSmall && pool.reads.length < limits.pooledBuffersMax) pool.reads.push(buffers)
    }
    for (const batch of this.#batches) {
      const kept = pool.batches.get(batch.rowsMax)
      const isPlain = batch.histograms.size === 0 && !batch.histograms.hasAny
      if (isPlain && kept !== undefined && kept.length < limits.pooledBuffersMax) kept.push(batch)
    }
    this.#reads.length = 0
    this.#batches.length = 0
  }
}
