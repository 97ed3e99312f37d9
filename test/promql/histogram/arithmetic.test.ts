import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { NativeHistogram } from '../../../src/model/histogram.ts'
import { resetHint } from '../../../src/model/histogram.ts'
import { compactHistogram } from '../../../src/model/histogram-compaction.ts'
import {
  addHistogram,
  combined,
  divideHistogram,
  multiplyHistogram,
  subtractHistogram,
} from '../../../src/promql/histogram/arithmetic.ts'
import { HistogramFraction } from '../../../src/promql/histogram/fraction.ts'
import { HistogramMean } from '../../../src/promql/histogram/histogram-sum.ts'
import { meanOf, varianceOf } from '../../../src/promql/histogram/moments.ts'
import { HistogramQuantile } from '../../../src/promql/histogram/quantile.ts'
import { detectReset } from '../../../src/promql/histogram/reset.ts'
import { factsOf, floatHistogram, type HistogramParts } from './histogram-notation.ts'

const { unknown, reset, notReset, gauge } = resetHint

/** Spans and whole counts of one side. */
const side = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.array(fc.nat(50), { minLength: 1 })), {
    maxLength: 4,
  })
  .map((spans) => ({
    spans: spans.flatMap(([gap, counts], index) => [index === 0 ? gap - 6 : gap, counts.length]),
    buckets: spans.flatMap(([, counts]) => counts),
  }))

/** Exponential buckets whose counts add up. */
const exponential = fc
  .tuple(side, side, fc.integer({ min: -2, max: 4 }), fc.nat(9), fc.integer())
  .map(([positive, negative, schema, zeroCount, sum]) =>
    floatHistogram({
      schema,
      zeroThreshold: 2 ** -40,
      zeroCount,
      sum,
      ...positive,
      negativeSpans: negative.spans,
      negativeBuckets: negative.buckets,
      count: [...positive.buckets, ...negative.buckets].reduce((a, b) => a + b, zeroCount),
    }),
  )

function copyOf(histogram: NativeHistogram): NativeHistogram {
  const copy = floatHistogram({})
  copy.copyFrom(histogram)
  return copy
}

function compacted(histogram: NativeHistogram) {
  compactHistogram(histogram)
  return factsOf(histogram)
}

