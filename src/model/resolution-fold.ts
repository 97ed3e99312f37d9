import { assert } from '../base/assert.ts'
import { BucketSpans } from './bucket-spans.ts'
import type { HistogramLayout, NativeHistogram } from './histogram.ts'

/** Whether no span but the first has a negative offset, on both sides. */
export function spansGoForwards(layout: HistogramLayout): boolean {
  const { positiveSpans, positiveSpanCount, negativeSpans, negativeSpanCount } = layout
  for (let span = 1; span < positiveSpanCount; span++) {
    if ((positiveSpans[span * 2] ?? 0) < 0) return false
  }
  for (let span = 1; span < negativeSpanCount; span++) {
    if ((negativeSpans[span * 2] ?? 0) < 0) return false
  }
  return true
}

/** The bucket of a schema `shift` below, that a bucket lies in. */
export function coarserPlace(place: number, shift: number): number {
  // The bucket at place p ends at base^p, and 2^shift of them where their last one ends.
  return Math.floor((place - 1) / 2 ** shift) + 1
}

/**
 * Reduces a histogram whose spans go forwards and have as many buckets as it has counts, in place.
 */
export function reduceResolution(histogram: NativeHistogram, schema: number): void {
  const { positiveBucketCount, negativeBucketCount } = histogram
  const row = new Float64Array(positiveBucketCount + negativeBucketCount)
  row.set(histogram.positiveBuckets.subarray(0, positiveBucketCount))
  row.set(histogram.negativeBuckets.subarray(0, negativeBucketCount), positiveBucketCount)
  const fold = new ResolutionFold(histogram, histogram, schema)
  fold.fold(row, row, 0)
  const positive = histogram.positiveBucketCount
  histogram.positiveBuckets.set(row.subarray(0, positive))
  histogram.negativeBuckets.set(row.subarray(positive, positive + histogram.negativeBucketCount))
}

/**
 * Brings the buckets of a finer schema to a coarser one: 2^difference neighbours become one. Chunks
 * of other versions and senders of finer histograms need it (upstream's ReduceResolution).
 */
export class ResolutionFold {
  /** The bucket of the coarser layout for each of the finer one. */
  readonly #targets: Int32Array
  readonly #sums: Float64Array

  /** Writes the coarser layout. Spans do not go backwards (spansGoForwards). */
  constructor(finer: HistogramLayout, coarser: HistogramLayout, schema: number) {
    const shift = finer.schema - schema
    this.#targets = new Int32Array(finer.positiveBucketCount + finer.negativeBucketCount)
    const positive = this.#foldSpans(finer.positiveSpans, finer.positiveSpanCount, shift, 0, 0)
    const negative = this.#foldSpans(
      finer.negativeSpans,
      finer.negativeSpanCount,
      shift,
      finer.positiveBucketCount,
      positive.bucketCount,
    )
    const { zeroThreshold } = finer
    coarser.clearLayout()
    coarser.schema = schema
    coarser.zeroThreshold = zeroThreshold
    coarser.setPositiveSpans(positive.spans, positive.spanCount)
    coarser.positiveBucketCount = positive.bucketCount
    coarser.setNegativeSpans(negative.spans, negative.spanCount)
    coarser.negativeBucketCount = negative.bucketCount
    this.#sums = new Float64Array(positive.bucketCount + negative.bucketCount)
  }

  /** From the start of `row`, into `target` from `at` on; the two may be one. */
  fold(row: Float64Array, target: Float64Array, at: number): void {
    const sums = this.#sums
    sums.fill(0)
    for (let bucket = 0; bucket < this.#targets.length; bucket++) {
      const index = this.#targets[bucket] ?? 0
      sums[index] = (sums[index] ?? 0) + (row[bucket] ?? 0)
    }
    target.set(sums, at)
  }

  #foldSpans(
    spans: Int32Array,
    count: number,
    shift: number,
    firstBucket: number,
    firstTarget: number,
  ): BucketSpans {
    const folded = new BucketSpans()
    let bucket = firstBucket
    let place = 0
    let last = Number.NEGATIVE_INFINITY
    for (let span = 0; span < count; span++) {
      const offset = spans[span * 2] ?? 0
      assert(span === 0 || offset >= 0, 'a span goes backwards')
      place += offset
      for (let rest = (spans[span * 2 + 1] ?? 0) >>> 0; rest > 0; rest--, place++) {
        const target = coarserPlace(place, shift)
        if (target !== last) folded.add(target)
        last = target
        this.#targets[bucket++] = firstTarget + folded.bucketCount - 1
      }
    }
    return folded
  }
}
