import { goG } from './float-text.ts'
import { customBucketsSchema, type NativeHistogram, resetHint } from './histogram.ts'
import { SpanCursor } from './span-cursor.ts'

const hints: ReadonlyMap<number, string> = new Map([
  [resetHint.reset, 'reset'],
  [resetHint.notReset, 'not_reset'],
  [resetHint.gauge, 'gauge'],
])

/**
 * A native histogram in the notation of series, such as {{schema:1 count:4 sum:5 buckets:[1 2 1]}}:
 * what is 0 is left out, and the buckets of a side stand in one row (upstream's TestExpression).
 */
export function histogramNotation(histogram: NativeHistogram): string {
  const { schema, count, zeroCount, zeroThreshold, customBoundCount, hint } = histogram
  const parts: string[] = []
  const add = (key: string, value: number) => {
    if (value !== 0) parts.push(`${key}:${goG(value)}`)
  }
  if (schema !== 0) parts.push(`schema:${schema}`)
  add('count', count)
  add('sum', histogram.sum[0] ?? 0)
  add('z_bucket', zeroCount)
  add('z_bucket_w', zeroThreshold)
  if (schema === customBucketsSchema) {
    const bounds = Array.from(histogram.customBounds.subarray(0, customBoundCount), goG)
    parts.push(`custom_values:[${bounds.join(' ')}]`)
  }
  const known = hints.get(hint)
  if (known !== undefined) parts.push(`counter_reset_hint:${known}`)
  const { positiveSpans, positiveSpanCount, negativeSpans, negativeSpanCount } = histogram
  const positive = rowOf(positiveSpans, positiveSpanCount, histogram.positiveBuckets)
  const negative = rowOf(negativeSpans, negativeSpanCount, histogram.negativeBuckets)
  for (const [prefix, row] of [['', positive] as const, ['n_', negative] as const]) {
    if (row.offset !== 0) parts.push(`${prefix}offset:${row.offset}`)
    if (row.counts.length > 0) {
      parts.push(`${prefix}buckets:[${row.counts.map(goG).join(' ')}]`)
    }
  }
  return `{{${parts.join(' ')}}}`
}

/** The counts from the first bucket that is not empty to the last, and where the first stands. */
function rowOf(
  spans: Int32Array,
  spanCount: number,
  buckets: Float64Array,
): { readonly offset: number; readonly counts: readonly number[] } {
  const cursor = new SpanCursor()
  const counts: number[] = []
  let offset = 0
  for (cursor.begin(spans, spanCount); cursor.valid; cursor.next()) {
    const count = buckets[cursor.index] ?? 0
    if (count === 0) continue
    if (counts.length === 0) offset = cursor.place
    while (counts.length < cursor.place - offset) counts.push(0)
    counts.push(count)
  }
  return { offset, counts }
}
