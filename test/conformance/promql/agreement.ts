import { customBucketsSchema, NativeHistogram } from '../../../src/model/histogram.ts'
import { compactHistogram } from '../../../src/model/histogram-compaction.ts'
import { equalBounds, equalPlaces } from '../../../src/model/histogram-equality.ts'

/** Upstream's tolerance: a relative 1e-6. */
export function nearlyEqual(left: number, right: number): boolean {
  if (left === right || (Number.isNaN(left) && Number.isNaN(right))) return true
  const sum = Math.abs(left) + Math.abs(right)
  const difference = Math.abs(left - right)
  const normal = 2.2250738585072014e-308
  if (left === 0 || right === 0 || sum < normal) return difference < 1e-6 * normal
  return difference / Math.min(sum, Number.MAX_VALUE) < 1e-6
}

/** Whether two histograms are the same as upstream's scripts mean it: after compaction. */
export function histogramsAgree(
  expected: NativeHistogram,
  found: NativeHistogram,
  isHintCompared: boolean,
): boolean {
  const [one, other] = [compacted(expected), compacted(found)]
  return (
    one.schema === other.schema &&
    one.zeroThreshold === other.zeroThreshold &&
    (one.schema !== customBucketsSchema || equalBounds(one, other)) &&
    nearlyEqual(one.count, other.count) &&
    nearlyEqual(one.sum[0] ?? 0, other.sum[0] ?? 0) &&
    nearlyEqual(one.zeroCount, other.zeroCount) &&
    equalPlaces(one, other) &&
    (!isHintCompared || one.hint === other.hint) &&
    nearlyEqualBuckets(one.positiveBuckets, other.positiveBuckets, one.positiveBucketCount) &&
    nearlyEqualBuckets(one.negativeBuckets, other.negativeBuckets, one.negativeBucketCount)
  )
}

function compacted(histogram: NativeHistogram): NativeHistogram {
  const copy = new NativeHistogram()
  copy.copyFrom(histogram)
  compactHistogram(copy)
  return copy
}

function nearlyEqualBuckets(one: Float64Array, other: Float64Array, count: number): boolean {
  for (let index = 0; index < count; index++) {
    if (!nearlyEqual(one[index] ?? 0, other[index] ?? 0)) return false
  }
  return true
}
