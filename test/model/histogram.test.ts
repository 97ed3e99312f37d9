import { describe, expect, it } from 'vitest'
import { NativeHistogram } from '../../src/model/histogram.ts'
import { compactHistogram } from '../../src/model/histogram-compaction.ts'
import { equalHistograms } from '../../src/model/histogram-equality.ts'
import { faultOfHistogram } from '../../src/model/histogram-validity.ts'
import { reduceResolution } from '../../src/model/resolution-fold.ts'
import { halvesOf, writeStaleAt } from '../../src/model/stale-nan.ts'
import { factsOf } from '../tsdb/chunk/chunk-reading.ts'
import { histogramSeries } from '../tsdb/chunk/chunk-series.ts'

interface Parts {
  readonly isFloat?: boolean
  readonly schema?: number
  readonly count?: number
  readonly zeroCount?: number
  readonly zeroThreshold?: number
  readonly sum?: number
  readonly spans?: readonly number[]
  readonly buckets?: readonly number[]
  readonly negativeSpans?: readonly number[]
  readonly negativeBuckets?: readonly number[]
  readonly bounds?: readonly number[]
}

function histogramOf(parts: Parts): NativeHistogram {
  const histogram = new NativeHistogram()
  histogram.isFloat = parts.isFloat ?? false
  histogram.schema = parts.schema ?? 0
  histogram.count = parts.count ?? 0
  histogram.zeroCount = parts.zeroCount ?? 0
  histogram.zeroThreshold = parts.zeroThreshold ?? 0
  histogram.sum[0] = parts.sum ?? 0
  const [spans, negativeSpans] = [parts.spans ?? [], parts.negativeSpans ?? []]
  histogram.setPositiveSpans(Int32Array.from(spans), spans.length / 2)
  histogram.setNegativeSpans(Int32Array.from(negativeSpans), negativeSpans.length / 2)
  const [buckets, negativeBuckets] = [parts.buckets ?? [], parts.negativeBuckets ?? []]
  histogram.reserveBuckets(buckets.length, negativeBuckets.length)
  histogram.positiveBuckets.set(buckets)
  histogram.negativeBuckets.set(negativeBuckets)
  histogram.positiveBucketCount = buckets.length
  histogram.negativeBucketCount = negativeBuckets.length
  histogram.customBounds = Float64Array.from(parts.bounds ?? [])
  histogram.customBoundCount = parts.bounds?.length ?? 0
  return histogram
}

const good: Parts = {
  count: 16,
  zeroCount: 2,
  zeroThreshold: 0.001,
  sum: 7.5,
  spans: [-2, 2, 3, 1],
  buckets: [1, 2, 3],
  negativeSpans: [0, 1, 0, 0, 5, 1],
  negativeBuckets: [0, 8],
}
const custom: Parts = {
  schema: -53,
  count: 6,
  sum: 2,
  spans: [0, 2, 1, 1],
  buckets: [1, 2, 3],
  bounds: [0.5, 1, 2],
}

const invalidSchema =
  'histogram has an invalid schema, which must be between -4 and 8 for exponential buckets, or -53 for custom buckets, got schema'
const negativeBucket = 'histogram has a bucket whose observation count is negative'

function countDiffers(count: number): string {
  return `16 observations found in buckets, but the Count field is ${count}: histogram's observation count should equal the number of observations found in the buckets (in absence of NaN)`
}

