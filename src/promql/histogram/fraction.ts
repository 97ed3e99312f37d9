import type { NativeHistogram } from '../../model/histogram.ts'
import { usesCustomBuckets } from './arithmetic.ts'
import { BucketWalk } from './bucket-walk.ts'
import { shareBelow } from './interpolation.ts'
import { zeroBucketBounds } from './quantile.ts'

/** histogram_fraction of native histograms (row Q6.4; upstream's HistogramFraction). */
export class HistogramFraction {
  /** Whether the latest answer leaves out observations of NaN, which are in no bucket. */
  excludesNan = false
  readonly #walk = new BucketWalk()

  of(lower: number, upper: number, histogram: NativeHistogram): number {
    this.excludesNan = false
    if (histogram.count === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return Number.NaN
    if (lower >= upper) return 0
    const counted = this.#counted(histogram)
    const below = Math.min(this.#rankOf(upper, histogram), counted)
    const above = Math.min(this.#rankOf(lower, histogram), counted)
    return (below - above) / histogram.count
  }

  #counted(histogram: NativeHistogram): number {
    if (!Number.isNaN(histogram.sum[0])) return histogram.count
    let counted = 0
    const walk = this.#walk
    for (walk.upwards(histogram); walk.valid; walk.next()) counted += walk.count
    this.excludesNan = counted < histogram.count
    return counted
  }

  /** How many observations lie below a value, interpolated within its bucket. */
  #rankOf(value: number, histogram: NativeHistogram): number {
    const walk = this.#walk
    let rank = 0
    for (walk.upwards(histogram); walk.valid; walk.next()) {
      let { lower, upper } = walk
      const isAroundZero = lower <= 0 && upper >= 0
      if (isAroundZero) [lower, upper] = zeroBucketBounds(histogram, lower, upper)
      if (lower >= value) return rank
      if (upper > value) {
        const linear = isAroundZero || usesCustomBuckets(histogram)
        // An infinitely wide bucket counts as a whole.
        if (linear && lower === Number.NEGATIVE_INFINITY) return walk.count
        return rank + walk.count * shareBelow(value, lower, upper, linear)
      }
      rank += walk.count
    }
    return Number.POSITIVE_INFINITY
  }
}
