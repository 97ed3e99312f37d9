import {
  type HistogramLayout,
  type NativeHistogram,
  type ResetHint,
  resetHint,
} from '../../model/histogram.ts'
import type { HistogramRows } from '../../storage/querier.ts'
import { compensationAfter } from '../functions/kahan.ts'

/** A record: place of its layout, zero count, count, sum, hint, then the buckets of both sides. */
const recordHead = 5
const hintAt = 4
/** A layout: schema, zero threshold, five counts, then both sides' spans and the custom bounds. */
const layoutHead = 7
/** Doubles of a row before its buckets. */
const rowHead = 4
const none = -1
/** Where there is no histogram. */
export const noPlace = -1
const noDoubles = new Float64Array(0)

/** Bytes of upstream's histogram without its lists, and of one sample (row Q12.1). */
const structBytes = 168
const sampleBytes = 16

/**
 * Float histograms one after the other in one growing block of doubles. store() answers a place
 * that finds the histogram again until clear(); what stands there never changes but by replace().
 * Neighbours with the same buckets share their layout.
 */
export class HistogramBlock {
  #block = noDoubles
  #end = 0
  #layout = none

  /** Doubles in use. */
  get size(): number {
    return this.#end
  }

  clear(): void {
    this.#end = 0
    this.#layout = none
  }

  store(histogram: NativeHistogram): number {
    const { positiveBucketCount, negativeBucketCount } = histogram
    const layout = this.#layoutFor(histogram)
    const place = this.#take(recordHead + positiveBucketCount + negativeBucketCount)
    this.#write(place, layout, histogram)
    return place
  }

  /** Stores rows one behind the other; answers the place of the first, a record after it the next. */
  storeRows({ layout, cells, width, from, count, firstHint, hint }: HistogramRows): number {
    const shared = this.#layoutFor(layout)
    const first = this.#take(count * recordOf(width))
    const block = this.#block
    let to = first
    for (let row = 0, at = from; row < count; row++, at += width) {
      block[to] = shared
      block[to + 1] = cells[at + 2] ?? 0
      block[to + 2] = cells[at + 1] ?? 0
      block[to + 3] = cells[at + 3] ?? 0
      block[to + hintAt] = row === 0 ? firstHint : hint
      to += recordHead
      for (let bucket = rowHead; bucket < width; bucket++) block[to++] = cells[at + bucket] ?? 0
    }
    return first
  }

  /** Writes over what stands there where it has as many buckets, else stores it anew. */
  replace(place: number, histogram: NativeHistogram): number {
    if (this.#isLayout(this.#block[place] ?? 0, histogram)) {
      this.#write(place, this.#block[place] ?? 0, histogram)
      return place
    }
    return this.store(histogram)
  }

  load(place: number, into: NativeHistogram): void {
    const block = this.#block
    const layout = block[place] ?? 0
    this.#loadLayout(layout, into)
    into.isFloat = true
    into.zeroCount = block[place + 1] ?? 0
    into.count = block[place + 2] ?? 0
    into.sum[0] = block[place + 3] ?? 0
    into.hint = hintOf(block[place + hintAt] ?? 0)
    const { positiveBucketCount: positive, negativeBucketCount: negative } = into
    into.reserveBuckets(positive, negative)
    const from = place + recordHead
    copyDoubles(block, from, into.positiveBuckets, 0, positive)
    copyDoubles(block, from + positive, into.negativeBuckets, 0, negative)
  }

  schemaAt(place: number): number {
    return this.#block[this.#block[place] ?? 0] ?? 0
  }

