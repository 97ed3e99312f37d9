import type { SharedColumn, SharedColumns } from '../../base/shared-columns.ts'
import { type Intervals, intervalsOf, noIntervals } from '../index/intervals.ts'

/** Of a segment of times. */
const entriesPerSegment = 1 << 11

/**
 * What is deleted of the head's series (row T8.1): a chain of time ranges for each series that has
 * any, oldest first, in shared memory. A reader passes over those that were added after it was told
 * of the head: it may not have been handed the memory where they stand. All of them hide samples in
 * order; those that may be older than an out-of-order sample of their range hide these, too.
 */
export class HeadTombstones {
  /** By series: number + 1 of its oldest entry; 0 = nothing is deleted. */
  readonly #oldest: SharedColumn<'uint32'>
  /** First and last time of each entry. */
  readonly #times: SharedColumn<'float64'>
  /** By entry: number + 1 of the series' next one. */
  readonly #next: SharedColumn<'uint32'>
  /**
   * By entry: how many entries a reader knows of to whom it hides samples in order only; 0 = it hides
   * out-of-order samples from all of them.
   */
  readonly #showsLateFrom: SharedColumn<'uint32'>
  /** Writer, by series once there is a first entry: number + 1 of its newest. */
  #newest = new Uint32Array(0)
  /** Entries that there are, or that a reader knows of. */
  count = 0

  constructor(columns: SharedColumns) {
    this.#oldest = columns.column('uint32', 1 << 16)
    this.#times = columns.column('float64', entriesPerSegment * 2)
    this.#next = columns.column('uint32', entriesPerSegment)
    this.#showsLateFrom = columns.column('uint32', entriesPerSegment)
  }

  /** Writer: whether there is no range at all. */
  get isEmpty(): boolean {
    return this.count === 0
  }

  /** Writer: room for so many series. */
  reserve(series: number): void {
    this.#oldest.reserve(series)
  }

  /** Writer: both times are included. */
  add(series: number, minTimeMs: number, maxTimeMs: number, hidesLate = true): void {
    const entry = this.count++
    this.#times.reserve((entry + 1) * 2)
    this.#next.reserve(entry + 1)
    this.#showsLateFrom.reserve(entry + 1)
    this.#times.set(entry * 2, minTimeMs)
    this.#times.set(entry * 2 + 1, maxTimeMs)
    this.#showsLateFrom.set(entry, hidesLate ? 0 : this.count)
    this.#next.set(entry, 0)
    if (series >= this.#newest.length) {
      const larger = new Uint32Array(2 ** Math.ceil(Math.log2(series + 2)))
      larger.set(this.#newest)
      this.#newest = larger
    }
    const newest = this.#newest[series] ?? 0
    if (newest === 0) this.#oldest.set(series, entry + 1)
    else this.#next.set(newest - 1, entry + 1)
    this.#newest[series] = entry + 1
  }

  /**
   * Writer: what is deleted of a series up to a time hides samples in order only, from readers that know
   * of the newest entry.
   */
  showLate(series: number, maxTimeMs: number): void {
    this.#each(series, (entry, _, endMs) => {
      const isHidden = this.#showsLateFrom.get(entry) === 0
      if (isHidden && endMs <= maxTimeMs) this.#showsLateFrom.set(entry, this.count)
    })
  }

  /** Writer, before there are readers: all that is deleted hides out-of-order samples, too. */
  hideLate(): void {
    for (let entry = 0; entry < this.count; entry++) this.#showsLateFrom.set(entry, 0)
  }

  /** Writer: the id begins anew. */
  clear(series: number): void {
    this.#oldest.set(series, 0)
    if (series < this.#newest.length) this.#newest[series] = 0
  }

  /** Whether a time of a series is deleted, of its samples in order. */
  hides(series: number, timeMs: number): boolean {
    if (this.#oldest.get(series) === 0) return false
    let isHidden = false
    this.#each(series, (_, minTimeMs, maxTimeMs) => {
      if (minTimeMs <= timeMs && timeMs <= maxTimeMs) isHidden = true
    })
    return isHidden
  }

  /** What is deleted of a series: in order, apart from each other. */
  of(series: number): Intervals {
    if (this.#oldest.get(series) === 0) return noIntervals
    const times: number[] = []
    this.#each(series, (_, minTimeMs, maxTimeMs) => times.push(minTimeMs, maxTimeMs))
    return intervalsOf(times)
  }

  /** The same of its out-of-order samples. */
  lateOf(series: number): Intervals {
    if (this.#oldest.get(series) === 0) return noIntervals
    const times: number[] = []
    this.#each(series, (entry, minTimeMs, maxTimeMs) => {
      const from = this.#showsLateFrom.get(entry)
      if (from === 0 || from > this.count) times.push(minTimeMs, maxTimeMs)
    })
    return times.length === 0 ? noIntervals : intervalsOf(times)
  }

  #each(
    series: number,
    visit: (entry: number, minTimeMs: number, maxTimeMs: number) => void,
  ): void {
    let next = this.#oldest.get(series)
    for (; next !== 0 && next <= this.count; next = this.#next.get(next - 1)) {
      const entry = next - 1
      visit(entry, this.#times.get(entry * 2), this.#times.get(entry * 2 + 1))
    }
  }
}
