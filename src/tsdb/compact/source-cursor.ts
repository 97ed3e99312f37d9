import type { ChunkSeriesSet } from '../../storage/querier.ts'
import type { SeriesSource } from './series-source.ts'

const nothingDeleted = new Float64Array(0)

/** Stands on one series of a source; its labels are ordinals of the block that is written. */
export class SourceCursor {
  readonly #source: SeriesSource
  /** From the source's ordinals to the block's. */
  readonly #ordinals: Uint32Array
  #batch: ChunkSeriesSet | undefined
  #row = 0
  labels: Uint32Array = new Uint32Array(0)
  labelLength = 0

  constructor(source: SeriesSource, ordinals: Uint32Array) {
    this.#source = source
    this.#ordinals = ordinals
  }

  get isDone(): boolean {
    return this.#batch === undefined
  }

  /** The batch and row of the series at hand; not behind the last. */
  get batch(): ChunkSeriesSet | undefined {
    return this.#batch
  }

  get row(): number {
    return this.#row
  }

  get deleted(): Float64Array {
    return this.#source.deletedOf?.(this.#row) ?? nothingDeleted
  }

  /** Whether next() must be waited for. */
  get isAtEndOfBatch(): boolean {
    return this.#batch === undefined || this.#row + 1 >= this.#batch.seriesCount
  }

  /** To the next series of the batch at hand. */
  step(): void {
    this.#row++
    this.#readLabels()
  }

  /** To the first series of the next batch. */
  async load(): Promise<void> {
    do this.#batch = await this.#source.next()
    while (this.#batch !== undefined && this.#batch.seriesCount === 0)
    this.#row = 0
    this.#readLabels()
  }

  #readLabels(): void {
    if (this.#batch === undefined) return
    const { offsets, labelIds } = this.#batch.labels
    const start = offsets[this.#row] ?? 0
    this.labelLength = (offsets[this.#row + 1] ?? 0) - start
    if (this.labels.length < this.labelLength) this.labels = new Uint32Array(this.labelLength * 2)
    const { ordinalOf } = this.#source
    for (let at = 0; at < this.labelLength; at++) {
      const id = labelIds[start + at] ?? 0
      const own = ordinalOf === undefined ? id : (ordinalOf[id] ?? 0)
      this.labels[at] = this.#ordinals[own] ?? 0
    }
  }

  /** Negative, zero or positive as this series comes before, with or behind the other's. */
  compare(other: SourceCursor): number {
    const length = Math.min(this.labelLength, other.labelLength)
    for (let at = 0; at < length; at++) {
      const difference = (this.labels[at] ?? 0) - (other.labels[at] ?? 0)
      if (difference !== 0) return difference
    }
    return this.labelLength - other.labelLength
  }
}