  hintAt(place: number): ResetHint {
    return hintOf(this.#block[place + hintAt] ?? 0)
  }

  /** Takes over a histogram of another block. */
  copyFrom(from: HistogramBlock, place: number): number {
    const source = from.#block
    const theirs = source[place] ?? 0
    const layoutEnd = theirs + layoutDoubles(source, theirs)
    const layout = this.#sharedLayout(source, theirs, layoutEnd)
    const count = recordHead + bucketsOf(source, theirs)
    const to = this.#take(count)
    this.#block.set(source.subarray(place, place + count), to)
    this.#block[to] = layout
    return to
  }

  /** Whether two have the same layout as neighbours share it. */
  sharesLayout(place: number, other: number): boolean {
    return this.#block[place] === this.#block[other]
  }

  countAt(place: number): number {
    return this.#block[place + 2] ?? 0
  }

  /**
   * What the counter `first` of another block grew by until `last`, which shares its layout, in that
   * layout as a gauge; noPlace where a bucket did not grow, which has no place in an answer then.
   */
  storeGrowth(from: HistogramBlock, first: number, last: number): number {
    const source = from.#block
    const theirs = source[first] ?? 0
    const end = recordHead + bucketsOf(source, theirs)
    for (let at = recordHead; at < end; at++) {
      if (source[last + at] === source[first + at]) return noPlace
    }
    const layout = this.#sharedLayout(source, theirs, theirs + layoutDoubles(source, theirs))
    const to = this.#take(end)
    const block = this.#block
    for (let at = 1; at < end; at++) {
      block[to + at] = (source[last + at] ?? 0) - (source[first + at] ?? 0)
    }
    block[to] = layout
    block[to + hintAt] = resetHint.gauge
    return to
  }

  /** Every count and the sum times a factor that is not negative, in place. */
  scale(place: number, factor: number): void {
    const block = this.#block
    const end = place + recordHead + bucketsOf(block, block[place] ?? 0)
    for (let at = place + 1; at < end; at++) {
      if (at !== place + hintAt) block[at] = (block[at] ?? 0) * factor
    }
  }

  /** Whether one stands here in the very layout that another block's has. */
  hasLayoutOf(place: number, from: HistogramBlock, other: number): boolean {
    const source = from.#block
    const theirs = source[other] ?? 0
    const own = this.#block[place] ?? 0
    const length = layoutDoubles(source, theirs)
    for (let at = 0; at < length; at++) {
      if (this.#block[own + at] !== source[theirs + at]) return false
    }
    return true
  }

  /** The layout's place: the same number is the same layout until clear(). */
  layoutAt(place: number): number {
    return this.#block[place] ?? 0
  }

  /**
   * Adds every number of a histogram of another block in the same layout, what rounding takes to
   * the one at `errorPlace` of `errors`.
   */
  addCompensated(
    place: number,
    errors: HistogramBlock,
    errorPlace: number,
    from: HistogramBlock,
    other: number,
  ): void {
    const [block, lost, source] = [this.#block, errors.#block, from.#block]
    const end = recordHead + bucketsOf(block, block[place] ?? 0)
    for (let at = 1; at < end; at++) {
      if (at === hintAt) continue
      const [sum, added] = [block[place + at] ?? 0, source[other + at] ?? 0]
      lost[errorPlace + at] = compensationAfter(sum, lost[errorPlace + at] ?? 0, added)
      block[place + at] = sum + added
    }
  }

  /** How many samples upstream counts it as: its bytes by 16. */
  samplesAt(place: number): number {
    const block = this.#block
    const layout = block[place] ?? 0
    const spans = (block[layout + 2] ?? 0) + (block[layout + 3] ?? 0)
    const doubles = bucketsOf(block, layout) + (block[layout + 6] ?? 0)
    return Math.floor((structBytes + (spans + doubles) * 8 + 8) / sampleBytes)
  }

  #write(place: number, layout: number, histogram: NativeHistogram): void {
    const block = this.#block
    const { positiveBucketCount: positive, negativeBucketCount: negative } = histogram
    block[place] = layout
    block[place + 1] = histogram.zeroCount
    block[place + 2] = histogram.count
    block[place + 3] = histogram.sum[0] ?? 0
    block[place + hintAt] = histogram.hint
    const to = place + recordHead
    copyDoubles(histogram.positiveBuckets, 0, block, to, positive)
    copyDoubles(histogram.negativeBuckets, 0, block, to + positive, negative)
  }

  #layoutFor(histogram: HistogramLayout): number {
    if (this.#layout !== none && this.#isLayout(this.#layout, histogram)) return this.#layout
    const { positiveSpanCount, negativeSpanCount, customBoundCount } = histogram
    const spans = (positiveSpanCount + negativeSpanCount) * 2
    const layout = this.#take(layoutHead + spans + customBoundCount)
    const block = this.#block
    block[layout] = histogram.schema
    block[layout + 1] = histogram.zeroThreshold
    block[layout + 2] = positiveSpanCount
    block[layout + 3] = negativeSpanCount
    block[layout + 4] = histogram.positiveBucketCount
    block[layout + 5] = histogram.negativeBucketCount
    block[layout + 6] = customBoundCount
    let at = layout + layoutHead
    block.set(histogram.positiveSpans.subarray(0, positiveSpanCount * 2), at)
    at += positiveSpanCount * 2
    block.set(histogram.negativeSpans.subarray(0, negativeSpanCount * 2), at)
    at += negativeSpanCount * 2
    block.set(histogram.customBounds.subarray(0, customBoundCount), at)
    this.#layout = layout
    return layout
  }

  #isLayout(layout: number, histogram: HistogramLayout): boolean {
    const block = this.#block
    if (
      block[layout] !== histogram.schema ||
      block[layout + 1] !== histogram.zeroThreshold ||
      block[layout + 2] !== histogram.positiveSpanCount ||
      block[layout + 3] !== histogram.negativeSpanCount ||
      block[layout + 4] !== histogram.positiveBucketCount ||
      block[layout + 5] !== histogram.negativeBucketCount ||
      block[layout + 6] !== histogram.customBoundCount
    ) {
      return false
    }
    const positive = layout + layoutHead
    const negative = positive + histogram.positiveSpanCount * 2
    const bounds = negative + histogram.negativeSpanCount * 2
    return (
      this.#holds(positive, histogram.positiveSpans, histogram.positiveSpanCount * 2) &&
      this.#holds(negative, histogram.negativeSpans, histogram.negativeSpanCount * 2) &&
      this.#holds(bounds, histogram.customBounds, histogram.customBoundCount)
    )
  }

  #holds(at: number, numbers: Int32Array | Float64Array, count: number): boolean {
    for (let index = 0; index < count; index++) {
      if (this.#block[at + index] !== numbers[index]) return false
    }
    return true
  }

  #sharedLayout(source: Float64Array, from: number, end: number): number {
    const known = this.#layout
    if (known !== none && this.#holds(known, source.subarray(from, end), end - from)) return known
    const layout = this.#take(end - from)
    this.#block.set(source.subarray(from, end), layout)
    this.#layout = layout
    return layout
  }

  #loadLayout(layout: number, into: NativeHistogram): void {
    const block = this.#block
    into.schema = block[layout] ?? 0
    into.zeroThreshold = block[layout + 1] ?? 0
    const positive = block[layout + 2] ?? 0
    const negative = block[layout + 3] ?? 0
    into.positiveSpanCount = positive
    into.negativeSpanCount = negative
    into.positiveBucketCount = block[layout + 4] ?? 0
    into.negativeBucketCount = block[layout + 5] ?? 0
    const bounds = block[layout + 6] ?? 0
    into.customBoundCount = bounds
    if (into.positiveSpans.length < positive * 2) into.positiveSpans = new Int32Array(positive * 2)
    if (into.negativeSpans.length < negative * 2) into.negativeSpans = new Int32Array(negative * 2)
    if (into.customBounds.length < bounds) into.customBounds = new Float64Array(bounds)
    let at = layout + layoutHead
    for (let index = 0; index < positive * 2; index++) into.positiveSpans[index] = block[at++] ?? 0
    for (let index = 0; index < negative * 2; index++) into.negativeSpans[index] = block[at++] ?? 0
    copyDoubles(block, at, into.customBounds, 0, bounds)
  }

