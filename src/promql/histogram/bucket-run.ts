import { BucketSpans } from '../../model/bucket-spans.ts'
import type { NativeHistogram } from '../../model/histogram.ts'
import { coarserPlace } from '../../model/resolution-fold.ts'
import { SpanCursor } from '../../model/span-cursor.ts'
import { compensationAfter } from '../functions/kahan.ts'
import type { HistogramErrors } from './histogram-errors.ts'

const cursor = new SpanCursor()
const written = new BucketSpans()

/**
 * The buckets of one side of a histogram, unpacked: ascending places with their counts and what
 * rounding took from each (0 where nobody asks).
 */
export class BucketRun {
  size = 0
  places = new Int32Array(16)
  counts = new Float64Array(16)
  errors = new Float64Array(16)

  clear(): void {
    this.size = 0
  }

  push(place: number, count: number, error: number): void {
    if (this.size === this.places.length) this.#grow()
    this.places[this.size] = place
    this.counts[this.size] = count
    this.errors[this.size] = error
    this.size++
  }

  /**
   * Reads a side, brought to a schema `shift` below its own. Only where `compensates` is set does
   * folding neighbours into one bucket keep what rounding took.
   */
  read(
    { spans, spanCount, counts, errors }: BucketSide,
    shift: number,
    compensates: boolean,
  ): BucketRun {
    this.size = 0
    for (cursor.begin(spans, spanCount); cursor.valid; cursor.next()) {
      const place = shift === 0 ? cursor.place : coarserPlace(cursor.place, shift)
      const count = counts[cursor.index] ?? 0
      const error = errors?.[cursor.index] ?? 0
      const last = this.size - 1
      if (last < 0 || this.places[last] !== place) {
        this.push(place, count, error)
      } else if (compensates) {
        this.add(last, count)
        this.add(last, error)
      } else {
        this.counts[last] = (this.counts[last] ?? 0) + count
      }
    }
    return this
  }

  /** Compensated, to the bucket with this index. */
  add(index: number, value: number): void {
    const sum = this.counts[index] ?? 0
    this.errors[index] = compensationAfter(sum, this.errors[index] ?? 0, value)
    this.counts[index] = sum + value
  }

  /** Both, the second times `sign`, whose buckets before `from` are left out. */
  merge(one: BucketRun, other: BucketRun, from: number, sign: 1 | -1): BucketRun {
    this.size = 0
    let [left, right] = [0, from]
    while (left < one.size || right < other.size) {
      const leftPlace = left < one.size ? (one.places[left] ?? 0) : Number.POSITIVE_INFINITY
      const rightPlace = right < other.size ? (other.places[right] ?? 0) : Number.POSITIVE_INFINITY
      const count = sign * (other.counts[right] ?? 0)
      const error = sign * (other.errors[right] ?? 0)
      if (rightPlace < leftPlace) {
        this.push(rightPlace, count, error)
      } else {
        this.push(leftPlace, one.counts[left] ?? 0, one.errors[left] ?? 0)
        left++
      }
      if (rightPlace > leftPlace) continue
      if (rightPlace === leftPlace) {
        this.add(this.size - 1, count)
        if (error !== 0) this.add(this.size - 1, error)
      }
      right++
    }
    return this
  }

  writePositive(histogram: NativeHistogram, errors: HistogramErrors | undefined): void {
    const spans = this.#spans()
    histogram.setPositiveSpans(spans.spans, spans.spanCount)
    histogram.reserveBuckets(this.size, 0)
    histogram.positiveBucketCount = this.size
    copyTo(histogram.positiveBuckets, this.counts, this.size)
    if (errors === undefined) return
    errors.reserve(this.size, 0)
    copyTo(errors.positive, this.errors, this.size)
  }

  writeNegative(histogram: NativeHistogram, errors: HistogramErrors | undefined): void {
    const spans = this.#spans()
    histogram.setNegativeSpans(spans.spans, spans.spanCount)
    histogram.reserveBuckets(0, this.size)
    histogram.negativeBucketCount = this.size
    copyTo(histogram.negativeBuckets, this.counts, this.size)
    if (errors === undefined) return
    errors.reserve(0, this.size)
    copyTo(errors.negative, this.errors, this.size)
  }

  #spans(): BucketSpans {
    written.clear()
    for (let index = 0; index < this.size; index++) written.add(this.places[index] ?? 0)
    return written
  }

  #grow(): void {
    const [{ places, counts, errors }, room] = [this, this.size * 2]
    this.places = new Int32Array(room)
    this.places.set(places)
    this.counts = new Float64Array(room)
    this.counts.set(counts)
    this.errors = new Float64Array(room)
    this.errors.set(errors)
  }
}

/** Where the buckets of one side stand: pointed at a histogram, used again and again. */
export class BucketSide {
  spans = new Int32Array(0)
  spanCount = 0
  counts = new Float64Array(0)
  errors: Float64Array | undefined

  positive(histogram: NativeHistogram, errors?: HistogramErrors): this {
    this.spans = histogram.positiveSpans
    this.spanCount = histogram.positiveSpanCount
    this.counts = histogram.positiveBuckets
    this.errors = errors?.positive
    return this
  }

  negative(histogram: NativeHistogram, errors?: HistogramErrors): this {
    this.spans = histogram.negativeSpans
    this.spanCount = histogram.negativeSpanCount
    this.counts = histogram.negativeBuckets
    this.errors = errors?.negative
    return this
  }
}

function copyTo(into: Float64Array, from: Float64Array, size: number): void {
  for (let index = 0; index < size; index++) into[index] = from[index] ?? 0
}