describe('a histogram that somebody sent', () => {
  it.each<[string, Parts]>([
    ['with buckets on both sides', good],
    ['with custom buckets up to +Inf', custom],
    ['that is empty', {}],
    ['that observed NaN, in no bucket', { ...good, sum: Number.NaN, count: 17 }],
    ['of floats, whose buckets need not add up', { ...good, isFloat: true, count: 0.5 }],
  ])('is stored: %s', (_, parts) => {
    expect(faultOfHistogram(histogramOf(parts))).toBeUndefined()
  })

  it('is stored when it is stale', () => {
    const stale = histogramOf({})
    writeStaleAt(halvesOf(stale.sum), 0)
    expect(stale.isStale).toBe(true)
    expect(faultOfHistogram(stale)).toBeUndefined()
  })

  it.each<[string, string, Parts]>([
    ['schema', `${invalidSchema} 9`, { ...good, schema: 9 }],
    ['schema', `${invalidSchema} -5`, { ...good, schema: -5 }],
    [
      'span-offset',
      'positive side: span number 2 with offset -1: histogram has a span whose offset is negative',
      { ...good, spans: [0, 2, -1, 1] },
    ],
    [
      'span-buckets',
      'negative side: spans need 3 buckets, have 2 buckets: histogram spans specify different number of buckets than provided',
      { ...good, negativeSpans: [0, 3] },
    ],
    [
      'bucket-negative',
      `positive side: bucket number 2 has observation count of -2: ${negativeBucket}`,
      { ...good, buckets: [1, -2, 3] },
    ],
    [
      'bucket-negative',
      `negative side: bucket number 1 has observation count of -1: ${negativeBucket}`,
      { ...good, negativeBuckets: [-1, 9] },
    ],
    [
      'bucket-negative',
      `zero bucket has observation count of -1: ${negativeBucket}`,
      { ...good, isFloat: true, zeroCount: -1 },
    ],
    [
      'count-negative',
      "observation count is  -0.5: histogram's observation count is negative",
      { ...good, isFloat: true, count: -0.5 },
    ],
    ['count-differs', countDiffers(15), { ...good, count: 15 }],
    [
      'count-too-small',
      "16 observations found in buckets, but the Count field is 15: histogram's observation count should be at least the number of observations found in the buckets",
      { ...good, count: 15, sum: Number.NaN },
    ],
    ['count-differs', countDiffers(17), { ...good, count: 17 }],
    [
      'exponential-bounds',
      'histogram with exponential schema must not have custom bounds',
      { ...good, bounds: [1] },
    ],
    [
      'bounds-order',
      'custom buckets: previous bound is 0.500000 and current is 0.500000: histogram custom bounds must be in strictly increasing order',
      { ...custom, bounds: [0.5, 0.5, 2] },
    ],
    [
      'bounds-infinite',
      'custom buckets: last +Inf bound must not be explicitly defined: histogram custom bounds must be finite',
      { ...custom, bounds: [0.5, 1, Infinity] },
    ],
    [
      'bounds-nan',
      'custom buckets: histogram custom bounds must not be NaN',
      { ...custom, bounds: [Number.NaN, 1, 2] },
    ],
    [
      'bounds-too-few',
      'custom buckets: only 2 custom bounds defined which is insufficient to cover total span length of 4: histogram custom bounds are too few',
      { ...custom, bounds: [0.5, 1] },
    ],
    [
      'span-offset',
      'custom buckets: span number 1 with offset -1: histogram has a span whose offset is negative',
      { ...custom, spans: [-1, 2, 1, 1] },
    ],
    [
      'span-buckets',
      'custom buckets: spans need 2 buckets, have 3 buckets: histogram spans specify different number of buckets than provided',
      { ...custom, spans: [0, 2] },
    ],
    [
      'custom-zero-bucket',
      'custom buckets: must have zero count of 0',
      { ...custom, zeroCount: 1 },
    ],
    [
      'custom-negative-buckets',
      'custom buckets: must not have negative spans',
      { ...custom, negativeSpans: [0, 1], negativeBuckets: [1] },
    ],
  ])('is refused: %s: %s', (code, message, parts) => {
    expect(faultOfHistogram(histogramOf(parts))).toEqual({ code, message })
  })
})

