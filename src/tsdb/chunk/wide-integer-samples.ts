import type { HistogramLayout } from '../../model/histogram.ts'
import { isStaleAt } from '../../model/stale-nan.ts'
import type { BitReader } from './bit-reader.ts'
import { peekBits, readXor, varbitInt, varbitWidth, type XorWindows } from './bit-reading.ts'
import type { HistogramSamples } from './histogram-samples.ts'

const countAt = 0
const zeroCountAt = 1
const bucketsAt = 2

/** 64-bit numbers as halves, each with the difference by which it grows; they wrap as Go's do. */
class WideColumn {
  #high = new Int32Array(0)
  #low = new Int32Array(0)
  #growthHigh = new Int32Array(0)
  #growthLow = new Int32Array(0)

  begin(size: number): void {
    this.#high = new Int32Array(size)
    this.#low = new Int32Array(size)
    this.#growthHigh = new Int32Array(size)
    this.#growthLow = new Int32Array(size)
  }

  set(index: number, high: number, low: number): void {
    this.#high[index] = high
    this.#low[index] = low
  }

  /** Lets the number grow by what it grew by before and so much more. */
  grow(index: number, high: number, low: number): void {
    const [oldHigh, oldLow] = [this.#growthHigh[index] ?? 0, this.#growthLow[index] ?? 0]
    const growthLow = (oldLow + low) | 0
    const growthHigh = (oldHigh + high + carry(growthLow, oldLow)) | 0
    this.#growthLow[index] = growthLow
    this.#growthHigh[index] = growthHigh
    const before = this.#low[index] ?? 0
    const after = (before + growthLow) | 0
    this.#low[index] = after
    this.#high[index] = (this.#high[index] ?? 0) + growthHigh + carry(after, before)
  }

  unsigned(index: number): number {
    return ((this.#high[index] ?? 0) >>> 0) * 2 ** 32 + ((this.#low[index] ?? 0) >>> 0)
  }

  /** The sums of the numbers up to each, as doubles. */
  sumsInto(from: number, to: number, row: Float64Array, at: number): void {
    let [high, low] = [0, 0]
    for (let index = from; index < to; index++) {
      const before = low
      low = (low + (this.#low[index] ?? 0)) | 0
      high = (high + (this.#high[index] ?? 0) + carry(low, before)) | 0
      row[at + index - from] = high * 2 ** 32 + (low >>> 0)
    }
  }
}

function carry(sumLow: number, oneLow: number): number {
  return sumLow >>> 0 < oneLow >>> 0 ? 1 : 0
}

/**
 * Integer histograms with counts that doubles do not add exactly. It is several times slower than
 * IntegerSamples, which gives up for it; what is beyond 2^53 comes out rounded.
 */
export class WideIntegerSamples implements HistogramSamples {
  readonly exact = true
  timestampMs = 0
  stale = false
  readonly sumHalves = new Uint32Array(2)
  #deltaMs = 0
  #positive = 0
  #buckets = 0
  readonly #numbers = new WideColumn()
  readonly #window: XorWindows = { trailing: new Uint8Array(1), significant: new Uint8Array(1) }

  get count(): number {
    return this.#numbers.unsigned(countAt)
  }

  get zeroCount(): number {
    return this.#numbers.unsigned(zeroCountAt)
  }

  first(reader: BitReader, layout: HistogramLayout, row: Float64Array, at: number): void {
    this.#positive = layout.positiveBucketCount
    this.#buckets = this.#positive + layout.negativeBucketCount
    this.#numbers.begin(bucketsAt + this.#buckets)
    this.#deltaMs = 0
    this.#window.significant[0] = 64
    this.#window.trailing[0] = 0
    this.timestampMs = reader.varbitInt()
    for (let index = 0; index < bucketsAt; index++) this.#readFirst(reader, index, false)
    reader.float64Into(this.sumHalves, 0)
    const end = bucketsAt + this.#buckets
    for (let index = bucketsAt; index < end; index++) this.#readFirst(reader, index, true)
    this.#fillRow(row, at)
  }

  next(view: DataView, start: number, row: Float64Array, at: number): number {
    let peek = peekBits(view, start)
    this.#deltaMs += varbitInt(view, start, peek)
    this.timestampMs += this.#deltaMs
    let bit = start + varbitWidth(peek)
    for (let index = 0; index < bucketsAt; index++) bit = this.#grow(view, bit, index)
    peek = peekBits(view, bit)
    bit = peek < 0 ? readXor(view, bit, peek, this.sumHalves, this.#window, 0) : bit + 1
    if (!isStaleAt(this.sumHalves, 0)) {
      const end = bucketsAt + this.#buckets
      for (let index = bucketsAt; index < end; index++) bit = this.#grow(view, bit, index)
    }
    this.#fillRow(row, at)
    return bit
  }

  #readFirst(reader: BitReader, index: number, signed: boolean): void {
    const { view, bit } = reader
    // Checks the bounds; the number itself may be rounded.
    const near = signed ? reader.varbitInt() : reader.varbitUint()
    const width = reader.bit - bit
    if (width <= 32) this.#numbers.set(index, near < 0 ? -1 : 0, near | 0)
    else {
      const peek = peekBits(view, bit)
      const unsignedHigh = width === 64 ? peek & 0xffffff : peekBits(view, bit + 8)
      const high = signed ? highOf(view, bit, peek) : unsignedHigh
      this.#numbers.set(index, high, peekBits(view, reader.bit - 32))
    }
  }

  #grow(view: DataView, bit: number, index: number): number {
    const peek = peekBits(view, bit)
    const width = varbitWidth(peek)
    if (width <= 32) {
      const growth = varbitInt(view, bit, peek)
      this.#numbers.grow(index, growth < 0 ? -1 : 0, growth)
    } else {
      this.#numbers.grow(index, highOf(view, bit, peek), peekBits(view, bit + width - 32))
    }
    return bit + width
  }

  #fillRow(row: Float64Array, at: number): void {
    this.stale = isStaleAt(this.sumHalves, 0)
    if (this.stale) {
      row.fill(0, at, at + this.#buckets)
      return
    }
    const negative = bucketsAt + this.#positive
    this.#numbers.sumsInto(bucketsAt, negative, row, at)
    this.#numbers.sumsInto(negative, bucketsAt + this.#buckets, row, at + this.#positive)
  }
}

/** The upper half of a signed number in one of the two longest forms. */
function highOf(view: DataView, bit: number, peek: number): number {
  if (varbitWidth(peek) === 72) return peekBits(view, bit + 8)
  const high = peek & 0xffffff
  const positive = high < 0x800000 || (high === 0x800000 && peekBits(view, bit + 32) === 0)
  return positive ? high : high - 0x1000000
}
