import { customBucketsSchema, type HistogramLayout, type NativeHistogram } from './histogram.ts'
import { halvesOf } from './stale-nan.ts'

/**
 * Whether two histograms of one kind are the same data, which makes the later one of the same time
 * a duplicate. Sums, and all of float histograms, are compared by their bits; empty spans do not
 * count; hints do not either (upstream's Equals).
 */
export function equalHistograms(one: NativeHistogram, other: NativeHistogram): boolean {
  return (
    one.isFloat === other.isFloat &&
    one.schema === other.schema &&
    one.zeroThreshold === other.zeroThreshold &&
    equalBits(one.sumHalves, other.sumHalves, 1) &&
    equalCount(one.count, other.count, one.isFloat) &&
    equalCount(one.zeroCount, other.zeroCount, one.isFloat) &&
    equalBounds(one, other) &&
    equalPlaces(one, other) &&
    equalBuckets(
      one.negativeBuckets,
      other.negativeBuckets,
      one.negativeBucketCount,
      one.isFloat,
    ) &&
    equalBuckets(one.positiveBuckets, other.positiveBuckets, one.positiveBucketCount, one.isFloat)
  )
}

/** NaN is itself here, and -0 is not 0 among floats. */
function equalCount(one: number, other: number, isFloat: boolean): boolean {
  return isFloat ? Object.is(one, other) : one === other
}

function equalBits(one: Uint32Array, other: Uint32Array, doubles: number): boolean {
  for (let index = 0; index < doubles * 2; index++) {
    if (one[index] !== other[index]) return false
  }
  return true
}

function equalBuckets(
  one: Float64Array,
  other: Float64Array,
  count: number,
  isFloat: boolean,
): boolean {
  if (isFloat) return equalBits(halvesOf(one), halvesOf(other), count)
  for (let index = 0; index < count; index++) {
    if (one[index] !== other[index]) return false
  }
  return true
}

/** Of custom buckets; those of other schemas need none. */
export function equalBounds(one: HistogramLayout, other: HistogramLayout): boolean {
  if (one.schema !== customBucketsSchema) return true
  if (one.customBoundCount !== other.customBoundCount) return false
  for (let index = 0; index < one.customBoundCount; index++) {
    if (one.customBounds[index] !== other.customBounds[index]) return false
  }
  return true
}

/** Whether they have the same buckets, as long as their schemas are the same. */
export function equalPlaces(one: HistogramLayout, other: HistogramLayout): boolean {
  const { negativeSpans, negativeSpanCount, positiveSpans, positiveSpanCount } = other
  return (
    equalSpans(one.negativeSpans, one.negativeSpanCount, negativeSpans, negativeSpanCount) &&
    equalSpans(one.positiveSpans, one.positiveSpanCount, positiveSpans, positiveSpanCount)
  )
}

function equalSpans(
  one: Int32Array,
  oneCount: number,
  other: Int32Array,
  otherCount: number,
): boolean {
  let [first, second] = [0, 0]
  for (;;) {
    // Empty spans add their offset to the next one that is not.
    let [firstOffset, secondOffset] = [0, 0]
    while (first < oneCount && one[first * 2 + 1] === 0) firstOffset += one[first++ * 2] ?? 0
    while (second < otherCount && other[second * 2 + 1] === 0) {
      secondOffset += other[second++ * 2] ?? 0
    }
    if (first === oneCount || second === otherCount) {
      return first === oneCount && second === otherCount
    }
    firstOffset += one[first * 2] ?? 0
    secondOffset += other[second * 2] ?? 0
    if (firstOffset !== secondOffset || one[first * 2 + 1] !== other[second * 2 + 1]) return false
    first++
    second++
  }
}
