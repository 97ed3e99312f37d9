import type { HistogramLayout } from '../../model/histogram.ts'
import { BucketSpans } from './bucket-spans.ts'
import { ChunkCorruption } from './chunk-corruption.ts'

/**
 * Brings the buckets of a finer schema to a coarser one: 2^difference neighbours become one. Only
 * chunks of other versions need it (FEATURES T6.2; upstream reduces to schema 8 likewise).
 */
export class ResolutionFold {
  /** The bucket of the coarser layout for each of the finer one. */
  readonly #targets: Int32Array
  readonly #sums: Float64Array

  /** Writes the coarser layout. A span that goes backwards cannot be folded: ChunkCorruption. */
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
    coarser.clearLayout()
    coarser.schema = schema
    coarser.zeroThreshold = finer.zeroThreshold
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
      if (span > 0 && offset < 0) throw new ChunkCorruption(0, `span ${span} has offset ${offset}`)
      place += offset
      for (let rest = (spans[span * 2 + 1] ?? 0) >>> 0; rest > 0; rest--, place++) {
        // The bucket at place p ends at base^p, and 2^shift of them where their last one ends.
        const target = Math.floor((place - 1) / 2 ** shift) + 1
        if (target !== last) folded.add(target)
        last = target
        this.#targets[bucket++] = firstTarget + folded.bucketCount - 1
      }
    }
    return folded
  }
}