describe('two histograms', () => {
  it('are equal when they are the same data, whatever their empty spans and hints', () => {
    const other = histogramOf({ ...good, negativeSpans: [0, 1, 2, 0, 3, 1, 4, 0] })
    other.hint = 1
    expect(equalHistograms(histogramOf(good), other)).toBe(true)
    const copy = new NativeHistogram()
    copy.copyFrom(histogramOf(custom))
    expect(equalHistograms(histogramOf(custom), copy)).toBe(true)
  })

  it.each<[string, Parts]>([
    ['the kind', { ...good, isFloat: true }],
    ['the schema', { ...good, schema: 1 }],
    ['the zero threshold', { ...good, zeroThreshold: 0.01 }],
    ['the sum', { ...good, sum: 7 }],
    ['the count', { ...good, count: 17 }],
    ['the zero count', { ...good, zeroCount: 3 }],
    ['a bucket', { ...good, buckets: [1, 2, 4] }],
    ['the place of a bucket', { ...good, spans: [-2, 2, 4, 1] }],
    ['a bucket more', { ...good, spans: [-2, 2, 3, 2], buckets: [1, 2, 3, 0] }],
    ['the cut of the spans', { ...good, spans: [-2, 1, 0, 1, 3, 1] }],
    ['the custom bounds', custom],
  ])('differ by %s', (what, parts) => {
    const one = what === 'the custom bounds' ? { ...custom, bounds: [0.5, 1, 3] } : good
    expect(equalHistograms(histogramOf(one), histogramOf(parts))).toBe(false)
  })

  it('of floats differ by the bits alone', () => {
    const float = { ...good, isFloat: true }
    const zero = histogramOf({ ...float, buckets: [0, 2, Number.NaN] })
    expect(equalHistograms(zero, histogramOf({ ...float, buckets: [0, 2, Number.NaN] }))).toBe(true)
    expect(equalHistograms(zero, histogramOf({ ...float, buckets: [-0, 2, Number.NaN] }))).toBe(
      false,
    )
    expect(equalHistograms(histogramOf(float), histogramOf({ ...float, sum: Number.NaN }))).toBe(
      false,
    )
  })
})

describe('a compacted histogram', () => {
  it('has the same counts, no empty bucket, and the fewest spans', () => {
    for (const isFloat of [false, true]) {
      for (const { histogram } of [1, 2, 3, 4].flatMap((seed) => histogramSeries(seed, isFloat))) {
        const facts = factsOf(0, 0, histogram)
        compactHistogram(histogram)
        expect(factsOf(0, 0, histogram)).toEqual(facts)
        const buckets = histogram.positiveBuckets.subarray(0, histogram.positiveBucketCount)
        expect(buckets.includes(0)).toBe(false)
        for (let span = 0; span < histogram.positiveSpanCount; span++) {
          const [offset, length] = histogram.positiveSpans.subarray(span * 2, span * 2 + 2)
          expect(length).toBeGreaterThan(0)
          if (span > 0) expect(offset).toBeGreaterThan(0)
        }
      }
    }
  })

  it('may have no bucket left', () => {
    const histogram = histogramOf({ spans: [3, 2, 4, 0], buckets: [0, 0] })
    compactHistogram(histogram)
    expect([histogram.positiveSpanCount, histogram.positiveBucketCount]).toEqual([0, 0])
  })
})

describe('a histogram of reduced resolution', () => {
  it('has neighbours together, as in Prometheus 3.14', () => {
    const histogram = histogramOf({
      isFloat: true,
      schema: 9,
      spans: [-3, 5, 3, 2, 40, 3],
      buckets: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
      negativeSpans: [1, 4],
      negativeBuckets: [100, 101, 102, 103],
      zeroThreshold: 0.25,
    })
    reduceResolution(histogram, 8)
    const wanted = histogramOf({
      isFloat: true,
      schema: 8,
      spans: [-1, 3, 1, 1, 20, 2],
      buckets: [1, 5, 4, 11, 15, 9],
      negativeSpans: [1, 2],
      negativeBuckets: [201, 205],
      zeroThreshold: 0.25,
    })
    expect(equalHistograms(histogram, wanted)).toBe(true)
  })
})
