import type { NativeHistogram } from '../../model/histogram.ts'
import { trivialQuantile } from '../functions/bucket-quantile.ts'
import { usesCustomBuckets } from './arithmetic.ts'
import { BucketWalk } from './bucket-walk.ts'
import { exponentialValue } from './interpolation.ts'

/** What observations of NaN did to a quantile: nothing, moved it up, or became the answer. */
export type NanEffect = 'none' | 'skew' | 'result'

/** histogram_quantile of native histograms (row Q6.1; upstream's HistogramQuantile). */
export class HistogramQuantile {
  /** Of the latest answer. */
  nanEffect: NanEffect = 'none'
  readonly #walk = new BucketWalk()
  #lower = 0
  #upper = 0

  of(q: number, histogram: NativeHistogram): number {
    this.nanEffect = 'none'
    const trivial = trivialQuantile(q)
    if (trivial !== undefined) return trivial
    if (histogram.count === 0) return Number.NaN
    // NaNs are counted but are in no bucket, so that only the way up knows where a rank lies.
    const hasNan = Number.isNaN(histogram.sum[0])
    const isUpwards = hasNan || q < 0.5
    return this.#ranked((isUpwards ? q : 1 - q) * histogram.count, isUpwards, hasNan, histogram)
  }

  #ranked(ranked: number, isUpwards: boolean, hasNan: boolean, histogram: NativeHistogram): number {
    const [passed, inBucket] = this.#walkTo(ranked, isUpwards, histogram)
    const isCustom = usesCustomBuckets(histogram)
    if (isCustom) {
      if (this.#lower === Number.NEGATIVE_INFINITY) {
        if (this.#upper <= 0) return this.#upper
        this.#lower = 0
      } else if (this.#upper === Number.POSITIVE_INFINITY) {
        return this.#lower
      }
    } else if (this.#lower < 0 && this.#upper > 0) {
      const [lower, upper] = zeroBucketBounds(histogram, this.#lower, this.#upper)
      this.#lower = lower
      this.#upper = upper
    }
    const counted = Math.min(passed, histogram.count)
    if (counted < ranked) {
      if (!hasNan) return this.#upper
      this.nanEffect = 'result'
      return Number.NaN
    }
    const rank = isUpwards ? ranked - (counted - inBucket) : counted - ranked
    const interpolatedIn = hasNan ? this.#walkToLast(counted, inBucket, histogram) : inBucket
    const [share, lower, upper] = [rank / interpolatedIn, this.#lower, this.#upper]
    if (isCustom || (lower <= 0 && upper >= 0)) return lower + (upper - lower) * share
    return exponentialValue(share, lower, upper)
  }

  /**
   * Finds out whether some observations are in no bucket. Where sums are NaN, upstream interpolates
   * in the highest bucket whichever the rank lies in, which is kept: answers its count.
   */
  #walkToLast(counted: number, inBucket: number, histogram: NativeHistogram): number {
    const walk = this.#walk
    let [all, last] = [counted, inBucket]
    for (walk.next(); walk.valid; walk.next()) {
      last = walk.count
      all += last
      this.#lower = walk.lower
      this.#upper = walk.upper
    }
    if (all < histogram.count) this.nanEffect = 'skew'
    return last
  }

  /**
   * Goes on until so many observations are passed. Answers how many were, and how many of them in
   * the last bucket that is not empty, whose bounds it keeps.
   */
  #walkTo(
    ranked: number,
    isUpwards: boolean,
    histogram: NativeHistogram,
  ): readonly [number, number] {
    const walk = this.#walk
    let [passed, inBucket] = [0, 0]
    this.#lower = 0
    this.#upper = 0
    if (isUpwards) walk.upwards(histogram)
    else walk.downwards(histogram)
    for (; walk.valid; walk.next()) {
      inBucket = walk.count
      if (inBucket === 0) continue
      passed += inBucket
      if (passed >= ranked) break
    }
    if (!walk.valid) return this.#behindLast(passed, isUpwards, histogram)
    this.#lower = walk.lower
    this.#upper = walk.upper
    return [passed, inBucket]
  }

  /** Upstream then works with the bucket that was visited last, empty or not. */
  #behindLast(
    passed: number,
    isUpwards: boolean,
    histogram: NativeHistogram,
  ): readonly [number, number] {
    const walk = this.#walk
    if (isUpwards) walk.downwards(histogram)
    else walk.upwards(histogram)
    if (!walk.valid) return [passed, 0]
    const inBucket = walk.count
    this.#lower = walk.lower
    this.#upper = walk.upper
    for (; walk.valid; walk.next());
    return [passed, inBucket]
  }
}

/** A histogram without negative buckets ends at zero, and one without positive ones begins there. */
export function zeroBucketBounds(
  { negativeBucketCount, positiveBucketCount }: NativeHistogram,
  lower: number,
  upper: number,
): readonly [number, number] {
  if (negativeBucketCount === 0 && positiveBucketCount > 0) return [0, upper]
  if (positiveBucketCount === 0 && negativeBucketCount > 0) return [lower, 0]
  return [lower, upper]
}