describe('arithmetic of native histograms', () => {
  it('takes away what was added, whichever schema it had', () => {
    fc.assert(
      fc.property(exponential, exponential, (one, other) => {
        const sum = copyOf(one)
        addHistogram(sum, other)
        subtractHistogram(sum, other)
        const nothing = floatHistogram({ schema: other.schema, zeroThreshold: 2 ** -40 })
        const expected = copyOf(one)
        addHistogram(expected, nothing)
        expect(compacted(sum)).toEqual(compacted(expected))
      }),
    )
  })

  it('leaves the other one as it was', () => {
    fc.assert(
      fc.property(exponential, exponential, (one, other) => {
        const before = factsOf(other)
        addHistogram(copyOf(one), other)
        detectReset(one, other)
        expect(factsOf(other)).toEqual(before)
      }),
    )
  })

  it('sees no reset in a histogram that grew', () => {
    fc.assert(
      fc.property(exponential, exponential, (one, growth) => {
        const grown = copyOf(one)
        addHistogram(grown, growth)
        expect(detectReset(grown, one)).toBe(false)
        grown.count--
        expect(detectReset(grown, one)).toBe(growth.count === 0)
      }),
    )
  })

  const custom: HistogramParts = {
    schema: -53,
    count: 6,
    sum: 2,
    spans: [0, 4],
    buckets: [1, 2, 3, 0],
    bounds: [1, 2, 4],
  }

  it('computes nothing of exponential and custom buckets', () => {
    const target = floatHistogram({ count: 1, hint: reset })
    const before = factsOf(target)
    expect(addHistogram(target, floatHistogram(custom))).toBe(combined.incompatible)
    expect(subtractHistogram(target, floatHistogram(custom))).toBe(combined.incompatible)
    expect(factsOf(target)).toEqual(before)
  })

  it('keeps only the custom bounds that both have, and says so', () => {
    const target = floatHistogram(custom)
    const other = floatHistogram({ ...custom, bounds: [1, 4, 5], buckets: [4, 5, 6, 7], count: 22 })
    expect(addHistogram(target, other)).toBe(combined.boundsReconciled)
    expect(factsOf(target)).toMatchObject({ bounds: [1, 4], buckets: [5, 10, 13], count: 28 })
  })

  it.each([
    [unknown, reset, unknown, 0],
    [reset, unknown, unknown, 0],
    [reset, reset, reset, 0],
    [reset, notReset, unknown, combined.hintsConflict],
    [notReset, reset, unknown, combined.hintsConflict],
    [gauge, reset, gauge, 0],
    [notReset, gauge, gauge, 0],
  ])('knows of hints %i and %i that the sum is %i', (before, added, hint, told) => {
    const target = floatHistogram({ hint: before })
    expect(addHistogram(target, floatHistogram({ hint: added }))).toBe(told)
    expect(target.hint).toBe(hint)
  })

  const parts: HistogramParts = {
    hint: notReset,
    zeroCount: 1,
    count: 6,
    sum: 10,
    spans: [0, 2],
    buckets: [2, 3],
  }

  it('scales all but the layout, and makes a gauge of what turns negative', () => {
    const histogram = floatHistogram(parts)
    multiplyHistogram(histogram, 3)
    expect(histogram.hint).toBe(notReset)
    divideHistogram(histogram, -2)
    expect(factsOf(histogram)).toEqual(
      factsOf(
        floatHistogram({
          ...parts,
          hint: gauge,
          zeroCount: -1.5,
          count: -9,
          sum: -15,
          buckets: [-3, -4.5],
        }),
      ),
    )
  })

  it('leaves no buckets of a division by zero', () => {
    const histogram = floatHistogram(parts)
    divideHistogram(histogram, 0)
    const expected = { hint: notReset, zeroCount: Infinity, count: Infinity, sum: Infinity }
    expect(factsOf(histogram)).toEqual(factsOf(floatHistogram(expected)))
  })

  it('takes the mean of sums that overflow', () => {
    const huge = floatHistogram({ ...parts, sum: 1.5e308, count: 1.2e308, buckets: [1e308, 2e307] })
    const mean = new HistogramMean()
    mean.begin(huge)
    for (let index = 0; index < 3; index++) expect(mean.add(huge)).toBe(0)
    mean.finish()
    const { sum, count, positiveBuckets } = mean.total
    const shares = [1.5e308, 1.2e308, 1e308, 2e307]
    ;[sum[0], count, ...positiveBuckets.subarray(0, 2)].forEach((found, index) => {
      expect((found ?? 0) / (shares[index] ?? 0)).toBeCloseTo(1, 14)
    })
  })

  it('takes the mean of what cancels out', () => {
    const mean = new HistogramMean()
    mean.begin(floatHistogram({ ...parts, sum: 1 }))
    mean.add(floatHistogram({ ...parts, sum: 1e100 }))
    mean.add(floatHistogram({ ...parts, sum: 1 }))
    mean.add(floatHistogram({ ...parts, sum: -1e100 }))
    mean.finish()
    expect(factsOf(mean.total)).toEqual(factsOf(floatHistogram({ ...parts, sum: 0.5 })))
  })
})

describe('estimates of native histograms', () => {
  const quantile = new HistogramQuantile()
  const fraction = new HistogramFraction()

  it('rise with the quantile', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(exponential, share, share, (histogram, one, other) => {
        fc.pre(histogram.count > 0)
        const [lower, upper] = [Math.min(one, other), Math.max(one, other)]
        const low = quantile.of(lower, histogram)
        const high = quantile.of(upper, histogram)
        expect(low).toBeLessThanOrEqual(high + 1e-9 * Math.abs(high))
      }),
    )
  })

  it('find the quantile again as a fraction', () => {
    const share = fc.double({ min: 0.01, max: 0.99, noNaN: true })
    fc.assert(
      fc.property(exponential, share, (histogram, q) => {
        fc.pre(histogram.count > 0)
        const value = quantile.of(q, histogram)
        // A zero bucket of both sides is around zero, and its values are too close together.
        fc.pre(Math.abs(value) > 2 ** -39)
        const found = fraction.of(Number.NEGATIVE_INFINITY, value, histogram)
        expect(Math.abs(found - q)).toBeLessThan(1e-6)
      }),
    )
  })

  it('take observations to stand in the middle of their buckets', () => {
    const exponentialOne = { count: 4, sum: 8, spans: [1, 2], buckets: [2, 2] }
    const histogram = floatHistogram(exponentialOne)
    expect(meanOf(histogram)).toBe(2)
    const [low, high] = [Math.sqrt(2) - 2, Math.sqrt(8) - 2]
    expect(varianceOf(histogram)).toBeCloseTo((2 * low * low + 2 * high * high) / 4, 12)
    const bounds = [1, 2, 4]
    expect(varianceOf(floatHistogram({ ...exponentialOne, schema: -53, bounds }))).toBe(
      (2 * 0.25 + 2 * 1) / 4,
    )
  })
})
