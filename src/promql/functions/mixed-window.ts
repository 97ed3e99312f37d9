import type { NativeHistogram, ResetHint } from '../../model/histogram.ts'
import type { HistogramColumns } from '../histogram/histogram-columns.ts'
import { firstAfter } from './extended-rate.ts'
import type { WindowInput } from './window.ts'

/** Whom a function tells what it met in a window; the place in the query is known. */
export interface WindowTeller {
  /** The value of __name__, quoted, for texts that name the metric. */
  readonly metric: string
  warn(text: string): void
  info(text: string): void
  /** A warning whose occurrences are counted, one for each window. */
  warnCounted(text: string, occurrences: number): void
}

/**
 * What a function of a range vector answers for one window in which there are native histograms: a
 * float, a histogram (valid until the next window), nothing, or what it answers for the floats of
 * the window alone.
 */
export type MixedKernel = (
  window: MixedWindow,
) => number | NativeHistogram | 'as-floats' | undefined

/** The window of one step of a series that holds native histograms, and floats perhaps too. */
export class MixedWindow {
  step = 0
  floatCount = 0
  histogramCount = 0
  #floatLow = 0
  #histogramLow = 0

  constructor(
    readonly floats: WindowInput,
    readonly histograms: HistogramColumns,
    readonly tell: WindowTeller,
  ) {}

  /** Moves to the samples with low <= index < high of both kinds. */
  place(step: number, histogramLow: number, histogramHigh: number): void {
    this.step = step
    this.#floatLow = this.floats.low[step] ?? 0
    this.floatCount = (this.floats.high[step] ?? 0) - this.#floatLow
    this.#histogramLow = histogramLow
    this.histogramCount = histogramHigh - histogramLow
  }

  floatAt(index: number): number {
    return this.floats.values[this.#floatLow + index] ?? 0
  }

  /** Minus infinity before the first, infinity behind the last, so that orders come out right. */
  floatTimeMs(index: number): number {
    if (index < 0) return Number.NEGATIVE_INFINITY
    if (index >= this.floatCount) return Number.POSITIVE_INFINITY
    return this.floats.timestampsMs[this.#floatLow + index] ?? 0
  }

  histogramTimeMs(index: number): number {
    if (index < 0) return Number.NEGATIVE_INFINITY
    if (index >= this.histogramCount) return Number.POSITIVE_INFINITY
    return this.histograms.timestampsMs[this.#histogramLow + index] ?? 0
  }

  /** 0 where none is known, or nobody believes it. */
  floatStartMs(index: number): number {
    return this.floats.startsMs?.[this.#floatLow + index] ?? 0
  }

  histogramStartMs(index: number): number {
    return this.histograms.startsMs?.[this.#histogramLow + index] ?? 0
  }

  /** Times of the window's histograms. */
  histogramTimesMs(): Float64Array {
    const low = this.#histogramLow
    return this.histograms.timestampsMs.subarray(low, low + this.histogramCount)
  }

  /**
   * Leaves what is later than the start of the range, and the newest sample before that; false
   * where nothing is later.
   */
  dropBeforeAnchor(): boolean {
    const startMs = this.endMs - this.floats.rangeMs
    const { timestampsMs } = this.floats
    const floatEnd = this.#floatLow + this.floatCount
    const floatFrom = firstAfter(timestampsMs, this.#floatLow, floatEnd, startMs)
    const histogramTimes = this.histogramTimesMs()
    const histogramFrom = firstAfter(histogramTimes, 0, this.histogramCount, startMs)
    if (floatFrom === floatEnd && histogramFrom === this.histogramCount) return false
    const floatIndex = floatFrom - this.#floatLow - 1
    const floatMs = this.floatTimeMs(floatIndex)
    const histogramMs = this.histogramTimeMs(histogramFrom - 1)
    const isFloat = floatIndex >= 0 && floatMs >= histogramMs
    const dropsFloats = isFloat ? floatIndex : floatIndex + 1
    const dropsHistograms = isFloat ? histogramFrom : Math.max(histogramFrom - 1, 0)
    this.#floatLow += dropsFloats
    this.floatCount -= dropsFloats
    this.#histogramLow += dropsHistograms
    this.histogramCount -= dropsHistograms
    return true
  }

  loadHistogram(index: number, into: NativeHistogram): void {
    this.histograms.load(this.#histogramLow + index, into)
  }

  hintAt(index: number): ResetHint {
    return this.histograms.block.hintAt(this.#placeOf(index))
  }

  schemaAt(index: number): number {
    return this.histograms.block.schemaAt(this.#placeOf(index))
  }

  /** Whether a counter started again before a histogram that is not the window's first. */
  isResetAt(index: number): boolean {
    return this.histograms.isResetAt(this.#histogramLow + index)
  }

  #placeOf(index: number): number {
    return this.histograms.places[this.#histogramLow + index] ?? 0
  }

  /** End of the window; its start, which does not belong to it, is floats.rangeMs earlier. */
  get endMs(): number {
    return this.floats.endMs + this.step * this.floats.endStepMs
  }
}
