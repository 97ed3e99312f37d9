import type { NativeHistogram } from '../model/histogram.ts'
import { histogramNotation } from '../model/histogram-notation.ts'
import { histogramText } from '../model/histogram-text.ts'
import type { TemplateFunction } from './template-function.ts'
import { type GoHistogram, GoInteger, GoList, GoRecord, type GoValue } from './template-values.ts'

/** The fields of Go's FloatHistogram. */
const fields: Readonly<Record<string, (histogram: NativeHistogram) => GoValue>> = {
  CounterResetHint: ({ hint }) => new GoInteger('histogram.CounterResetHint', BigInt(hint)),
  Schema: ({ schema }) => new GoInteger('int32', BigInt(schema)),
  ZeroThreshold: ({ zeroThreshold }) => zeroThreshold,
  ZeroCount: ({ zeroCount }) => zeroCount,
  Count: ({ count }) => count,
  Sum: ({ sum }) => sum[0] ?? 0,
  PositiveSpans: (of) => spans(of.positiveSpans, of.positiveSpanCount),
  NegativeSpans: (of) => spans(of.negativeSpans, of.negativeSpanCount),
  PositiveBuckets: (of) => numbers(of.positiveBuckets, of.positiveBucketCount),
  NegativeBuckets: (of) => numbers(of.negativeBuckets, of.negativeBucketCount),
  CustomValues: (of) => numbers(of.customBounds, of.customBoundCount),
}

/** Undefined where there is no such field. */
export function histogramField(
  { histogram }: GoHistogram,
  name: string,
): { readonly value: GoValue } | undefined {
  const field = fields[name]
  return field === undefined ? undefined : { value: field(histogram) }
}

/** Methods that answer what templates print. */
export function histogramMethod(
  { histogram }: GoHistogram,
  name: string,
): TemplateFunction | undefined {
  const answer = methods[name]
  return answer === undefined ? undefined : { parameters: [], call: () => answer(histogram) }
}

const methods: Readonly<Record<string, (histogram: NativeHistogram) => GoValue>> = {
  String: histogramText,
  TestExpression: histogramNotation,
}

function spans(pairs: Int32Array, count: number): GoList {
  const items = Array.from({ length: count }, (_, at) => {
    const [offset = 0, length = 0] = pairs.subarray(at * 2, at * 2 + 2)
    return new GoRecord(
      'histogram.Span',
      new Map<string, GoValue>([
        ['Offset', new GoInteger('int32', BigInt(offset))],
        ['Length', new GoInteger('uint32', BigInt(length))],
      ]),
    )
  })
  return new GoList('[]histogram.Span', items)
}

function numbers(values: Float64Array, count: number): GoList {
  return new GoList('[]float64', Array.from(values.subarray(0, count)))
}
