import type { NativeHistogram } from '../../model/histogram.ts'
import { SpanCursor } from '../../model/span-cursor.ts'
import { type BucketRun, BucketSide } from './bucket-run.ts'

const cursor = new SpanCursor()
const side = new BucketSide()

/** The bounds that two histograms of custom buckets have in common; the last bucket ends in +Inf. */
export class CommonBounds {
  bounds = new Float64Array(16)
  count = 0

  intersect(one: NativeHistogram, other: NativeHistogram): void {
    const room = Math.min(one.customBoundCount, other.customBoundCount)
    if (this.bounds.length < room) this.bounds = new Float64Array(room * 2)
    this.count = 0
    let [left, right] = [0, 0]
    while (left < one.customBoundCount && right < other.customBoundCount) {
      const [leftBound, rightBound] = [one.customBounds[left] ?? 0, other.customBounds[right] ?? 0]
      if (leftBound === rightBound) this.bounds[this.count++] = leftBound
      if (leftBound <= rightBound) left++
      if (rightBound <= leftBound) right++
    }
  }

  /** Makes `into` the buckets between the bounds, all empty. */
  emptyBuckets(into: BucketRun): void {
    into.clear()
    for (let place = 0; place <= this.count; place++) into.push(place, 0, 0)
  }

  /** Adds the buckets of a histogram, times `sign`, to those they lie in. */
  addTo(into: BucketRun, histogram: NativeHistogram, sign: 1 | -1, errors?: Float64Array): void {
    const { spans, spanCount, counts } = side.positive(histogram)
    let target = 0
    for (cursor.begin(spans, spanCount); cursor.valid; cursor.next()) {
      const bound =
        cursor.place < histogram.customBoundCount
          ? (histogram.customBounds[cursor.place] ?? 0)
          : Number.POSITIVE_INFINITY
      while (target < this.count && (this.bounds[target] ?? 0) < bound) target++
      into.add(target, sign * (counts[cursor.index] ?? 0))
      if (errors !== undefined) into.add(target, errors[cursor.index] ?? 0)
    }
  }

  setOn(histogram: NativeHistogram): void {
    if (histogram.customBounds.length < this.count) {
      histogram.customBounds = new Float64Array(this.count)
    }
    for (let index = 0; index < this.count; index++) {
      histogram.customBounds[index] = this.bounds[index] ?? 0
    }
    histogram.customBoundCount = this.count
  }
}
