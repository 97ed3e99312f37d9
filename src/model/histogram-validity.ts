import { goG } from './float-text.ts'
import { formatFloat } from './go-float-format.ts'
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

/**
 * What is wrong with a histogram that somebody sent, in upstream's words and order; undefined when it
 * may be stored.
 */
export function faultOfHistogram(histogram: NativeHistogram): HistogramFault | undefined {
  const { schema } = histogram
  const isCustom = schema === customBucketsSchema
  if (!isCustom && (schema < schemaMin || schema > schemaMax)) {
    const exponential = `between ${schemaMin} and ${schemaMax} for exponential buckets`
    return fault(
      'schema',
      `histogram has an invalid schema, which must be ${exponential}, or ${customBucketsSchema} for custom buckets, got schema ${schema}`,
    )
  }
  return (
    (isCustom
      ? (faultOfBounds(histogram) ?? faultOfCustom(histogram))
      : faultOfExponential(histogram)) ?? faultOfCounts(histogram)
  )
}

function fault(code: HistogramFaultCode, message: string): HistogramFault {
  return { code, message }
}

function faultOfExponential(histogram: NativeHistogram): HistogramFault | undefined {
  const { positiveSpans, positiveSpanCount, positiveBucketCount, zeroCount } = histogram
  const { negativeSpans, negativeSpanCount, negativeBucketCount, negativeBuckets } = histogram
  return (
    faultOfSpans('positive side', positiveSpans, positiveSpanCount, positiveBucketCount) ??
    faultOfSpans('negative side', negativeSpans, negativeSpanCount, negativeBucketCount) ??
    faultOfBuckets('negative side', negativeBuckets, negativeBucketCount) ??
    (zeroCount < 0
      ? negativeCount(`zero bucket has observation count of ${goG(zeroCount)}`)
      : undefined) ??
    (histogram.customBoundCount > 0
      ? fault('exponential-bounds', 'histogram with exponential schema must not have custom bounds')
      : undefined)
  )
}

function negativeCount(words: string): HistogramFault {
  const reason = 'histogram has a bucket whose observation count is negative'
  return fault('bucket-negative', `${words}: ${reason}`)
}

function negativeOffset(side: string, span: number, offset: number): HistogramFault {
  const reason = 'histogram has a span whose offset is negative'
  return fault('span-offset', `${side}: span number ${span} with offset ${offset}: ${reason}`)
}

function faultOfSpans(
  side: string,
  spans: Int32Array,
  spanCount: number,
  bucketCount: number,
): HistogramFault | undefined {
  let buckets = 0
  for (let span = 0; span < spanCount; span++) {
    const offset = spans[span * 2] ?? 0
    if (span > 0 && offset < 0) return negativeOffset(side, span + 1, offset)
    buckets += (spans[span * 2 + 1] ?? 0) >>> 0
  }
  if (buckets === bucketCount) return undefined
  const reason = 'histogram spans specify different number of buckets than provided'
  return fault(
    'span-buckets',
    `${side}: spans need ${buckets} buckets, have ${bucketCount} buckets: ${reason}`,
  )
}

function faultOfBounds(histogram: NativeHistogram): HistogramFault | undefined {
  const side = 'custom buckets'
  const { customBounds, customBoundCount, positiveSpans, positiveSpanCount } = histogram
  let previous = Number.NEGATIVE_INFINITY
  for (let index = 0; index < customBoundCount; index++) {
    const bound = customBounds[index] ?? Number.NaN
    if (Number.isNaN(bound)) {
      return fault('bounds-nan', `${side}: histogram custom bounds must not be NaN`)
    }
    if (index > 0 && bound <= previous) {
      const reason = 'histogram custom bounds must be in strictly increasing order'
      const bounds = `previous bound is ${fixed(previous)} and current is ${fixed(bound)}`
      return fault('bounds-order', `${side}: ${bounds}: ${reason}`)
    }
    previous = bound
  }
  if (previous === Number.POSITIVE_INFINITY) {
    const words = 'last +Inf bound must not be explicitly defined'
    return fault('bounds-infinite', `${side}: ${words}: histogram custom bounds must be finite`)
  }
  let places = 0
  for (let span = 0; span < positiveSpanCount; span++) {
    const offset = positiveSpans[span * 2] ?? 0
    if (offset < 0) return negativeOffset(side, span + 1, offset)
    places += offset + ((positiveSpans[span * 2 + 1] ?? 0) >>> 0)
  }
  const { positiveBucketCount } = histogram
  const mismatch = faultOfSpans(side, positiveSpans, positiveSpanCount, positiveBucketCount)
  if (mismatch !== undefined || places <= customBoundCount + 1) return mismatch
  const words = `only ${customBoundCount} custom bounds defined which is insufficient to cover total span length of ${places}`
  return fault('bounds-too-few', `${side}: ${words}: histogram custom bounds are too few`)
}

function fixed(value: number): string {
  return formatFloat(value, 'f', 6)
}

function faultOfCustom(histogram: NativeHistogram): HistogramFault | undefined {
  const { zeroCount, zeroThreshold, negativeSpanCount, negativeBucketCount } = histogram
  const zero = zeroCount !== 0 ? 'count' : 'threshold'
  if (zeroCount !== 0 || zeroThreshold !== 0) {
    return fault('custom-zero-bucket', `custom buckets: must have zero ${zero} of 0`)
  }
  if (negativeSpanCount === 0 && negativeBucketCount === 0) return undefined
  const what = negativeSpanCount > 0 ? 'spans' : 'buckets'
  return fault('custom-negative-buckets', `custom buckets: must not have negative ${what}`)
}

function faultOfBuckets(
  side: string,
  buckets: Float64Array,
  count: number,
): HistogramFault | undefined {
  for (let index = 0; index < count; index++) {
    const bucket = buckets[index] ?? 0
    if (bucket >= 0 || Number.isNaN(bucket)) continue
    return negativeCount(
      `${side}: bucket number ${index + 1} has observation count of ${goG(bucket)}`,
    )
  }
  return undefined
}

/** Only integer counts are held against the buckets' sum: observations of NaN are in no bucket. */
function faultOfCounts(histogram: NativeHistogram): HistogramFault | undefined {
  const { count, zeroCount, positiveBuckets, negativeBuckets, isFloat } = histogram
  if (count < 0) {
    const reason = "histogram's observation count is negative"
    return fault('count-negative', `observation count is  ${goG(count)}: ${reason}`)
  }
  const negative = faultOfBuckets('positive side', positiveBuckets, histogram.positiveBucketCount)
  if (negative !== undefined || isFloat) return negative
  let sum = zeroCount
  for (let index = 0; index < histogram.negativeBucketCount; index++) {
    sum += negativeBuckets[index] ?? 0
  }
  for (let index = 0; index < histogram.positiveBucketCount; index++) {
    sum += positiveBuckets[index] ?? 0
  }
  const hasNan = Number.isNaN(histogram.sum[0])
  if (sum === count || (hasNan && sum < count)) return undefined
  const words = `${sum} observations found in buckets, but the Count field is ${count}`
  const found = 'the number of observations found in the buckets'
  return hasNan
    ? fault(
        'count-too-small',
        `${words}: histogram's observation count should be at least ${found}`,
      )
    : fault(
        'count-differs',
        `${words}: histogram's observation count should equal ${found} (in absence of NaN)`,
      )
}
