import { assert } from '../base/assert.ts'
import { limits } from '../base/limits.ts'
import { NativeHistogram } from '../model/histogram.ts'

/** `id` may be one that is not known yet. */
interface HistogramRow {
  readonly id: number
  readonly entry: number
  readonly timestampMs: number
  /** Of the page up to it and with it. */
  readonly counts: PageCounts
}

/** What a page has up to one of its lines. */
export interface PageCounts {
  readonly floats: number
  readonly lines: number
  /** Lines left after relabelling. */
  readonly added: number
  readonly newSeries: number
}

/** Histograms of one page, beside the floats of PageColumns. */
export class HistogramColumns {
  count = 0
  ids = new Uint32Array(initialRows)
  timestampsMs = new Float64Array(initialRows)
  startsMs = new Float64Array(initialRows)
  /** As in PageColumns. */
  entries = new Int32Array(initialRows)
  /** As in PageColumns; 0 where nobody said so. */
  inOrder = new Uint8Array(initialRows)
  readonly #histograms: NativeHistogram[] = []
  /** Four a row. */
  #counts = new Uint32Array(initialRows * 4)

  /** Keeps the memory of a usual page for the next one. */
  clear(): void {
    this.count = 0
    if (this.#histograms.length > limits.scrapeHistogramsKept) {
      this.#histograms.length = limits.scrapeHistogramsKept
    }
  }

  /** Copies a histogram into the next row; its start and its order are the caller's to set. */
  add({ id, entry, timestampMs, counts }: HistogramRow, histogram: NativeHistogram): void {
    if (this.count === this.entries.length) this.#grow()
    const row = this.count++
    this.ids[row] = id
    this.entries[row] = entry
    this.timestampsMs[row] = timestampMs
    this.startsMs[row] = 0
    this.inOrder[row] = 0
    this.#counts[row * 4] = counts.floats
    this.#counts[row * 4 + 1] = counts.lines
    this.#counts[row * 4 + 2] = counts.added
    this.#counts[row * 4 + 3] = counts.newSeries
    const copy = this.#histograms[row] ?? new NativeHistogram()
    this.#histograms[row] = copy
    copy.copyFrom(histogram)
  }

  countsOf(row: number): PageCounts {
    const [floats = 0, lines = 0, added = 0, newSeries = 0] = this.#counts.subarray(row * 4)
    return { floats, lines, added, newSeries }
  }

  at(row: number): NativeHistogram {
    const histogram = this.#histograms[row]
    assert(histogram !== undefined && row < this.count, 'a row of histograms that is not there')
    return histogram
  }

  #grow(): void {
    const { ids, timestampsMs, startsMs, entries, inOrder } = this
    const counts = this.#counts
    const rows = entries.length * 2
    this.ids = new Uint32Array(rows)
    this.ids.set(ids)
    this.timestampsMs = new Float64Array(rows)
    this.timestampsMs.set(timestampsMs)
    this.startsMs = new Float64Array(rows)
    this.startsMs.set(startsMs)
    this.entries = new Int32Array(rows)
    this.entries.set(entries)
    this.inOrder = new Uint8Array(rows)
    this.inOrder.set(inOrder)
    this.#counts = new Uint32Array(rows * 4)
    this.#counts.set(counts)
  }
}

const initialRows = 64
