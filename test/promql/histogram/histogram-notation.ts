import { NativeHistogram, type ResetHint, resetHint } from '../../../src/model/histogram.ts'

export interface HistogramParts {
  readonly hint?: ResetHint
  readonly schema?: number
  readonly zeroThreshold?: number
  readonly zeroCount?: number
  readonly count?: number
  readonly sum?: number
  /** Offset and length of each span in turn. */
  readonly spans?: readonly number[]
  readonly buckets?: readonly number[]
  readonly negativeSpans?: readonly number[]
  readonly negativeBuckets?: readonly number[]
  readonly bounds?: readonly number[]
}

/** A float histogram of its parts; what is left out is 0 or empty. */
export function floatHistogram(parts: HistogramParts): NativeHistogram {
  const histogram = new NativeHistogram()
  histogram.isFloat = true
  histogram.hint = parts.hint ?? resetHint.unknown
  histogram.schema = parts.schema ?? 0
  histogram.zeroThreshold = parts.zeroThreshold ?? 0
  histogram.zeroCount = parts.zeroCount ?? 0
  histogram.count = parts.count ?? 0
  histogram.sum[0] = parts.sum ?? 0
  const { spans = [], buckets = [], negativeSpans = [], negativeBuckets = [], bounds = [] } = parts
  histogram.setPositiveSpans(Int32Array.from(spans), spans.length / 2)
  histogram.setNegativeSpans(Int32Array.from(negativeSpans), negativeSpans.length / 2)
  histogram.reserveBuckets(buckets.length, negativeBuckets.length)
  histogram.positiveBuckets.set(buckets)
  histogram.negativeBuckets.set(negativeBuckets)
  histogram.positiveBucketCount = buckets.length
  histogram.negativeBucketCount = negativeBuckets.length
  histogram.customBounds = Float64Array.from(bounds)
  histogram.customBoundCount = bounds.length
  return histogram
}

/**
 * Eleven parts between bars: hint, schema, zero threshold, zero count, count, sum, positive spans,
 * positive buckets, negative spans, negative buckets, custom bounds.
 */
export function histogramOfText(text: string): NativeHistogram {
  const parts = text.split('|').map((part) => (part === '' ? [] : part.split(',').map(numberOf)))
  const [hint = [], schema = [], threshold = [], zero = [], count = [], sum = []] = parts
  const [spans = [], buckets = [], negativeSpans = [], negativeBuckets = []] = parts.slice(6)
  return floatHistogram({
    hint: (hint[0] ?? 0) as ResetHint,
    schema: schema[0] ?? 0,
    zeroThreshold: threshold[0] ?? 0,
    zeroCount: zero[0] ?? 0,
    count: count[0] ?? 0,
    sum: sum[0] ?? 0,
    spans,
    buckets,
    negativeSpans,
    negativeBuckets,
    bounds: parts[10] ?? [],
  })
}

/** Its data for comparison: spans as the places of buckets, so that their form does not matter. */
export function factsOf(histogram: NativeHistogram) {
  const { positiveSpans, positiveSpanCount, negativeSpans, negativeSpanCount } = histogram
  return {
    hint: histogram.hint,
    schema: histogram.schema,
    zeroThreshold: histogram.zeroThreshold,
    zeroCount: histogram.zeroCount,
    count: histogram.count,
    sum: histogram.sum[0],
    places: placesOf(positiveSpans, positiveSpanCount),
    buckets: [...histogram.positiveBuckets.subarray(0, histogram.positiveBucketCount)],
    negativePlaces: placesOf(negativeSpans, negativeSpanCount),
    negativeBuckets: [...histogram.negativeBuckets.subarray(0, histogram.negativeBucketCount)],
    bounds: [...histogram.customBounds.subarray(0, histogram.customBoundCount)],
  }
}

function placesOf(spans: Int32Array, spanCount: number): readonly number[] {
  const places: number[] = []
  let place = 0
  for (let span = 0; span < spanCount; span++) {
    place += spans[span * 2] ?? 0
    for (let left = spans[span * 2 + 1] ?? 0; left > 0; left--) places.push(place++)
  }
  return places
}

/** As Go writes floats. */
export function numberOf(text: string): number {
  return Number(text.replace('Inf', 'Infinity'))
}
