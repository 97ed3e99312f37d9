import { BucketSpans } from './bucket-spans.ts'
import type { NativeHistogram } from './histogram.ts'
import { SpanCursor } from './span-cursor.ts'

const cursor = new SpanCursor()
const kept = new BucketSpans()

/**
 * Leaves out empty buckets and brings the spans to their shortest form, in place (upstream's
 * Compact with no empty buckets allowed, which its protobuf parser and PromQL apply).
 */
export function compactHistogram(histogram: NativeHistogram): void {
  const { positiveSpans, positiveSpanCount, positiveBuckets } = histogram
  keepCounted(positiveSpans, positiveSpanCount, positiveBuckets)
  histogram.setPositiveSpans(kept.spans, kept.spanCount)
  histogram.positiveBucketCount = kept.bucketCount
  const { negativeSpans, negativeSpanCount, negativeBuckets } = histogram
  keepCounted(negativeSpans, negativeSpanCount, negativeBuckets)
  histogram.setNegativeSpans(kept.spans, kept.spanCount)
  histogram.negativeBucketCount = kept.bucketCount
}

function keepCounted(spans: Int32Array, spanCount: number, buckets: Float64Array): void {
  kept.clear()
  for (cursor.begin(spans, spanCount); cursor.valid; cursor.next()) {
    if (buckets[cursor.index] === 0) continue
    // Bits, not the number: a bucket of NaN keeps its payload.
    if (kept.bucketCount < cursor.index) {
      buckets.copyWithin(kept.bucketCount, cursor.index, cursor.index + 1)
    }
    kept.add(cursor.place)
  }
}
