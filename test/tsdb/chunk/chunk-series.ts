import { NativeHistogram, type ResetHint, resetHint } from '../../../src/model/histogram.ts'
import { halvesOf, staleNanHigh, staleNanLow } from '../../../src/model/stale-nan.ts'

/**
 * Series made of a seed: the golden chunks are what Prometheus 3.14 made of the same ones.
 * A sequence must not be changed without making them again.
 */
export class Random {
  #state: number
  constructor(seed: number) {
    this.#state = seed
  }
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  below(end: number): number {
    return this.next() % end
  }
}

export interface FloatSample {
  readonly timestampMs: number
  readonly startMs: number
  readonly high: number
  readonly low: number
}

export interface HistogramSample {
  readonly timestampMs: number
  readonly startMs: number
  /** The chunk before it was cut, as when it is long enough. */
  readonly cut: boolean
  readonly histogram: NativeHistogram
}

const oddFloats = [0, -0, 1, 0.1, Infinity, -Infinity, 5e-324, Number.MAX_VALUE]

function stepMs(random: Random): number {
  const kind = random.below(8)
  if (kind < 4) return 15_000
  if (kind === 4) return 15_000 + random.below(41) - 20
  if (kind === 5) return 1 + random.below(5)
  return kind === 6 ? 1 + random.below(600_000) : random.next() * 1024 + 1
}

/** 0: none; 1: one for all; 2: changing; 3: from some sample on. */
function startOf(random: Random, mode: number, index: number, t: number, last: number): number {
  if (mode === 0) return 0
  if (mode === 1) return index === 0 ? t - random.below(100_000) : last
  if (mode === 3 && index < 5) return 0
  if (random.below(3) !== 0) return last
  return random.below(6) === 0 ? 0 : t - random.below(20_000)
}

function setFloat(halves: Uint32Array, index: number, high: number, low: number): void {
  halves[index * 2] = low
  halves[index * 2 + 1] = high
}

export function floatSeries(seed: number): FloatSample[] {
  const random = new Random(seed)
  const startMode = random.below(4)
  const count = 1 + random.below(40) + (random.below(6) === 0 ? 150 : 0)
  const value = new Float64Array(1)
  const halves = halvesOf(value)
  const samples: FloatSample[] = []
  let timestampMs = 1_700_000_000_000 + random.below(1000)
  let startMs = 0
  let counter = 0
  for (let index = 0; index < count; index++) {
    if (index > 0) timestampMs += stepMs(random)
    startMs = startOf(random, startMode, index, timestampMs, startMs)
    const kind = random.below(8)
    if (kind === 2) {
      counter += random.below(100)
      value[0] = counter
    } else if (kind === 3) setFloat(halves, 0, staleNanHigh, staleNanLow)
    else if (kind === 4) setFloat(halves, 0, random.next(), random.next())
    else if (kind === 5) value[0] = oddFloats[random.below(8)] ?? 0
    else if (kind > 5) value[0] = random.below(1000) / 8
    samples.push({ timestampMs, startMs, high: halves[1] ?? 0, low: halves[0] ?? 0 })
  }
  return samples
}

class Side {
  places: number[] = []
  counts: number[] = []

  add(place: number, count: number): void {
    if (this.places.includes(place)) return
    const at = this.places.findIndex((other) => other > place)
    const index = at === -1 ? this.places.length : at
    this.places.splice(index, 0, place)
    this.counts.splice(index, 0, count)
  }

  remove(index: number): void {
    this.places.splice(index, 1)
    this.counts.splice(index, 1)
  }

  removeEmpty(): void {
    for (let index = this.counts.length - 1; index >= 0; index--) {
      if (this.counts[index] === 0) this.remove(index)
    }
  }

  grow(random: Random, gauge: boolean): void {
    for (let index = 0; index < this.counts.length; index++) {
      let grown = this.counts[index] ?? 0
      if (random.below(4) === 0) grown += random.below(10)
      if (random.below(50) === 0) grown += random.below(1_000_000)
      if (gauge && random.below(2) === 0) grown = random.below(100)
      this.counts[index] = Math.min(grown, 8_000_000)
    }
  }

  reset(random: Random): void {
    this.counts = this.counts.map(() => random.below(3))
  }

  /** In the shortest form, or with spans cut in two and empty ones between. */
  spans(random: Random, odd: boolean): number[] {
    const spans: number[] = []
    let next = 0
    for (const place of this.places) {
      const begins = spans.length === 0 || place !== next || (odd && random.below(6) === 0)
      if (begins) {
        let offset = place - next
        if (odd && offset > 0 && random.below(4) === 0) {
          spans.push(1, 0)
          offset--
        }
        spans.push(offset, 1)
      } else spans[spans.length - 1] = (spans.at(-1) ?? 0) + 1
      next = place + 1
    }
    return spans
  }
}

