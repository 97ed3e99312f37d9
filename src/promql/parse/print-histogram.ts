import { goG } from '../../model/float-text.ts'
import { customBucketsSchema, type NativeHistogram, resetHint } from '../../model/histogram.ts'
import { SpanCursor } from '../../model/span-cursor.ts'

const hintWords = [
  [resetHint.reset, 'reset'],
  [resetHint.notReset, 'not_reset'],
  [resetHint.gauge, 'gauge'],
] as const

/**
 * A histogram in the series notation, which reads back as the same buckets: empty ones at the ends
 * are left out, and gaps are filled so that a side is one run.
 */
export function printHistogram(histogram: NativeHistogram): string {
  const { schema, customBounds, customBoundCount } = histogram
  const parts: string[] = []
  if (schema !== 0) parts.push(`schema:${schema}`)
  const add = (key: string, value: number) => {
    if (value !== 0) parts.push(`${key}:${goG(value)}`)
  }
  add('count', histogram.count)
  add('sum', histogram.sum[0] ?? 0)
  add('z_bucket', histogram.zeroCount)
  add('z_bucket_w', histogram.zeroThreshold)
  if (schema === customBucketsSchema) {
    parts.push(`custom_values:${listText(customBounds.subarray(0, customBoundCount))}`)
  }
  const hint = hintWords.find(([known]) => known === histogram.hint)
  if (hint !== undefined) parts.push(`counter_reset_hint:${hint[1]}`)
  const { positiveSpans, positiveSpanCount, positiveBuckets } = histogram
  addSide(parts, '', positiveSpans, positiveSpanCount, positiveBuckets)
  const { negativeSpans, negativeSpanCount, negativeBuckets } = histogram
  addSide(parts, 'n_', negativeSpans, negativeSpanCount, negativeBuckets)
  return `{{${parts.join(' ')}}}`
}

function addSide(
  parts: string[],
  prefix: '' | 'n_',
  spans: Int32Array,
  spanCount: number,
  buckets: Float64Array,
): void {
  const counts: number[] = []
  let first = 0
  const cursor = new SpanCursor()
  for (cursor.begin(spans, spanCount); cursor.valid; cursor.next()) {
    const count = buckets[cursor.index] ?? 0
    if (count === 0) continue
    if (counts.length === 0) first = cursor.place
    while (counts.length < cursor.place - first) counts.push(0)
    counts.push(count)
  }
  if (counts.length === 0) return
  if (first !== 0) parts.push(`${prefix}offset:${first}`)
  parts.push(`${prefix}buckets:${listText(counts)}`)
}

function listText(values: Iterable<number>): string {
  return `[${Array.from(values, goG).join(' ')}]`
}
