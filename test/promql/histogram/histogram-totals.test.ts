import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NativeHistogram, resetHint } from '../../../src/model/histogram.ts'
import { HistogramBlock, noPlace } from '../../../src/promql/histogram/histogram-block.ts'
import { HistogramSum } from '../../../src/promql/histogram/histogram-sum.ts'
import { HistogramTotals } from '../../../src/promql/histogram/histogram-totals.ts'

const number = fc.double({ noNaN: true, min: -1e300, max: 1e300 })
const counts = fc.tuple(number, number, number, number)
/** Of the zero bucket that the lowest bucket ends in or not, and where the buckets begin. */
const layouts = fc.record({
  zeroThreshold: fc.constantFrom(0, 1e-3, 4),
  offset: fc.constantFrom(1, 2),
})

interface Given {
  readonly layout: { readonly zeroThreshold: number; readonly offset: number }
  readonly numbers: readonly [number, number, number, number]
  readonly isGauge: boolean
}

function histogramOf({ layout, numbers, isGauge }: Given): NativeHistogram {
  const histogram = new NativeHistogram()
  histogram.isFloat = true
  histogram.zeroThreshold = layout.zeroThreshold
  histogram.setPositiveSpans(Int32Array.of(layout.offset, 2), 1)
  histogram.positiveBucketCount = 2
  histogram.positiveBuckets.set([numbers[0], numbers[1]])
  histogram.zeroCount = numbers[2]
  histogram.count = numbers[3]
  histogram.sum[0] = numbers[3]
  histogram.hint = isGauge ? resetHint.gauge : resetHint.unknown
  return histogram
}

function seen(histogram: NativeHistogram): readonly unknown[] {
  const { positiveBucketCount: size, positiveSpanCount, zeroThreshold, zeroCount } = histogram
  const spans = [...histogram.positiveSpans.subarray(0, positiveSpanCount * 2)]
  const buckets = [...histogram.positiveBuckets.subarray(0, size)]
  return [
    zeroThreshold,
    zeroCount,
    histogram.count,
    histogram.sum[0],
    histogram.hint,
    spans,
    buckets,
  ]
}

describe('sums of histograms', () => {
  it('are the same bits, whether added from a block or as histograms', () => {
    const given = fc.record({ layout: layouts, numbers: counts, isGauge: fc.boolean() })
    fc.assert(
      fc.property(fc.array(given, { minLength: 1, maxLength: 8 }), (all) => {
        const block = new HistogramBlock()
        const [placed, loaded] = [1, 1].map(
          (cells) => new HistogramTotals(new HistogramSum(), cells),
        )
        const told = all.map((one) => {
          const histogram = histogramOf(one)
          const bits = placed?.addFrom(0, block, block.store(histogram))
          return [bits, loaded?.add(0, histogram)]
        })
        for (const [one, other] of told) expect(one).toBe(other)
        expect(placed && seen(placed.finish(0))).toEqual(loaded && seen(loaded.finish(0)))
      }),
    )
  })
})

describe('growth between two histograms of a block', () => {
  it('is a gauge of all differences, times the factor, in a block of its own', () => {
    const [from, into] = [new HistogramBlock(), new HistogramBlock()]
    const layout = { zeroThreshold: 0, offset: 1 }
    const first = from.store(histogramOf({ layout, numbers: [1, 2, 3, 6], isGauge: false }))
    const last = from.store(histogramOf({ layout, numbers: [2, 4, 6, 12], isGauge: false }))
    const place = into.storeGrowth(from, first, last)
    into.scale(place, 0.5)
    const result = new NativeHistogram()
    into.load(place, result)
    expect(seen(result)).toEqual([0, 1.5, 3, 3, resetHint.gauge, [1, 2], [0.5, 1]])
  })

  it('is left to who drops empty buckets, where one did not grow', () => {
    const [from, into] = [new HistogramBlock(), new HistogramBlock()]
    const layout = { zeroThreshold: 0, offset: 1 }
    const first = from.store(histogramOf({ layout, numbers: [1, 2, 0, 3], isGauge: false }))
    const last = from.store(histogramOf({ layout, numbers: [1, 4, 0, 5], isGauge: false }))
    expect(into.storeGrowth(from, first, last)).toBe(noPlace)
  })
})