  #take(doubles: number): number {
    const place = this.#end
    const end = place + doubles
    if (end > this.#block.length) {
      const block = new Float64Array(Math.max(end, this.#block.length * 2, 256))
      block.set(this.#block.subarray(0, place))
      this.#block = block
    }
    this.#end = end
    return place
  }
}

/** Doubles that a row of so many takes in a block. */
export function recordOf(width: number): number {
  return recordHead + width - rowHead
}

/** A loop: for a few dozen a view of each side costs more than copying. */
function copyDoubles(
  from: Float64Array,
  start: number,
  to: Float64Array,
  at: number,
  count: number,
): void {
  for (let index = 0; index < count; index++) to[at + index] = from[start + index] ?? 0
}

function layoutDoubles(block: Float64Array, layout: number): number {
  const spans = (block[layout + 2] ?? 0) + (block[layout + 3] ?? 0)
  return layoutHead + spans * 2 + (block[layout + 6] ?? 0)
}

function bucketsOf(block: Float64Array, layout: number): number {
  return (block[layout + 4] ?? 0) + (block[layout + 5] ?? 0)
}

function hintOf(number: number): ResetHint {
  switch (number) {
    case resetHint.reset:
      return resetHint.reset
    case resetHint.notReset:
      return resetHint.notReset
    case resetHint.gauge:
      return resetHint.gauge
    default:
      return resetHint.unknown
  }
}
