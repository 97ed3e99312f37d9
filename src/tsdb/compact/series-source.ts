import type { ChunkSeriesSet } from '../../storage/querier.ts'

/**
 * Where a block's series come from: the head, or another block. Its symbols are sorted by bytes,
 * its series by their labels; label ids of the batches are turned into ordinals by `ordinalOf`.
 */
export interface SeriesSource {
  readonly symbolCount: number
  /** UTF-8, valid until the next call. */
  symbolAt(ordinal: number): Uint8Array
  /** By label id: the ordinal of its symbol. Undefined where ids are ordinals already. */
  readonly ordinalOf: Uint32Array | undefined
  /** The next series; undefined behind the last. A batch is done with when the next is asked for. */
  next(): Promise<ChunkSeriesSet | undefined>
  /** Deleted intervals of a series of the latest batch: first and last time in turn; none = empty. */
  deletedOf?(series: number): Float64Array
}
