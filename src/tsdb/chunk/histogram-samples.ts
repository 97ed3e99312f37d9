import type { HistogramLayout } from '../../model/histogram.ts'
import { isStaleAt } from '../../model/stale-nan.ts'
import type { BitReader } from './bit-reader.ts'
import { peekBits, readXor, varbitInt, varbitWidth, type XorWindows } from './bit-reading.ts'

/**
 * The state of a histogram chunk between two of its samples, of either kind. `first` or `next`
 * read a sample and write the absolute bucket counts, positive ones first, into a row. A stale
 * sample has no counts and an empty row of zeros.
 */
export interface HistogramSamples {
  readonly timestampMs: number
  readonly stale: boolean
  /** False when the counts were too large to be read exactly. */
  readonly exact: boolean
  readonly count: number
  readonly zeroCount: number
  /** Low half, high half. */
  readonly sumHalves: Uint32Array
  first(reader: BitReader, layout: HistogramLayout, row: Float64Array, at: number): void
  /** Answers the bit behind the sample. */
  next(view: DataView, bit: number, row: Float64Array, at: number): number
}

/** Below this, differences between counts and between those are whole numbers in a double. */
const exactCountMax = 2 ** 51

/** Counts are differences of differences, buckets differences between neighbours on top. */
export class IntegerSamples implements HistogramSamples {
  timestampMs = 0
  stale = false
  exact = true
  count = 0
  zeroCount = 0
  readonly sumHalves = new Uint32Array(2)
  #deltaMs = 0
  #countDelta = 0
  #zeroDelta = 0
  #positive = 0
  #buckets = 0
  #steps = new Float64Array(0)
  #stepDeltas = new Float64Array(0)
  readonly #window: XorWindows = { trailing: new Uint8Array(1), significant: new Uint8Array(1) }

