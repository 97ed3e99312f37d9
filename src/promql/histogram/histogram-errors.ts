import type { NativeHistogram } from '../../model/histogram.ts'

/**
 * What rounding took from each number of a histogram that is being summed up, in the same layout:
 * errors.positive[i] belongs to positiveBuckets[i].
 */
export class HistogramErrors {
  count = 0
  sum = 0
  zeroCount = 0
  positive = new Float64Array(16)
  negative = new Float64Array(16)

  /** Nothing lost, in the layout of a histogram. */
  clear({ positiveBucketCount, negativeBucketCount }: NativeHistogram): void {
    this.count = 0
    this.sum = 0
    this.zeroCount = 0
    this.reserve(positiveBucketCount, negativeBucketCount)
    this.positive.fill(0, 0, positiveBucketCount)
    this.negative.fill(0, 0, negativeBucketCount)
  }

  /** Room for so many buckets; what stood in them is lost where they grow. */
  reserve(positive: number, negative: number): void {
    if (this.positive.length < positive) this.positive = new Float64Array(positive * 2)
    if (this.negative.length < negative) this.negative = new Float64Array(negative * 2)
  }

  copyFrom(from: HistogramErrors, layout: NativeHistogram): void {
    const { positiveBucketCount, negativeBucketCount } = layout
    this.count = from.count
    this.sum = from.sum
    this.zeroCount = from.zeroCount
    this.reserve(positiveBucketCount, negativeBucketCount)
    this.positive.set(from.positive.subarray(0, positiveBucketCount))
    this.negative.set(from.negative.subarray(0, negativeBucketCount))
  }

  /** Times `factor`, then divided by `divisor`; one of them is 1. */
  scale(factor: number, divisor: number, layout: NativeHistogram): void {
    this.count = (this.count * factor) / divisor
    this.sum = (this.sum * factor) / divisor
    this.zeroCount = (this.zeroCount * factor) / divisor
    scaleBuckets(this.positive, layout.positiveBucketCount, factor, divisor)
    scaleBuckets(this.negative, layout.negativeBucketCount, factor, divisor)
  }

  /** Gives back what was lost. */
  addTo(histogram: NativeHistogram): void {
    histogram.count += this.count
    histogram.sum[0] = (histogram.sum[0] ?? 0) + this.sum
    histogram.zeroCount += this.zeroCount
    addBuckets(histogram.positiveBuckets, this.positive, histogram.positiveBucketCount)
    addBuckets(histogram.negativeBuckets, this.negative, histogram.negativeBucketCount)
  }
}

/** Both operations are there because a product with 1 / n is not the quotient. */
export function scaleBuckets(
  buckets: Float64Array,
  size: number,
  factor: number,
  divisor: number,
): void {
  for (let index = 0; index < size; index++) {
    buckets[index] = ((buckets[index] ?? 0) * factor) / divisor
  }
}

function addBuckets(into: Float64Array, from: Float64Array, size: number): void {
  for (let index = 0; index < size; index++) into[index] = (into[index] ?? 0) + (from[index] ?? 0)
}
