import { NativeHistogram } from '../../../src/model/histogram.ts'

/** A native histogram of so many buckets with the same count each. */
export function evenHistogram(buckets: number, count: number): NativeHistogram {
  const histogram = new NativeHistogram()
  histogram.setPositiveSpans(Int32Array.of(0, buckets), 1)
  histogram.positiveBucketCount = buckets
  histogram.reserveBuckets(buckets, 0)
  histogram.positiveBuckets.fill(count, 0, buckets)
  histogram.count = buckets * count
  return histogram
}
