import type { HistogramLayout, NativeHistogram } from '../../model/histogram.ts'
import { putHalves } from './bit-writing.ts'
import type { StatePlace } from './state-place.ts'
import { putDoubleDelta, putVarbitInt, putVarbitUint, putXor, xorForm } from './varbit-writing.ts'
import { noLeading } from './xor-line.ts'

/**
 * Writes the samples of a histogram chunk, of either kind, and knows the newest one's counts. Each
 * histogram has the chunk's layout; of a stale one only the sum is looked at.
 */
export interface HistogramSampleWriter {
  readonly stale: boolean
  readonly count: number
  readonly zeroCount: number
  /** Absolute counts, positive ones first. */
  readonly bucketCounts: Float64Array
  /** Answers the bit behind. */
  putFirst(view: DataView, bit: number, timestampMs: number, histogram: NativeHistogram): number
  put(view: DataView, bit: number, timestampMs: number, histogram: NativeHistogram): number
  /** The newest sum, as halves. */
  copySum(into: Uint32Array): void
  /** Doubles that save() takes. */
  readonly stateDoubles: number
  /** All that put() goes on from. */
  save(place: StatePlace): void
  load(place: StatePlace): void
}

/** Whatever the numbers, a sample takes no more bytes than this. */
export function sampleBytesMaxOf(layout: HistogramLayout): number {
  return 10 * (5 + layout.positiveBucketCount + layout.negativeBucketCount)
}

const countAt = 0
const zeroCountAt = 1

export class IntegerSampleWriter implements HistogramSampleWriter {
  stale = false
  bucketCounts = new Float64Array(0)
  readonly #sum = new Float64Array(1)
  readonly #sumHalves = new Uint32Array(this.#sum.buffer)
  readonly #sumBefore = new Uint32Array(2)
  readonly #window = new Uint16Array(1)
  #timestampMs = 0
  #timestampBeforeMs = 0
  /** Count and zero count, then each bucket's difference from its neighbour: newest and before. */
  #newest = new Float64Array(2)
  #before = new Float64Array(2)
  #positive = 0
  #buckets = 0

  get count(): number {
    return this.#newest[countAt] ?? 0
  }

  get zeroCount(): number {
    return this.#newest[zeroCountAt] ?? 0
  }

