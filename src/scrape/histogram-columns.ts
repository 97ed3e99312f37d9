import { assert } from '../base/assert.ts'
import { limits } from '../base/limits.ts'
import { NativeHistogram } from '../model/histogram.ts'

/** `id` may be one that is not known yet. */
interface HistogramRow {
  readonly id: number
  readonly entry: number
  readonly timestampMs: number
}

/** Histograms of one page, beside the floats of PageColumns. */
export class HistogramColumns {
  count = 0
  ids = new Uint32Array(initialRows)
  timestampsMs = new Float64Array(initialRows)
  startsMs = new Float64Array(initialRows)
  /** As in PageColumns. */
  entries = new Int32Array(initialRows)
  readonly #histograms: NativeHistogram[] = []

  /** Keeps the memory of a usual page for the next one. */
  clear(): void {
    this.count = 0
    if (this.#histograms.length > limits.scrapeHistogramsKept) {
      this.#histograms.length = limits.scrapeHistogramsKept
    }
  }

  /** Copies a histogram into the next row; its start is the caller's to set. */
  add({ id, entry, timestampMs }: HistogramRow, histogram: NativeHistogram): void {
    if (this.count === this.entries.length) this.#grow()
    const row = this.count++
    this.ids[row] = id
    this.entries[row] = entry
    this.timestampsMs[row] = timestampMs
    this.startsMs[row] = 0
    const copy = this.#histograms[row] ?? new NativeHistogram()
    this.#histograms[row] = copy
    copy.copyFrom(histogram)
  }

  at(row: number): NativeHistogram {
    const histogram = this.#histograms[row]
    assert(histogram !== undefined && row < this.count, 'a row of histograms that is not there')
    return histogram
  }

  #grow(): void {
    const { ids, timestampsMs, startsMs, entries } = this
    const rows = entries.length * 2
    this.ids = new Uint32Array(rows)
    this.ids.set(ids)
    this.timestampsMs = new Float64Array(rows)
    this.timestampsMs.set(timestampsMs)
    this.startsMs = new Float64Array(rows)
    this.startsMs.set(startsMs)
    this.entries = new Int32Array(rows)
    this.entries.set(entries)
  }
}

const initialRows = 64
