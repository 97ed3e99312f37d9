import { NativeHistogram, resetHint } from '../../../src/model/histogram.ts'
import { writeStaleAt } from '../../../src/model/stale-nan.ts'
import type { Random } from '../chunk/chunk-series.ts'

/** Bucket counts by place. */
type Side = Map<number, number>

/**
 * A series of valid histograms: counters that grow and get new buckets, resets, gauges, other
 * schemas, bounds and kinds, sums that are NaN, and stale markers.
 */
export class RandomHistograms {
  readonly #random: Random
  #isFloat = false
  #isGauge = false
  #schema = 0
  #threshold = 0
  #bounds: number[] = []
  #zero = 0
  #sum = 0
  readonly #positive: Side = new Map()
  readonly #negative: Side = new Map()

  constructor(random: Random) {
    this.#random = random
    this.#changeLayout()
  }

  next(): NativeHistogram {
    const random = this.#random
    const event = random.below(60)
    if (event === 0) this.#changeLayout()
    else if (event === 1) this.#isFloat = !this.#isFloat
    else if (event === 2) this.#isGauge = !this.#isGauge
    else if (event === 3) this.#reset()
    if (random.below(8) === 0) this.#addBucket(this.#positive)
    if (this.#bounds.length === 0 && random.below(15) === 0) this.#addBucket(this.#negative)
    this.#grow(this.#positive)
    this.#grow(this.#negative)
    if (this.#bounds.length === 0) this.#zero += random.below(3)
    this.#sum += random.below(1_000) / 7
    const histogram = new NativeHistogram()
    histogram.isFloat = this.#isFloat
    if (event === 4) {
      writeStaleAt(histogram.sumHalves, 0)
      return histogram
    }
    this.#fill(histogram)
    if (event === 5) histogram.sum[0] = Number.NaN
    return histogram
  }

  #changeLayout(): void {
    const random = this.#random
    const isCustom = random.below(4) === 0
    this.#schema = isCustom ? -53 : random.below(13) - 4
    this.#threshold = isCustom ? 0 : ([0, 2 ** -128, 0.001][random.below(3)] ?? 0)
    this.#bounds = isCustom ? Array.from({ length: 12 }, (_, index) => index * 1.5 - 3) : []
    this.#reset()
    this.#positive.clear()
    this.#negative.clear()
  }

  #reset(): void {
    this.#zero = 0
    for (const side of [this.#positive, this.#negative]) {
      for (const place of side.keys()) side.set(place, 0)
    }
  }

  #addBucket(side: Side): void {
    const random = this.#random
    const place = this.#bounds.length > 0 ? random.below(12) : random.below(30) - 10
    if (!side.has(place)) side.set(place, random.below(4))
  }

  #grow(side: Side): void {
    const random = this.#random
    for (const [place, count] of side) {
      if (this.#isGauge) side.set(place, random.below(50))
      else if (random.below(3) === 0) side.set(place, count + random.below(20))
    }
  }

  #fill(histogram: NativeHistogram): void {
    const scale = this.#isFloat ? 0.37 : 1
    if (this.#isGauge) histogram.hint = resetHint.gauge
    histogram.schema = this.#schema
    histogram.zeroThreshold = this.#threshold
    histogram.customBounds = Float64Array.from(this.#bounds)
    histogram.customBoundCount = this.#bounds.length
    const [positive, negative] = [sorted(this.#positive), sorted(this.#negative)]
    const positiveSpans = spansOf(positive)
    const negativeSpans = spansOf(negative)
    histogram.setPositiveSpans(positiveSpans, positiveSpans.length / 2)
    histogram.setNegativeSpans(negativeSpans, negativeSpans.length / 2)
    histogram.positiveBucketCount = positive.length
    histogram.negativeBucketCount = negative.length
    histogram.reserveBuckets(positive.length, negative.length)
    histogram.zeroCount = this.#zero * scale
    let count = this.#zero
    positive.forEach(([, bucket], index) => {
      histogram.positiveBuckets[index] = bucket * scale
      count += bucket
    })
    negative.forEach(([, bucket], index) => {
      histogram.negativeBuckets[index] = bucket * scale
      count += bucket
    })
    histogram.count = count * scale
    histogram.sum[0] = this.#sum
  }
}

function sorted(side: Side): readonly (readonly [place: number, count: number])[] {
  return [...side].sort(([a], [b]) => a - b)
}

function spansOf(side: readonly (readonly [place: number, count: number])[]): Int32Array {
  const spans: number[] = []
  let next = 0
  for (const [place] of side) {
    if (spans.length === 0 || place !== next) spans.push(place - next, 1)
    else spans[spans.length - 1] = (spans.at(-1) ?? 0) + 1
    next = place + 1
  }
  return Int32Array.from(spans)
}