  putFirst(view: DataView, start: number, timestampMs: number, h: NativeHistogram): number {
    this.#begin(h)
    this.#timestampMs = timestampMs
    this.#timestampBeforeMs = timestampMs
    let bit = putVarbitInt(view, start, timestampMs)
    bit = putVarbitUint(view, bit, this.count)
    bit = putVarbitUint(view, bit, this.zeroCount)
    bit = putHalves(view, bit, this.#sumHalves[1] ?? 0, this.#sumHalves[0] ?? 0)
    for (let index = 2; index < 2 + this.#buckets; index++) {
      bit = putVarbitInt(view, bit, this.#newest[index] ?? 0)
    }
    this.#before.set(this.#newest)
    this.#sumBefore.set(this.#sumHalves)
    return bit
  }

  put(view: DataView, start: number, timestampMs: number, h: NativeHistogram): number {
    let bit = putDoubleDelta(view, start, timestampMs, this.#timestampMs, this.#timestampBeforeMs)
    this.#timestampBeforeMs = this.#timestampMs
    this.#timestampMs = timestampMs
    const before = this.#before
    this.#before = this.#newest
    this.#newest = before
    if (h.isStale) {
      // Only stale samples follow a stale one: the state between them does not matter any more.
      this.stale = true
      this.#sum.set(h.sum)
      this.#newest.fill(0)
      return this.#putSum(view, bit + 2)
    }
    const previous = this.#before
    bit = putDoubleDelta(view, bit, h.count, previous[countAt] ?? 0, before[countAt] ?? 0)
    const zeroBefore = before[zeroCountAt] ?? 0
    bit = putDoubleDelta(view, bit, h.zeroCount, previous[zeroCountAt] ?? 0, zeroBefore)
    this.#sum.set(h.sum)
    bit = this.#putSum(view, bit)
    bit = this.#putBuckets(view, bit, h.positiveBuckets, 0, this.#positive)
    bit = this.#putBuckets(view, bit, h.negativeBuckets, this.#positive, this.#buckets)
    before[countAt] = h.count
    before[zeroCountAt] = h.zeroCount
    return bit
  }

  /** What is newest until now has become `before`; #newest still has what was before that. */
  #putBuckets(
    view: DataView,
    start: number,
    counts: Float64Array,
    from: number,
    to: number,
  ): number {
    const [newest, before, { bucketCounts }] = [this.#newest, this.#before, this]
    let bit = start
    let neighbour = 0
    for (let bucket = from; bucket < to; bucket++) {
      const count = counts[bucket - from] ?? 0
      const step = count - neighbour
      const at = bucket + 2
      bit = putDoubleDelta(view, bit, step, before[at] ?? 0, newest[at] ?? 0)
      newest[at] = step
      bucketCounts[bucket] = count
      neighbour = count
    }
    return bit
  }

  #putSum(view: DataView, bit: number): number {
    const high = (this.#sumHalves[1] ?? 0) ^ (this.#sumBefore[1] ?? 0)
    const low = (this.#sumHalves[0] ?? 0) ^ (this.#sumBefore[0] ?? 0)
    this.#sumBefore.set(this.#sumHalves)
    return putXor(view, bit, xorForm, high, low, this.#window, 0)
  }

  copySum(into: Uint32Array): void {
    into.set(this.#sumHalves)
  }

  get stateDoubles(): number {
    return 8 + 2 * (this.#buckets + 2)
  }

  save(place: StatePlace): void {
    place.put(this.stale ? 1 : 0)
    place.put(this.#window[0] ?? 0)
    place.put(this.#positive)
    place.put(this.#buckets)
    place.put(this.#timestampMs)
    place.put(this.#timestampBeforeMs)
    place.putBits(this.#sumHalves, 1)
    place.putBits(this.#sumBefore, 1)
    place.putNumbers(this.#newest, this.#buckets + 2)
    place.putNumbers(this.#before, this.#buckets + 2)
  }

  load(place: StatePlace): void {
    this.stale = place.take() === 1
    this.#window[0] = place.take()
    this.#positive = place.take()
    this.#setBuckets(place.take())
    this.#timestampMs = place.take()
    this.#timestampBeforeMs = place.take()
    place.takeBits(this.#sumHalves, 1)
    place.takeBits(this.#sumBefore, 1)
    place.takeNumbers(this.#newest, this.#buckets + 2)
    place.takeNumbers(this.#before, this.#buckets + 2)
    let count = 0
    for (let bucket = 0; bucket < this.#buckets; bucket++) {
      if (bucket === this.#positive) count = 0
      count += this.#newest[bucket + 2] ?? 0
      this.bucketCounts[bucket] = count
    }
  }

  #setBuckets(buckets: number): void {
    this.#buckets = buckets
    if (this.#newest.length >= buckets + 2) return
    this.#newest = new Float64Array(buckets + 2)
    this.#before = new Float64Array(buckets + 2)
    this.bucketCounts = new Float64Array(buckets)
  }

  #begin(h: NativeHistogram): void {
    this.stale = h.isStale
    this.#positive = h.positiveBucketCount
    this.#setBuckets(h.positiveBucketCount + h.negativeBucketCount)
    this.#window[0] = noLeading
    this.#sum.set(h.sum)
    this.#newest[countAt] = h.count
    this.#newest[zeroCountAt] = h.zeroCount
    this.bucketCounts.set(h.positiveBuckets.subarray(0, h.positiveBucketCount))
    const negative = h.negativeBuckets.subarray(0, h.negativeBucketCount)
    this.bucketCounts.set(negative, this.#positive)
    for (let bucket = 0; bucket < this.#buckets; bucket++) {
      const first = bucket === 0 || bucket === this.#positive
      const neighbour = first ? 0 : (this.bucketCounts[bucket - 1] ?? 0)
      this.#newest[bucket + 2] = (this.bucketCounts[bucket] ?? 0) - neighbour
    }
  }
}

const sumAt = 2
const bucketsAt = 3
const windowPair = new Int32Array(2)

export class FloatSampleWriter implements HistogramSampleWriter {
  stale = false
  #timestampMs = 0
  #timestampBeforeMs = 0
  /** Count, zero count, sum, buckets. */
  #floats = new Float64Array(bucketsAt)
  #halves = new Uint32Array(this.#floats.buffer)
  #incoming = new Float64Array(bucketsAt)
  #incomingHalves = new Uint32Array(this.#incoming.buffer)
  #windows = new Uint16Array(bucketsAt)
  #used = bucketsAt

  get count(): number {
    return this.#floats[countAt] ?? 0
  }

  get zeroCount(): number {
    return this.#floats[zeroCountAt] ?? 0
  }

  get bucketCounts(): Float64Array {
    return this.#floats.subarray(bucketsAt, this.#used)
  }

  putFirst(view: DataView, start: number, timestampMs: number, h: NativeHistogram): number {
    this.#setUsed(bucketsAt + h.positiveBucketCount + h.negativeBucketCount)
    this.#windows.fill(noLeading)
    this.#timestampMs = timestampMs
    this.#timestampBeforeMs = timestampMs
    this.stale = h.isStale
    this.#take(h)
    let bit = putVarbitInt(view, start, timestampMs)
    for (let index = 0; index < this.#used; index++) {
      const low = this.#incomingHalves[index * 2] ?? 0
      bit = putHalves(view, bit, this.#incomingHalves[index * 2 + 1] ?? 0, low)
    }
    this.#halves.set(this.#incomingHalves)
    return bit
  }

  put(view: DataView, start: number, timestampMs: number, h: NativeHistogram): number {
    let bit = putDoubleDelta(view, start, timestampMs, this.#timestampMs, this.#timestampBeforeMs)
    this.#timestampBeforeMs = this.#timestampMs
    this.#timestampMs = timestampMs
    this.stale = h.isStale
    this.#take(h)
    const [halves, incoming] = [this.#halves, this.#incomingHalves]
    const end = this.stale ? bucketsAt : this.#used
    for (let index = 0; index < end; index++) {
      const [high, low] = [incoming[index * 2 + 1] ?? 0, incoming[index * 2] ?? 0]
      const highChange = high ^ (halves[index * 2 + 1] ?? 0)
      const lowChange = low ^ (halves[index * 2] ?? 0)
      bit = putXor(view, bit, xorForm, highChange, lowChange, this.#windows, index)
      halves[index * 2] = low
      halves[index * 2 + 1] = high
    }
    return bit
  }

  copySum(into: Uint32Array): void {
    into.set(this.#halves.subarray(sumAt * 2, sumAt * 2 + 2))
  }

  get stateDoubles(): number {
    return 4 + this.#used + Math.ceil(this.#used / 4)
  }

  save(place: StatePlace): void {
    place.put(this.stale ? 1 : 0)
    place.put(this.#used)
    place.put(this.#timestampMs)
    place.put(this.#timestampBeforeMs)
    place.putBits(this.#halves, this.#used)
    const windows = this.#windows
    for (let at = 0; at < this.#used; at += 4) {
      place.putPair(
        (windows[at] ?? 0) | ((windows[at + 1] ?? 0) << 16),
        (windows[at + 2] ?? 0) | ((windows[at + 3] ?? 0) << 16),
      )
    }
  }

  load(place: StatePlace): void {
    this.stale = place.take() === 1
    this.#setUsed(place.take())
    this.#timestampMs = place.take()
    this.#timestampBeforeMs = place.take()
    place.takeBits(this.#halves, this.#used)
    const windows = this.#windows
    for (let at = 0; at < this.#used; at += 4) {
      place.takePair(windowPair, 0)
      const [low, high] = [windowPair[0] ?? 0, windowPair[1] ?? 0]
      windows[at] = low
      windows[at + 1] = low >>> 16
      windows[at + 2] = high
      windows[at + 3] = high >>> 16
    }
  }

  #setUsed(used: number): void {
    this.#used = used
    if (this.#floats.length >= used) return
    this.#floats = new Float64Array(used)
    this.#halves = new Uint32Array(this.#floats.buffer)
    this.#incoming = new Float64Array(used)
    this.#incomingHalves = new Uint32Array(this.#incoming.buffer)
    this.#windows = new Uint16Array(used)
  }

  #take(h: NativeHistogram): void {
    const floats = this.#incoming
    floats[countAt] = this.stale ? 0 : h.count
    floats[zeroCountAt] = this.stale ? 0 : h.zeroCount
    floats.set(h.sum, sumAt)
    if (this.stale) return
    const { positiveBucketCount, negativeBucketCount } = h
    floats.set(h.positiveBuckets.subarray(0, positiveBucketCount), bucketsAt)
    const negative = h.negativeBuckets.subarray(0, negativeBucketCount)
    floats.set(negative, bucketsAt + positiveBucketCount)
  }
}