const thresholds = [0, 2 ** -128, 0.001, 1024, 2 ** -243, 2048, 1e-300]

function boundsOf(random: Random): number[] {
  const style = random.below(3)
  return Array.from({ length: 1 + random.below(12) }, (_, index) => {
    if (style === 0) return ((index + 1) * 5) / 1000
    return style === 1 ? (index + 1) * 1.1 : index * 2.5 - 5
  })
}

function fillBuckets(
  random: Random,
  counts: readonly number[],
  into: Float64Array,
  isFloat: boolean,
  scale: number,
): void {
  const halves = halvesOf(into)
  counts.forEach((count, index) => {
    into[index] = isFloat ? count * 0.5 : count * scale
    if (isFloat && random.below(60) === 0) setFloat(halves, index, random.next(), random.next())
  })
}

export function histogramSeries(seed: number, isFloat: boolean): HistogramSample[] {
  const random = new Random(seed)
  const custom = random.below(4) === 0
  let gauge = random.below(3) === 0
  const scale = random.below(5) === 0 ? 1_000_000_007 : 1
  const startMode = random.below(4)
  const count = 1 + random.below(60) + (random.below(6) === 0 ? 150 : 0)
  let schema = custom ? -53 : random.below(13) - 4
  let threshold = custom ? 0 : (thresholds[random.below(7)] ?? 0)
  const bounds = custom ? boundsOf(random) : []
  const positive = new Side()
  const negative = new Side()
  const samples: HistogramSample[] = []
  const placeOf = () => (custom ? random.below(bounds.length + 1) : random.below(40) - 20)
  for (let rest = random.below(6); rest > 0; rest--) positive.add(placeOf(), random.below(5))
  let timestampMs = 1_700_000_000_000 + random.below(1000)
  let [startMs, total, zero, sum] = [0, 0, 0, 0]
  for (let index = 0; index < count; index++) {
    if (index > 0) timestampMs += stepMs(random)
    startMs = startOf(random, startMode, index, timestampMs, startMs)
    const event = random.below(40)
    if (event === 0) {
      positive.reset(random)
      negative.reset(random)
      total = random.below(3)
      zero = 0
    } else if (event === 1) {
      if (custom) bounds[bounds.length - 1] = (bounds.at(-1) ?? 0) + 1
      else schema = random.below(13) - 4
    } else if (event === 2 && !custom) threshold = thresholds[random.below(7)] ?? 0
    else if (event === 3) {
      positive.removeEmpty()
      negative.removeEmpty()
    } else if (event === 4 && positive.places.length > 0) {
      positive.remove(random.below(positive.places.length))
    } else if (event === 5) gauge = !gauge
    if (random.below(5) === 0) positive.add(placeOf(), random.below(5))
    if (!custom && random.below(8) === 0) negative.add(placeOf(), random.below(5))
    positive.grow(random, gauge)
    negative.grow(random, gauge)
    total += random.below(20)
    if (!custom) zero += random.below(3)
    if (gauge) total = random.below(1000)
    sum += random.below(100) / 4
    const h = new NativeHistogram()
    h.isFloat = isFloat
    const hints = random.below(30)
    h.hint = hintOf(hints, gauge)
    h.schema = schema
    h.zeroThreshold = threshold
    h.customBounds = Float64Array.from(bounds)
    h.customBoundCount = bounds.length
    h.count = isFloat ? total * 0.5 : total * scale
    h.zeroCount = isFloat ? zero * 0.5 : zero * scale
    h.sum[0] = sum
    if (random.below(10) === 0) setFloat(halvesOf(h.sum), 0, random.next(), random.next())
    if (random.below(25) === 0) setFloat(halvesOf(h.sum), 0, staleNanHigh, staleNanLow)
    const odd = random.below(3) === 0
    h.positiveSpans = Int32Array.from(positive.spans(random, odd))
    h.positiveSpanCount = h.positiveSpans.length / 2
    h.negativeSpans = Int32Array.from(negative.spans(random, odd))
    h.negativeSpanCount = h.negativeSpans.length / 2
    h.positiveBucketCount = positive.counts.length
    h.negativeBucketCount = negative.counts.length
    h.reserveBuckets(h.positiveBucketCount, h.negativeBucketCount)
    fillBuckets(random, positive.counts, h.positiveBuckets, isFloat, scale)
    fillBuckets(random, negative.counts, h.negativeBuckets, isFloat, scale)
    samples.push({ timestampMs, startMs, cut: event === 6, histogram: h })
  }
  return samples
}

function hintOf(roll: number, gauge: boolean): ResetHint {
  if (roll === 0) return resetHint.reset
  if (roll === 1) return resetHint.notReset
  return gauge ? resetHint.gauge : resetHint.unknown
}
