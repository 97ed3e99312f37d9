import { type NativeHistogram, resetHint } from '../../model/histogram.ts'
import type { HistogramCursor } from '../../storage/querier.ts'
import { type Intervals, isWithinIntervals } from './intervals.ts'

/** The histograms of a cursor without those at some times, where there are floats instead. */
export class OvertakenHistograms implements HistogramCursor {
  readonly #cursor: HistogramCursor
  readonly #times: Intervals
  /** The one before is left out. */
  #isBehindGap = false

  constructor(cursor: HistogramCursor, times: Intervals) {
    this.#cursor = cursor
    this.#times = times
  }

  get timestampMs(): number {
    return this.#cursor.timestampMs
  }

  get startMs(): number {
    return this.#cursor.startMs
  }

  next(): boolean {
    this.#isBehindGap = false
    while (this.#cursor.next()) {
      if (!isWithinIntervals(this.#times, this.timestampMs, this.timestampMs)) return true
      this.#isBehindGap = true
    }
    return false
  }

  fill(into: NativeHistogram): void {
    this.#cursor.fill(into)
    if (this.#isBehindGap && into.hint === resetHint.notReset) into.hint = resetHint.unknown
  }
}
