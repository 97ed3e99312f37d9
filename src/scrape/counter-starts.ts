import { NativeHistogram } from '../model/histogram.ts'
import { compactHistogram } from '../model/histogram-compaction.ts'

/** What histograms need to be counters; PromQL has it. */
export interface HistogramArithmetic {
  /** Whether a counter started again between the two. */
  detectReset(current: NativeHistogram, previous: NativeHistogram): boolean
  /** target -= other */
  subtract(target: NativeHistogram, other: NativeHistogram): void
}

/** Of a histogram: what it was last, and what it counts from; undefined for nothing. */
interface CountedHistogram {
  readonly previous: NativeHistogram
  first: NativeHistogram | undefined
}

/**
 * What is known of counters that do not tell since when they count, by entry of the series cache
 * (row S4.12): such a counter begins with its first sample, whose value is subtracted from what comes
 * behind it, and with the millisecond before each sample that is less than the one before.
 */
export class CounterStarts {
  readonly #arithmetic: HistogramArithmetic
  /** 0 for a series that is not followed. */
  #startsMs = new Float64Array(0)
  #previous = new Float64Array(0)
  #first = new Float64Array(0)
  /** The family, as the caller numbers it, by which a series is no counter; 0 for none. */
  #passedOver = new Uint32Array(0)
  readonly #histograms = new Map<number, CountedHistogram>()

  constructor(arithmetic: HistogramArithmetic) {
    this.#arithmetic = arithmetic
  }

  /** Since when a series counts, 0 where it is not followed. */
  startMs(entry: number): number {
    return this.#startsMs[entry] ?? 0
  }

  /** The value since the start; undefined for the first sample, which is that start. */
  takeFloat(entry: number, value: number, timestampMs: number): number | undefined {
    this.#reserve(entry)
    if (this.#startsMs[entry] === 0) {
      this.#startsMs[entry] = timestampMs
      this.#first[entry] = value
      this.#previous[entry] = value
      return undefined
    }
    if (value < (this.#previous[entry] ?? 0)) {
      this.#startsMs[entry] = timestampMs - 1
      this.#first[entry] = 0
    }
    this.#previous[entry] = value
    return value - (this.#first[entry] ?? 0)
  }

  /** As takeFloat(), in place; false for the first sample. */
  takeHistogram(entry: number, histogram: NativeHistogram, timestampMs: number): boolean {
    this.#reserve(entry)
    const counted = this.#histograms.get(entry)
    if (this.#startsMs[entry] === 0 || counted === undefined) {
      this.#startsMs[entry] = timestampMs
      this.#histograms.set(entry, { previous: copyOf(histogram), first: copyOf(histogram) })
      return false
    }
    const { detectReset, subtract } = this.#arithmetic
    if (detectReset(histogram, counted.previous)) {
      this.#startsMs[entry] = timestampMs - 1
      counted.first = undefined
    }
    counted.previous.copyFrom(histogram)
    if (counted.first === undefined) return true
    const { hint, isFloat } = histogram
    subtract(histogram, counted.first)
    compactHistogram(histogram)
    if (!isFloat) histogram.hint = hint
    return true
  }

  /** The next sample of the series is a first one. */
  forget(entry: number): void {
    if (entry < this.#startsMs.length) this.#startsMs[entry] = 0
    this.#histograms.delete(entry)
  }

  isPassedOver(entry: number, family: number): boolean {
    return this.#passedOver[entry] === family
  }

  passOver(entry: number, family: number): void {
    this.#reserve(entry)
    this.#passedOver[entry] = family
  }

  /** An entry goes to a place before it. */
  move(from: number, to: number): void {
    this.#reserve(to)
    this.#startsMs[to] = this.#startsMs[from] ?? 0
    this.#previous[to] = this.#previous[from] ?? 0
    this.#first[to] = this.#first[from] ?? 0
    this.#passedOver[to] = this.#passedOver[from] ?? 0
    const counted = this.#histograms.get(from)
    this.#histograms.delete(from)
    if (counted === undefined) this.#histograms.delete(to)
    else this.#histograms.set(to, counted)
  }

  /** Entries from `size` on are gone. */
  cut(size: number): void {
    this.#startsMs.fill(0, size)
    this.#passedOver.fill(0, size)
    for (const entry of this.#histograms.keys()) if (entry >= size) this.#histograms.delete(entry)
    if (this.#startsMs.length > roomFor(size) * 2) this.#resize(roomFor(size))
  }

  #reserve(entry: number): void {
    if (entry >= this.#startsMs.length) this.#resize(roomFor(entry))
  }

  #resize(room: number): void {
    this.#startsMs = resized(new Float64Array(room), this.#startsMs)
    this.#previous = resized(new Float64Array(room), this.#previous)
    this.#first = resized(new Float64Array(room), this.#first)
    this.#passedOver = resized(new Uint32Array(room), this.#passedOver)
  }
}

function roomFor(entries: number): number {
  return Math.ceil(entries * 1.5) + 16
}

function copyOf(histogram: NativeHistogram): NativeHistogram {
  const copy = new NativeHistogram()
  copy.copyFrom(histogram)
  return copy
}

function resized<T extends Float64Array | Uint32Array>(column: T, from: T): T {
  column.set(from.subarray(0, column.length))
  return column
}
