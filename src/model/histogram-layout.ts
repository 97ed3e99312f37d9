import type { NativeHistogram, ResetHint } from './histogram.ts'

/** What cannot be told from count, sum and the bounds of the buckets, as JSON has it. */
export interface HistogramLayoutJson {
  readonly schema: number
  readonly hint: ResetHint
  readonly zeroThreshold: JsonNumber
  readonly zeroCount: JsonNumber
  /** Offset and length of each span in turn. */
  readonly positiveSpans: readonly number[]
  readonly negativeSpans: readonly number[]
  readonly positiveBuckets: readonly JsonNumber[]
  readonly negativeBuckets: readonly JsonNumber[]
  readonly customBounds: readonly JsonNumber[]
}

/** JSON has no infinities. */
type JsonNumber = number | string

export function layoutOf(histogram: NativeHistogram): HistogramLayoutJson {
  const { positiveSpanCount, negativeSpanCount, customBoundCount } = histogram
  return {
    schema: histogram.schema,
    hint: histogram.hint,
    zeroThreshold: histogram.zeroThreshold,
    zeroCount: jsonNumber(histogram.zeroCount),
    positiveSpans: [...histogram.positiveSpans.subarray(0, positiveSpanCount * 2)],
    negativeSpans: [...histogram.negativeSpans.subarray(0, negativeSpanCount * 2)],
    positiveBuckets: numbers(histogram.positiveBuckets, histogram.positiveBucketCount),
    negativeBuckets: numbers(histogram.negativeBuckets, histogram.negativeBucketCount),
    customBounds: numbers(histogram.customBounds, customBoundCount),
  }
}

/** Gives a histogram of floats everything but count and sum. */
export function takeLayout(histogram: NativeHistogram, layout: HistogramLayoutJson): void {
  histogram.clear()
  histogram.isFloat = true
  histogram.schema = layout.schema
  histogram.hint = layout.hint
  histogram.zeroThreshold = Number(layout.zeroThreshold)
  histogram.zeroCount = Number(layout.zeroCount)
  const { positiveSpans, negativeSpans } = layout
  histogram.setPositiveSpans(Int32Array.from(positiveSpans), positiveSpans.length / 2)
  histogram.setNegativeSpans(Int32Array.from(negativeSpans), negativeSpans.length / 2)
  const positive = Float64Array.from(layout.positiveBuckets, Number)
  const negative = Float64Array.from(layout.negativeBuckets, Number)
  histogram.reserveBuckets(positive.length, negative.length)
  histogram.positiveBuckets.set(positive)
  histogram.negativeBuckets.set(negative)
  histogram.positiveBucketCount = positive.length
  histogram.negativeBucketCount = negative.length
  histogram.customBounds = Float64Array.from(layout.customBounds, Number)
  histogram.customBoundCount = layout.customBounds.length
}

function numbers(column: Float64Array, count: number): readonly JsonNumber[] {
  return Array.from(column.subarray(0, count), jsonNumber)
}

function jsonNumber(value: number): JsonNumber {
  return Number.isFinite(value) ? value : String(value)
}
