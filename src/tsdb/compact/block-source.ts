import type { BlockReader } from '../block/block-reader.ts'
import type { BlockSeriesSet } from '../block/block-series-set.ts'
import { selectChunks } from '../block/series-selection.ts'
import type { Postings } from '../index/set-operations.ts'
import type { SeriesSource } from './series-source.ts'

/** Series of one batch: their columns stay small, however large the block. */
const seriesPerBatch = 2_048
const allTime = { minTimeMs: Number.NEGATIVE_INFINITY, maxTimeMs: Number.POSITIVE_INFINITY }

/** Series of a block, in label order, without what is deleted of them. */
export class BlockSource implements SeriesSource {
  readonly ordinalOf = undefined
  readonly #reader: BlockReader
  readonly #refs: Postings
  #next = 0
  #batch: BlockSeriesSet | undefined

  /** The reader stays open until the last batch is done with. `refs` ascend; all where absent. */
  constructor(reader: BlockReader, refs: Postings = reader.index.all()) {
    this.#reader = reader
    this.#refs = refs
  }

  get symbolCount(): number {
    return this.#reader.symbolCount
  }

  symbolAt(ordinal: number): Uint8Array {
    return this.#reader.symbolBytes(ordinal)
  }

  async next(): Promise<BlockSeriesSet | undefined> {
    if (this.#next >= this.#refs.length) return undefined
    const refs = this.#refs.subarray(this.#next, this.#next + seriesPerBatch)
    this.#next += refs.length
    this.#batch = selectChunks(this.#reader, refs, allTime, (ordinal) => ordinal)
    return this.#batch
  }

  deletedOf(series: number): Float64Array {
    return this.#batch?.deletedOf(series) ?? new Float64Array(0)
  }
}
