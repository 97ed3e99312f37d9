import { bucketBound } from '../../model/bucket-bounds.ts'
import { NativeHistogram } from '../../model/histogram.ts'
import { SpanCursor } from '../../model/span-cursor.ts'
import { usesCustomBuckets } from './arithmetic.ts'

const cursor = new SpanCursor()

/**
 * Walks all buckets of a histogram from the lowest to the highest or back: negative ones, the zero
 * bucket unless it is empty, positive ones, empty ones too. Where the zero bucket reaches into a
 * neighbour, the neighbour begins at its end. The histogram must not change on the way.
 *
 *     for (walk.upwards(histogram); walk.valid; walk.next()) sum += walk.count
 */
export class BucketWalk {
  /** False behind the last bucket. */
  valid = false
  /** Observations in the bucket that it is at. */
  count = 0
  #of = new NativeHistogram()
  #negativePlaces = new Int32Array(16)
  #positivePlaces = new Int32Array(16)
  /** Below zero the n-th negative bucket, above the n-th positive one, 0 the zero bucket. */
  #at = 0
  #direction: 1 | -1 = 1

  upwards(histogram: NativeHistogram): void {
    this.#begin(histogram, 1, -histogram.negativeBucketCount)
  }

  downwards(histogram: NativeHistogram): void {
    this.#begin(histogram, -1, histogram.positiveBucketCount)
  }

  next(): void {
    this.#at += this.#direction
    this.#read()
  }

  get lower(): number {
    if (this.#at === 0) return -this.#of.zeroThreshold
    if (this.#at < 0) return -bucketBound(this.#negativePlace, this.#of)
    const bound = bucketBound(this.#positivePlace - 1, this.#of)
    return bound > 0 && bound < this.#of.zeroThreshold ? this.#of.zeroThreshold : bound
  }

  get upper(): number {
    if (this.#at === 0) return this.#of.zeroThreshold
    if (this.#at > 0) return bucketBound(this.#positivePlace, this.#of)
    const bound = bucketBound(this.#negativePlace - 1, this.#of)
    // A threshold that is NaN reaches nowhere, but would be the maximum.
    if (bound < this.#of.zeroThreshold) return -this.#of.zeroThreshold
    return -bound
  }

  /** Whether an observation of exactly `lower` is counted here. */
  get includesLower(): boolean {
    if (this.#at > 0) return usesCustomBuckets(this.#of) && this.#positivePlace === 0
    return true
  }

  get includesUpper(): boolean {
    return this.#at >= 0
  }

  get #negativePlace(): number {
    return this.#negativePlaces[-this.#at - 1] ?? 0
  }

  get #positivePlace(): number {
    return this.#positivePlaces[this.#at - 1] ?? 0
  }

  #begin(histogram: NativeHistogram, direction: 1 | -1, at: number): void {
    const { negativeSpans, negativeSpanCount, negativeBucketCount } = histogram
    const { positiveSpans, positiveSpanCount, positiveBucketCount } = histogram
    this.#of = histogram
    this.#direction = direction
    this.#at = at
    this.#negativePlaces = withRoom(this.#negativePlaces, negativeBucketCount)
    readPlaces(negativeSpans, negativeSpanCount, this.#negativePlaces)
    this.#positivePlaces = withRoom(this.#positivePlaces, positiveBucketCount)
    readPlaces(positiveSpans, positiveSpanCount, this.#positivePlaces)
    this.#read()
  }

  #read(): void {
    const { zeroCount, negativeBucketCount, positiveBucketCount } = this.#of
    if (this.#at === 0 && !(zeroCount > 0)) this.#at += this.#direction
    this.valid = this.#at >= -negativeBucketCount && this.#at <= positiveBucketCount
    if (!this.valid) return
    if (this.#at < 0) this.count = this.#of.negativeBuckets[-this.#at - 1] ?? 0
    else if (this.#at > 0) this.count = this.#of.positiveBuckets[this.#at - 1] ?? 0
    else this.count = zeroCount
  }
}

function withRoom(places: Int32Array<ArrayBuffer>, size: number): Int32Array<ArrayBuffer> {
  return places.length < size ? new Int32Array(size * 2) : places
}

function readPlaces(spans: Int32Array, spanCount: number, places: Int32Array): void {
  for (cursor.begin(spans, spanCount); cursor.valid; cursor.next()) {
    places[cursor.index] = cursor.place
  }
}
