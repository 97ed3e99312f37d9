import { customBucketsSchema, type NativeHistogram, schemaMax, schemaMin } from './histogram.ts'

/** Why a histogram is refused (FEATURES T4.12; upstream's model/histogram Validate). */
export type HistogramFaultCode =
  | 'schema'
  | 'span-offset'
  | 'span-buckets'
  | 'bucket-negative'
  | 'count-negative'
  | 'count-too-small'
  | 'count-differs'
  | 'bounds-order'
  | 'bounds-infinite'
  | 'bounds-nan'
  | 'bounds-too-few'
  | 'custom-zero-bucket'
  | 'custom-negative-buckets'
  | 'exponential-bounds'

export interface HistogramFault {
  readonly code: HistogramFaultCode
  /** For the one who sent it. */
  readonly message: string
}

/** What is wrong with a histogram that somebody sent; undefined when it may be stored. */
export function faultOfHistogram(histogram: NativeHistogram): HistogramFault | undefined {
  const { schema } = histogram
  if (schema === customBucketsSchema) {
    return faultOfBounds(histogram) ?? faultOfCustom(histogram) ?? faultOfCounts(histogram)
  }
  if (schema < schemaMin || schema > schemaMax) {
    const known = `${schemaMin} to ${schemaMax} or ${customBucketsSchema}`
    return fault('schema', `histogram has schema ${schema}, which must be ${known}`)
  }
  const { positiveSpans, positiveSpanCount, positiveBucketCount } = histogram
  const { negativeSpans, negativeSpanCount, negativeBucketCount } = histogram
  return (
    faultOfSpans('positive', positiveSpans, positiveSpanCount, positiveBucketCount) ??
    faultOfSpans('negative', negativeSpans, negativeSpanCount, negativeBucketCount) ??
    (histogram.customBoundCount > 0
      ? fault('exponential-bounds', `histogram has custom bounds though its schema is ${schema}`)
      : undefined) ??
    faultOfCounts(histogram)
  )
}

function fault(code: HistogramFaultCode, message: string): HistogramFault {
  return { code, message }
}

function faultOfSpans(
  side: 'positive' | 'negative',
  spans: Int32Array,
  spanCount: number,
  bucketCount: number,
): HistogramFault | undefined {
  let buckets = 0
  for (let span = 0; span < spanCount; span++) {
    const offset = spans[span * 2] ?? 0
    if (span > 0 && offset < 0) {
      return fault('span-offset', `${side} span ${span + 1} has the negative offset ${offset}`)
    }
    buckets += (spans[span * 2 + 1] ?? 0) >>> 0
  }
  if (buckets === bucketCount) return undefined
  return fault('span-buckets', `${side} spans of ${buckets} buckets, with ${bucketCount} counts`)
}

function faultOfBounds(histogram: NativeHistogram): HistogramFault | undefined {
  const { customBounds, customBoundCount, positiveSpans, positiveSpanCount } = histogram
  let previous = Number.NEGATIVE_INFINITY
  for (let index = 0; index < customBoundCount; index++) {
    const bound = customBounds[index] ?? Number.NaN
    if (Number.isNaN(bound)) return fault('bounds-nan', `custom bound ${index + 1} is NaN`)
    if (index > 0 && bound <= previous) {
      const message = `custom bound ${index + 1} is ${bound}, not above ${previous} before it`
      return fault('bounds-order', message)
    }
    previous = bound
  }
  if (previous === Number.POSITIVE_INFINITY) {
    return fault('bounds-infinite', 'the last custom bound is +Inf, which must be left out')
  }
  let places = 0
  for (let span = 0; span < positiveSpanCount; span++) {
    const offset = positiveSpans[span * 2] ?? 0
    if (offset < 0) {
      return fault('span-offset', `positive span ${span + 1} has the negative offset ${offset}`)
    }
    places += offset + ((positiveSpans[span * 2 + 1] ?? 0) >>> 0)
  }
  const { positiveBucketCount } = histogram
  const mismatch = faultOfSpans('positive', positiveSpans, positiveSpanCount, positiveBucketCount)
  if (mismatch !== undefined || places <= customBoundCount + 1) return mismatch
  return fault(
    'bounds-too-few',
    `${customBoundCount} custom bounds make ${customBoundCount + 1} buckets, spans reach ${places}`,
  )
}

function faultOfCustom(histogram: NativeHistogram): HistogramFault | undefined {
  if (histogram.zeroCount !== 0 || histogram.zeroThreshold !== 0) {
    return fault('custom-zero-bucket', 'a histogram with custom buckets has a zero bucket')
  }
  if (histogram.negativeSpanCount === 0 && histogram.negativeBucketCount === 0) return undefined
  return fault('custom-negative-buckets', 'a histogram with custom buckets has negative buckets')
}

/** Only integer counts are held against the buckets' sum: observations of NaN are in no bucket. */
function faultOfCounts(histogram: NativeHistogram): HistogramFault | undefined {
  const { count, zeroCount, positiveBuckets, negativeBuckets, isFloat } = histogram
  if (zeroCount < 0) return fault('bucket-negative', `the zero bucket's count is ${zeroCount}`)
  if (count < 0) return fault('count-negative', `the count is ${count}`)
  let sum = zeroCount
  for (let index = 0; index < histogram.negativeBucketCount; index++) {
    const bucket = negativeBuckets[index] ?? 0
    if (bucket < 0) return fault('bucket-negative', `negative bucket ${index + 1} is ${bucket}`)
    sum += bucket
  }
  for (let index = 0; index < histogram.positiveBucketCount; index++) {
    const bucket = positiveBuckets[index] ?? 0
    if (bucket < 0) return fault('bucket-negative', `positive bucket ${index + 1} is ${bucket}`)
    sum += bucket
  }
  if (isFloat || sum === count) return undefined
  if (sum > count) return fault('count-too-small', `buckets count ${sum}, the histogram ${count}`)
  if (Number.isNaN(histogram.sum[0])) return undefined
  return fault('count-differs', `buckets count ${sum}, the histogram ${count}, and no NaN`)
}
