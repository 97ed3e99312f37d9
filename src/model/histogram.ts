import { halvesOf, isStaleAt } from './stale-nan.ts'

/** What is known about a histogram and the one before it; Prometheus' numbers. */
export const resetHint = { unknown: 0, reset: 1, notReset: 2, gauge: 3 } as const

export type ResetHint = (typeof resetHint)[keyof typeof resetHint]

/** The schema of histograms whose bucket bounds are listed. */
export const customBucketsSchema = -53
export const schemaMin = -4
export const schemaMax = 8
/** Schemas beyond those above that chunks of other versions may hold: read, never taken in. */
export const schemaMinReserved = -9
export const schemaMaxReserved = 52

/** Which buckets there are. The arrays may be longer than what is valid. */
export class HistogramLayout {
  schema = 0
  zeroThreshold = 0
  /** Offset and length of each span in turn, `positiveSpanCount` times. */
  positiveSpans = new Int32Array(8)
  positiveSpanCount = 0
  negativeSpans = new Int32Array(8)
  negativeSpanCount = 0
  positiveBucketCount = 0
  negativeBucketCount = 0
  /** Upper bounds of custom buckets, without +Inf. */
  customBounds = new Float64Array(0)
  customBoundCount = 0

  clearLayout(): void {
    this.schema = 0
    this.zeroThreshold = 0
    this.positiveSpanCount = 0
    this.negativeSpanCount = 0
    this.positiveBucketCount = 0
    this.negativeBucketCount = 0
    this.customBoundCount = 0
  }

  copyLayout(from: HistogramLayout): void {
    this.schema = from.schema
    this.zeroThreshold = from.zeroThreshold
    this.setPositiveSpans(from.positiveSpans, from.positiveSpanCount)
    this.setNegativeSpans(from.negativeSpans, from.negativeSpanCount)
    this.positiveBucketCount = from.positiveBucketCount
    this.negativeBucketCount = from.negativeBucketCount
    if (this.customBounds.length < from.customBoundCount) {
      this.customBounds = new Float64Array(from.customBoundCount)
    }
    if (from.customBoundCount > 0) {
      this.customBounds.set(from.customBounds.subarray(0, from.customBoundCount))
    }
    this.customBoundCount = from.customBoundCount
  }

  setPositiveSpans(spans: Int32Array, count: number): void {
    if (this.positiveSpans.length < count * 2) this.positiveSpans = new Int32Array(count * 2)
    for (let index = 0; index < count * 2; index++) this.positiveSpans[index] = spans[index] ?? 0
    this.positiveSpanCount = count
  }

  setNegativeSpans(spans: Int32Array, count: number): void {
    if (this.negativeSpans.length < count * 2) this.negativeSpans = new Int32Array(count * 2)
    for (let index = 0; index < count * 2; index++) this.negativeSpans[index] = spans[index] ?? 0
    this.negativeSpanCount = count
  }
}

/**
 * One native histogram, integer or float, as samples are handed from place to place: fill it, hand
 * it on, use it again. Bucket counts are absolute in both kinds; those of integer histograms are
 * whole numbers up to 2^53.
 */
export class NativeHistogram extends HistogramLayout {
  isFloat = false
  hint: ResetHint = resetHint.unknown
  zeroCount = 0
  count = 0
  /** One double, moved by its bits: the stale marker's make the whole histogram stale. */
  readonly sum = new Float64Array(1)
  readonly sumHalves = halvesOf(this.sum)
  positiveBuckets = new Float64Array(16)
  negativeBuckets = new Float64Array(16)

  get isStale(): boolean {
    return isStaleAt(this.sumHalves, 0)
  }

  /** As a new one: no buckets, sum 0. The kind stays. */
  clear(): void {
    this.clearLayout()
    this.hint = resetHint.unknown
    this.zeroCount = 0
    this.count = 0
    this.sum[0] = 0
  }

  /** Room for so many buckets; what stood in them is lost where they grow. */
  reserveBuckets(positive: number, negative: number): void {
    if (this.positiveBuckets.length < positive) {
      this.positiveBuckets = new Float64Array(roomFor(positive))
    }
    if (this.negativeBuckets.length < negative) {
      this.negativeBuckets = new Float64Array(roomFor(negative))
    }
  }

  copyFrom(from: NativeHistogram): void {
    this.copyLayout(from)
    this.isFloat = from.isFloat
    this.hint = from.hint
    this.zeroCount = from.zeroCount
    this.count = from.count
    this.sum.set(from.sum)
    this.reserveBuckets(from.positiveBucketCount, from.negativeBucketCount)
    this.positiveBuckets.set(from.positiveBuckets.subarray(0, from.positiveBucketCount))
    this.negativeBuckets.set(from.negativeBuckets.subarray(0, from.negativeBucketCount))
  }
}

function roomFor(count: number): number {
  return 2 ** Math.ceil(Math.log2(count))
}
