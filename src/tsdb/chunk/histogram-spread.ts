import type { BucketSpans } from '../../model/bucket-spans.ts'
import type { HistogramLayout, NativeHistogram } from '../../model/histogram.ts'
import { SpanCursor } from '../../model/span-cursor.ts'

const here = new SpanCursor()
const there = new SpanCursor()

/** How the buckets of a histogram stand to those of the chunk that it comes to, on one side of 0. */
export const bucketChange = {
  /** The histogram has buckets that the chunk has not. */
  added: 1,
  /** The chunk has buckets, empty ones in a counter, that the histogram has not. */
  missing: 2,
  /** A bucket counts less than before, or one that counted is gone. */
  reset: 4,
} as const

/**
 * Compares a histogram's buckets with the chunk's newest ones, those of `before` from `at` on. Answers
 * bits of bucketChange, `reset` alone when there was one; of a gauge nothing is a reset.
 */
export function compareBuckets(
  chunkSpans: Int32Array,
  chunkSpanCount: number,
  before: Float64Array,
  at: number,
  spans: Int32Array,
  spanCount: number,
  counts: Float64Array,
  gauge: boolean,
): number {
  const same = bucketsOfSameSpans(chunkSpans, chunkSpanCount, spans, spanCount)
  if (same !== undefined) {
    for (let index = 0; index < same && !gauge; index++) {
      if ((before[at + index] ?? 0) > (counts[index] ?? 0)) return bucketChange.reset
    }
    return 0
  }
  here.begin(chunkSpans, chunkSpanCount)
  there.begin(spans, spanCount)
  let change = 0
  while (here.valid || there.valid) {
    if (here.valid && (!there.valid || here.place < there.place)) {
      if (!gauge && before[at + here.index] !== 0) return bucketChange.reset
      change |= bucketChange.missing
      here.next()
    } else if (!here.valid || there.place < here.place) {
      change |= bucketChange.added
      there.next()
    } else {
      if (!gauge && (before[at + here.index] ?? 0) > (counts[there.index] ?? 0)) {
        return bucketChange.reset
      }
      here.next()
      there.next()
    }
  }
  return change
}

/** How many buckets they have, where both are the same spans: the usual case. */
function bucketsOfSameSpans(
  one: Int32Array,
  oneCount: number,
  other: Int32Array,
  otherCount: number,
): number | undefined {
  if (oneCount !== otherCount) return undefined
  let buckets = 0
  for (let index = 0; index < oneCount * 2; index++) {
    if (one[index] !== other[index]) return undefined
    if (index % 2 === 1) buckets += (one[index] ?? 0) >>> 0
  }
  return buckets
}

/** The buckets of both, in the shortest form. */
export function uniteSpans(
  oneSpans: Int32Array,
  oneSpanCount: number,
  otherSpans: Int32Array,
  otherSpanCount: number,
  united: BucketSpans,
): void {
  united.clear()
  here.begin(oneSpans, oneSpanCount)
  there.begin(otherSpans, otherSpanCount)
  while (here.valid || there.valid) {
    const first = here.valid && (!there.valid || here.place <= there.place)
    const second = there.valid && (!here.valid || there.place <= here.place)
    united.add(first ? here.place : there.place)
    if (first) here.next()
    if (second) there.next()
  }
}

/** Copies a histogram into a wider layout; buckets that it has not are empty. */
export function spreadHistogram(
  from: NativeHistogram,
  layout: HistogramLayout,
  into: NativeHistogram,
): void {
  into.copyLayout(layout)
  into.isFloat = from.isFloat
  into.hint = from.hint
  into.count = from.count
  into.zeroCount = from.zeroCount
  into.sumHalves.set(from.sumHalves)
  into.reserveBuckets(layout.positiveBucketCount, layout.negativeBucketCount)
  here.begin(from.positiveSpans, from.positiveSpanCount)
  there.begin(layout.positiveSpans, layout.positiveSpanCount)
  spreadBuckets(from.positiveBuckets, into.positiveBuckets)
  here.begin(from.negativeSpans, from.negativeSpanCount)
  there.begin(layout.negativeSpans, layout.negativeSpanCount)
  spreadBuckets(from.negativeBuckets, into.negativeBuckets)
}

function spreadBuckets(from: Float64Array, into: Float64Array): void {
  for (; there.valid; there.next()) {
    if (here.valid && here.place === there.place) {
      into[there.index] = from[here.index] ?? 0
      here.next()
    } else into[there.index] = 0
  }
}
