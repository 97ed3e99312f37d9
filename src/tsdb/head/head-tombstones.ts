import type { SharedColumn, SharedColumns } from '../../base/shared-columns.ts'
import { type Intervals, intervalsOf, noIntervals } from '../index/intervals.ts'

/** Entries of a segment of times, and how far ahead of its end segments are made. */
const entriesPerSegment = 1 << 11

/**
 * What is deleted of the head's series (row T8.1): a chain of time ranges for each series that has
 * any, newest first, in shared memory, so that readers see a deletion at once. A segment is made
 * long before it is used: whoever reads has been handed it by then. All of them hide samples in
 * order; those that may be older than an out-of-order sample of their range hide these, too.
 */
export class HeadTombstones {
  /** By series: number + 1 of its newest entry; 0 = nothing is deleted. */
  readonly #newest: SharedColumn<'uint32'>
  /** First and last time of each entry. */
  readonly #times: SharedColumn<'float64'>
  /** By entry: number + 1 of the one before. */
  readonly #previous: SharedColumn<'uint32'>
  /** By entry: 1 where it hides out-of-order samples, too. */
  readonly #hidesLate: SharedColumn<'uint8'>
  #count = 0

  constructor(columns: SharedColumns) {
    this.#newest = columns.column('uint32', 1 << 16)
    this.#times = columns.column('float64', entriesPerSegment * 2)
    this.#previous = columns.column('uint32', entriesPerSegment)
    this.#hidesLate = columns.column('uint8', entriesPerSegment)
  }

  /** Writer: whether there is no range at all. */
  get isEmpty(): boolean {
    return this.#count === 0
  }

  /** Writer: room for so many series. */
  reserve(series: number): void {
    this.#newest.reserve(series)
  }

  /** Writer: both times are included. */
  add(series: number, minTimeMs: number, maxTimeMs: number, hidesLate = true): void {
    const entry = this.#count++
    this.#times.reserve((entry + 1 + entriesPerSegment) * 2)
    this.#previous.reserve(entry + 1 + entriesPerSegment)
    this.#hidesLate.reserve(entry + 1 + entriesPerSegment)
    this.#times.set(entry * 2, minTimeMs)
    this.#times.set(entry * 2 + 1, maxTimeMs)
    this.#hidesLate.set(entry, hidesLate ? 1 : 0)
    this.#previous.set(entry, this.#newest.get(series))
    this.#newest.set(series, entry + 1)
  }

  /** Writer: what is deleted of a series up to a time hides samples in order only. */
  showLate(series: number, maxTimeMs: number): void {
    this.#each(series, (entry, _, endMs) => {
      if (endMs <= maxTimeMs) this.#hidesLate.set(entry, 0)
    })
  }

  /** Writer: all that is deleted hides out-of-order samples, too. */
  hideLate(): void {
    for (let entry = 0; entry < this.#count; entry++) this.#hidesLate.set(entry, 1)
  }

  /** Writer: the id begins anew. */
  clear(series: number): void {
    this.#newest.set(series, 0)
  }

  /** Whether a time of a series is deleted, of its samples in order. */
  hides(series: number, timeMs: number): boolean {
    if (this.#newest.get(series) === 0) return false
    let isHidden = false
    this.#each(series, (_, minTimeMs, maxTimeMs) => {
      if (minTimeMs <= timeMs && timeMs <= maxTimeMs) isHidden = true
    })
    return isHidden
  }

  /** What is deleted of a series: in order, apart from each other. */
  of(series: number): Intervals {
    if (this.#newest.get(series) === 0) return noIntervals
    const times: number[] = []
    this.#each(series, (_, minTimeMs, maxTimeMs) => times.push(minTimeMs, maxTimeMs))
    return intervalsOf(times)
  }

  /** The same of its out-of-order samples. */
  lateOf(series: number): Intervals {
    if (this.#newest.get(series) === 0) return noIntervals
    const times: number[] = []
    this.#each(series, (entry, minTimeMs, maxTimeMs) => {
      if (this.#hidesLate.get(entry) === 1) times.push(minTimeMs, maxTimeMs)
    })
    return times.length === 0 ? noIntervals : intervalsOf(times)
  }

  #each(
    series: number,
    visit: (entry: number, minTimeMs: number, maxTimeMs: number) => void,
  ): void {
    let next = this.#newest.get(series)
    for (; next !== 0; next = this.#previous.get(next - 1)) {
      const entry = next - 1
      visit(entry, this.#times.get(entry * 2), this.#times.get(entry * 2 + 1))
    }
  }
}
