/**
 * What a set of series is read from, as data: another thread that has the same database open reads
 * the same samples of it (series by series, as the set counts them). All columns are shared memory.
 */
export type SharedSeries = SharedBlockSeries | SharedHeadSeries | SharedMergedSeries

export interface SharedBlockSeries {
  readonly kind: 'block'
  readonly ulid: string
  /** By series: its reference, and where its chunks begin. */
  readonly refs: Uint32Array
  readonly offsets: Uint32Array
  /** By chunk. */
  readonly chunkRefs: Float64Array
  readonly minTimeMs: Float64Array
  readonly maxTimeMs: Float64Array
}

/** Series of the head, with the words of their snapshot. */
export interface SharedHeadSeries {
  readonly kind: 'head' | 'out-of-order'
  readonly ids: Uint32Array
  readonly words: Uint32Array
  /** Samples before it are read from blocks. */
  readonly validFromMs: number
}

export interface SharedMergedSeries {
  readonly kind: 'merged'
  readonly sets: readonly SharedSeries[]
  /** Row r's series in set s stands at r * sets.length + s; -1 for none. */
  readonly members: Int32Array
}