  first(reader: BitReader, layout: HistogramLayout, row: Float64Array, at: number): void {
    this.#positive = layout.positiveBucketCount
    this.#buckets = this.#positive + layout.negativeBucketCount
    if (this.#steps.length < this.#buckets) {
      this.#steps = new Float64Array(this.#buckets)
      this.#stepDeltas = new Float64Array(this.#buckets)
    }
    this.#stepDeltas.fill(0, 0, this.#buckets)
    this.#deltaMs = 0
    this.#countDelta = 0
    this.#zeroDelta = 0
    this.#window.significant[0] = 64
    this.#window.trailing[0] = 0
    this.timestampMs = reader.varbitInt()
    this.count = reader.varbitUint()
    this.zeroCount = reader.varbitUint()
    reader.float64Into(this.sumHalves, 0)
    let sum = 0
    for (let bucket = 0; bucket < this.#buckets; bucket++) {
      if (bucket === this.#positive) sum = 0
      const step = reader.varbitInt()
      this.#steps[bucket] = step
      sum += step
      row[at + bucket] = sum
    }
    this.#seeStale(row, at)
  }

  next(view: DataView, start: number, row: Float64Array, at: number): number {
    let bit = start
    let peek = peekBits(view, bit)
    this.#deltaMs += varbitInt(view, bit, peek)
    this.timestampMs += this.#deltaMs
    bit += varbitWidth(peek)
    peek = peekBits(view, bit)
    this.#countDelta += varbitInt(view, bit, peek)
    this.count += this.#countDelta
    bit += varbitWidth(peek)
    peek = peekBits(view, bit)
    this.#zeroDelta += varbitInt(view, bit, peek)
    this.zeroCount += this.#zeroDelta
    bit += varbitWidth(peek)
    peek = peekBits(view, bit)
    bit = peek < 0 ? readXor(view, bit, peek, this.sumHalves, this.#window, 0) : bit + 1
    if (this.#seeStale(row, at)) return bit
    bit = this.#nextBuckets(view, bit, row, at, 0, this.#positive)
    return this.#nextBuckets(view, bit, row, at, this.#positive, this.#buckets)
  }

  /** Runs of zero bits are buckets that grow as before: as many as are seen at once are done at once. */
  #nextBuckets(
    view: DataView,
    start: number,
    row: Float64Array,
    at: number,
    from: number,
    to: number,
  ): number {
    const steps = this.#steps
    const stepDeltas = this.#stepDeltas
    let bit = start
    let bucket = from
    let sum = 0
    while (bucket < to) {
      const peek = peekBits(view, bit)
      let run = 1
      if (peek < 0) {
        stepDeltas[bucket] = (stepDeltas[bucket] ?? 0) + varbitInt(view, bit, peek)
        bit += varbitWidth(peek)
      } else {
        run = Math.min(Math.clz32(peek), to - bucket)
        bit += run
      }
      for (; run > 0; run--, bucket++) {
        const step = (steps[bucket] ?? 0) + (stepDeltas[bucket] ?? 0)
        steps[bucket] = step
        sum += step
        row[at + bucket] = sum
      }
    }
    return bit
  }

  #seeStale(row: Float64Array, at: number): boolean {
    this.stale = isStaleAt(this.sumHalves, 0)
    this.exact = this.stale || (this.count <= exactCountMax && this.zeroCount <= exactCountMax)
    if (this.stale) row.fill(0, at, at + this.#buckets)
    return this.stale
  }
}

/** The places of the counts before those of the buckets. */
const countAt = 0
const zeroCountAt = 1
const sumAt = 2
const bucketsAt = 3

/** Every count is a float that differs from its predecessor in a few bits. */
export class FloatSamples implements HistogramSamples {
  readonly exact = true
  timestampMs = 0
  stale = false
  #deltaMs = 0
  #floats = new Float64Array(bucketsAt)
  #halves = new Uint32Array(this.#floats.buffer)
  #buckets = this.#floats.subarray(bucketsAt)
  #windows: XorWindows = { trailing: new Uint8Array(3), significant: new Uint8Array(3) }
  #used = bucketsAt
  sumHalves = this.#halves.subarray(sumAt * 2, sumAt * 2 + 2)

  get count(): number {
    return this.#floats[countAt] ?? 0
  }

  get zeroCount(): number {
    return this.#floats[zeroCountAt] ?? 0
  }

  first(reader: BitReader, layout: HistogramLayout, row: Float64Array, at: number): void {
    this.#used = bucketsAt + layout.positiveBucketCount + layout.negativeBucketCount
    if (this.#floats.length < this.#used) {
      this.#floats = new Float64Array(this.#used)
      this.#halves = new Uint32Array(this.#floats.buffer)
      this.sumHalves = this.#halves.subarray(sumAt * 2, sumAt * 2 + 2)
      this.#windows = {
        trailing: new Uint8Array(this.#used),
        significant: new Uint8Array(this.#used),
      }
    }
    this.#buckets = this.#floats.subarray(bucketsAt, this.#used)
    this.#windows.trailing.fill(0, 0, this.#used)
    this.#windows.significant.fill(64, 0, this.#used)
    this.#deltaMs = 0
    this.timestampMs = reader.varbitInt()
    for (let index = 0; index < this.#used; index++) reader.float64Into(this.#halves, index)
    this.#fillRow(row, at)
  }

  next(view: DataView, start: number, row: Float64Array, at: number): number {
    const peek = peekBits(view, start)
    this.#deltaMs += varbitInt(view, start, peek)
    this.timestampMs += this.#deltaMs
    let bit = this.#nextFloats(view, start + varbitWidth(peek), 0, bucketsAt)
    if (!isStaleAt(this.#halves, sumAt)) {
      bit = this.#nextFloats(view, bit, bucketsAt, this.#used)
    }
    this.#fillRow(row, at)
    return bit
  }

  #nextFloats(view: DataView, start: number, from: number, to: number): number {
    let bit = start
    let index = from
    while (index < to) {
      const peek = peekBits(view, bit)
      if (peek < 0) {
        bit = readXor(view, bit, peek, this.#halves, this.#windows, index)
        index++
      } else {
        const unchanged = Math.min(Math.clz32(peek), to - index)
        bit += unchanged
        index += unchanged
      }
    }
    return bit
  }

  #fillRow(row: Float64Array, at: number): void {
    this.stale = isStaleAt(this.#halves, sumAt)
    if (this.stale) row.fill(0, at, at + this.#buckets.length)
    else row.set(this.#buckets, at)
  }
}
