import { bucketBound } from '../../model/bucket-bounds.ts'
import type { NativeHistogram } from '../../model/histogram.ts'
import { SpanCursor } from '../../model/span-cursor.ts'
import { KahanSum } from '../functions/kahan.ts'
import { BucketRun, BucketSide } from './bucket-run.ts'
import type { HistogramErrors } from './histogram-errors.ts'

const cursor = new SpanCursor()
const side = new BucketSide()
const run = new BucketRun()

/**
 * What the zero bucket of a histogram would count if it were wider. A threshold within a populated
 * bucket moves to the bucket's end, so that no bucket is cut (upstream's
 * zeroCountForLargerThreshold).
 */
export class WiderZeroBucket {
  threshold = 0
  /** The count and what rounding took from it. */
  readonly count = new KahanSum()

  /** Of a threshold at least as large as the histogram's. */
  measure(
    histogram: NativeHistogram,
    errors: HistogramErrors | undefined,
    threshold: number,
  ): void {
    this.threshold = threshold
    this.count.reset(histogram.zeroCount, errors?.zeroCount ?? 0)
    if (threshold === histogram.zeroThreshold) return
    do {
      // What rounding took the first time stays, as upstream has it.
      this.count.sum = histogram.zeroCount
      this.#absorb(side.positive(histogram, errors), histogram)
      // A threshold that moved may reach another positive bucket.
    } while (this.#absorb(side.negative(histogram, errors), histogram))
  }

  /** Whether the threshold had to move. */
  #absorb({ spans, spanCount, counts, errors }: BucketSide, layout: NativeHistogram): boolean {
    for (cursor.begin(spans, spanCount); cursor.valid; cursor.next()) {
      if (bucketBound(cursor.place - 1, layout) >= this.threshold) return false
      const count = counts[cursor.index] ?? 0
      this.count.add(count)
      if (errors !== undefined) this.count.add(errors[cursor.index] ?? 0)
      const bound = bucketBound(cursor.place, layout)
      if (bound <= this.threshold) continue
      if (count === 0) return false
      this.threshold = bound
      return true
    }
    return false
  }
}

/** Of the histogram that is added and that does not change. */
const ofOther = new WiderZeroBucket()
const ofTarget = new WiderZeroBucket()

/**
 * Widens the zero bucket of `target` until it agrees with that of `other`, cutting no populated
 * bucket of either. Answers the zero count that `other` has with that threshold; valid until the
 * next call.
 */
export function reconcileZeroBuckets(
  target: NativeHistogram,
  errors: HistogramErrors | undefined,
  other: NativeHistogram,
): KahanSum {
  ofOther.threshold = other.zeroThreshold
  ofOther.count.reset(other.zeroCount)
  while (ofOther.threshold !== target.zeroThreshold) {
    if (target.zeroThreshold > ofOther.threshold) {
      ofOther.measure(other, undefined, target.zeroThreshold)
    }
    if (ofOther.threshold > target.zeroThreshold) {
      ofTarget.measure(target, errors, ofOther.threshold)
      target.zeroCount = ofTarget.count.sum
      target.zeroThreshold = ofTarget.threshold
      if (errors !== undefined) errors.zeroCount = ofTarget.count.compensation
      run.read(side.positive(target, errors), 0, true)
      dropWithin(target).writePositive(target, errors)
      run.read(side.negative(target, errors), 0, true)
      dropWithin(target).writeNegative(target, errors)
    }
  }
  return ofOther.count
}

/** Leaves out of `run` what the zero bucket counts already, and empty buckets. */
function dropWithin(layout: NativeHistogram): BucketRun {
  const { size } = run
  run.clear()
  let within = true
  for (let index = 0; index < size; index++) {
    const place = run.places[index] ?? 0
    within = within && bucketBound(place - 1, layout) < layout.zeroThreshold
    const [count, error] = [run.counts[index] ?? 0, run.errors[index] ?? 0]
    if (!within && (count !== 0 || error !== 0)) run.push(place, count, error)
  }
  return run
}
