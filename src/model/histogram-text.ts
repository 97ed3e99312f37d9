import { bucketBound } from './bucket-bounds.ts'
import { goG } from './float-text.ts'
import { customBucketsSchema, type NativeHistogram } from './histogram.ts'
import { SpanCursor } from './span-cursor.ts'

const cursor = new SpanCursor()

/**
 * A native histogram as promtool and count_values print it: count, sum, and the buckets that are
 * not empty (upstream's String).
 */
export function histogramText(histogram: NativeHistogram): string {
  const count = histogram.isFloat ? goG(histogram.count) : String(histogram.count)
  const { sum, zeroCount, zeroThreshold } = histogram
  const parts = [`count:${count}`, `sum:${goG(sum[0] ?? 0)}`, ...negativeBuckets(histogram)]
  if (zeroCount !== 0) {
    const bound = goG(zeroThreshold)
    parts.push(`[${goG(-zeroThreshold)},${bound}]:${countText(histogram, zeroCount)}`)
  }
  return `{${[...parts, ...positiveBuckets(histogram)].join(', ')}}`
}

/** From the one furthest below zero on. */
function negativeBuckets(histogram: NativeHistogram): readonly string[] {
  const found: string[] = []
  cursor.begin(histogram.negativeSpans, histogram.negativeSpanCount)
  for (; cursor.valid; cursor.next()) {
    const count = histogram.negativeBuckets[cursor.index] ?? 0
    if (count === 0) continue
    const lower = -bucketBound(cursor.place, histogram)
    const upper = -bucketBound(cursor.place - 1, histogram)
    found.push(`[${goG(lower)},${goG(upper)}):${countText(histogram, count)}`)
  }
  return found.reverse()
}

function positiveBuckets(histogram: NativeHistogram): readonly string[] {
  const found: string[] = []
  cursor.begin(histogram.positiveSpans, histogram.positiveSpanCount)
  for (; cursor.valid; cursor.next()) {
    const count = histogram.positiveBuckets[cursor.index] ?? 0
    if (count === 0) continue
    const isFirstCustom = histogram.schema === customBucketsSchema && cursor.place === 0
    const lower = goG(bucketBound(cursor.place - 1, histogram))
    const upper = goG(bucketBound(cursor.place, histogram))
    found.push(`${isFirstCustom ? '[' : '('}${lower},${upper}]:${countText(histogram, count)}`)
  }
  return found
}

function countText({ isFloat }: NativeHistogram, count: number): string {
  return isFloat ? goG(count) : String(count)
}
