import type { ScrapeConfig } from '../config/config.ts'
import {
  type NativeHistogram,
  schemaMax,
  schemaMaxReserved,
  schemaMin,
} from '../model/histogram.ts'
import { reduceResolution, spansGoForwards } from '../model/resolution-fold.ts'

/** The growth of buckets below which no schema is coarser than the finest. */
const finestFactor = 1.00271

/** The finest schema whose buckets grow by at least `factor` (row C3.12, upstream's pickSchema). */
export function schemaOfFactor(factor: number): number {
  const schema = Math.floor(-Math.log2(Math.log2(factor <= 1 ? finestFactor : factor)))
  return Math.min(Math.max(schema, schemaMin), schemaMax)
}

/**
 * What a job wants done to native histograms, in place: no finer than its least bucket factor, and
 * as coarse as its limit of buckets asks (rows C3.11, C3.12). The function answers false where a
 * histogram has too many buckets in the coarsest schema, or none to go to.
 */
export function histogramFitter(config: ScrapeConfig): (histogram: NativeHistogram) => boolean {
  const finest = schemaOfFactor(config.nativeHistogramMinBucketFactor)
  const bucketsMax = config.nativeHistogramBucketsMax
  return (histogram) => {
    const { schema } = histogram
    const isExponential = schema >= schemaMin && schema <= schemaMaxReserved
    // Spans that go backwards cannot be folded; the database refuses them.
    const isFoldable = isExponential && spansGoForwards(histogram)
    if (isFoldable && finest < schemaMax && schema > finest) reduceResolution(histogram, finest)
    if (bucketsMax === 0) return true
    while (bucketsOf(histogram) > bucketsMax) {
      if (!isFoldable || histogram.schema <= schemaMin) return false
      reduceResolution(histogram, histogram.schema - 1)
    }
    return true
  }
}

function bucketsOf({ positiveBucketCount, negativeBucketCount }: NativeHistogram): number {
  return positiveBucketCount + negativeBucketCount
}
