import type { SharedColumn, SharedColumns } from '../../base/shared-columns.ts'
import { type Intervals, intervalsOf, noIntervals } from '../index/intervals.ts'

/** Entries of a segment of times, and how far ahead of its end segments are made. */
const entriesPerSegment = 1 << 11

/**
 * What is deleted of the head's series (row T8.1): a chain of time ranges for each series that has
 * any, newest first, in shared memory, so that readers see a deletion at once. A segment is made
 * long before it is used: whoever reads has been handed it by then.
 */
export class HeadTombstones {
  /** By series: number + 1 of its newest entry; 0 = nothing is deleted. */
  readonly #newest: SharedColumn<'uint32'>
  /** First and last time of each entry. */
  readonly #times: SharedColumn<'float64'>
  /** By entry: number + 1 of the one before. */
  readonly #previous: SharedColumn<'uint32'>
  #count = 0

  constructor(columns: SharedColumns) {
    this.#newest = columns.column('uint32', 1 << 16)
    this.#times = columns.column('float64', entriesPerSegment * 2)
    this.#previous = columns.column('uint32', entriesPerSegment)
  }

  /** Writer: how many ranges there are. */
  get count(): number {
    return this.#count
  }

  /** Writer: room for so many series. */
  reserve(series: number): void {
    this.#newest.reserve(series)
  }

  /** Writer: both times are included. */
  add(series: number, minTimeMs: number, maxTimeMs: number): void {
    const entry = this.#count++
    this.#times.reserve((entry + 1 + entriesPerSegment) * 2)
    this.#previous.reserve(entry + 1 + entriesPerSegment)
    this.#times.set(entry * 2, minTimeMs)
    this.#times.set(entry * 2 + 1, maxTimeMs)
    this.#previous.set(entry, this.#newest.get(series))
    this.#newest.set(series, entry + 1)
  }

  /** Writer: the id begins anew. */
  clear(series: number): void {
    this.#newest.set(series, 0)
  }

  /** What is deleted of a series: in order, apart from each other. */
  of(series: number): Intervals {
    let next = this.#newest.get(series)
    if (next === 0) return noIntervals
    const times: number[] = []
    for (; next !== 0; next = this.#previous.get(next - 1)) {
      times.push(this.#times.get((next - 1) * 2), this.#times.get((next - 1) * 2 + 1))
    }
    return intervalsOf(times)
  }
}
