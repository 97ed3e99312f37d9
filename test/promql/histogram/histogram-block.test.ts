import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NativeHistogram, type ResetHint } from '../../../src/model/histogram.ts'
import { HistogramBlock } from '../../../src/promql/histogram/histogram-block.ts'
import { HistogramMean, HistogramSum } from '../../../src/promql/histogram/histogram-sum.ts'
import { HistogramTotals } from '../../../src/promql/histogram/histogram-totals.ts'
import { floatHistogram, type HistogramParts } from './histogram-notation.ts'

const count = fc.oneof(fc.constantFrom(0, 1, 0.5, 1e300), fc.integer({ min: 0, max: 1000 }))

const exponential = fc
  .record({
    hint: fc.constantFrom<ResetHint>(0, 1, 2, 3),
    schema: fc.integer({ min: -4, max: 8 }),
    zeroThreshold: fc.constantFrom(0, 0.001, 0.5),
    zeroCount: count,
    count,
    sum: fc.double({ noNaN: true }),
    offset: fc.integer({ min: -20, max: 20 }),
    gap: fc.integer({ min: 1, max: 5 }),
    buckets: fc.array(count, { minLength: 2, maxLength: 12 }),
    negativeBuckets: fc.array(count, { maxLength: 4 }),
  })
  .map(({ offset, gap, ...parts }) => ({
    ...parts,
    spans: [offset, 1, gap, parts.buckets.length - 1],
    negativeSpans: parts.negativeBuckets.length === 0 ? [] : [1, parts.negativeBuckets.length],
  }))

const custom = fc
  .record({ count, sum: fc.double({ noNaN: true }), buckets: fc.array(count, { minLength: 1 }) })
  .map((parts) => ({
    ...parts,
    schema: -53,
    spans: [0, parts.buckets.length],
    bounds: parts.buckets.map((_count, index) => index * 2.5),
  }))

const histogram: fc.Arbitrary<HistogramParts> = fc.oneof(
  { weight: 4, arbitrary: exponential },
  { weight: 1, arbitrary: custom },
)

function partsOf(found: NativeHistogram): HistogramParts {
  return {
    hint: found.hint,
    schema: found.schema,
    zeroThreshold: found.zeroThreshold,
    zeroCount: found.zeroCount,
    count: found.count,
    sum: found.sum[0] ?? 0,
    spans: [...found.positiveSpans.subarray(0, found.positiveSpanCount * 2)],
    buckets: [...found.positiveBuckets.subarray(0, found.positiveBucketCount)],
    negativeSpans: [...found.negativeSpans.subarray(0, found.negativeSpanCount * 2)],
    negativeBuckets: [...found.negativeBuckets.subarray(0, found.negativeBucketCount)],
    bounds: [...found.customBounds.subarray(0, found.customBoundCount)],
  }
}

function readAll(block: HistogramBlock, places: readonly number[]): readonly HistogramParts[] {
  const scratch = new NativeHistogram()
  return places.map((place) => {
    block.load(place, scratch)
    return partsOf(scratch)
  })
}

describe('a block of histograms', () => {
  it('gives back what was stored, whatever came after', () => {
    fc.assert(
      fc.property(fc.array(histogram, { maxLength: 12 }), (all) => {
        const block = new HistogramBlock()
        const places = all.map((parts) => block.store(floatHistogram(parts)))
        expect(readAll(block, places)).toEqual(all.map((parts) => partsOf(floatHistogram(parts))))
      }),
    )
  })

  it('gives over histograms to another block', () => {
    fc.assert(
      fc.property(fc.array(histogram, { maxLength: 12 }), (all) => {
        const from = new HistogramBlock()
        const to = new HistogramBlock()
        const places = all.map((parts) => to.copyFrom(from, from.store(floatHistogram(parts))))
        from.clear()
        expect(readAll(to, places)).toEqual(all.map((parts) => partsOf(floatHistogram(parts))))
      }),
    )
  })

  it('replaces one histogram and leaves the others', () => {
    fc.assert(
      fc.property(fc.array(histogram, { minLength: 2, maxLength: 8 }), histogram, (all, other) => {
        const block = new HistogramBlock()
        const places = all.map((parts) => block.store(floatHistogram(parts)))
        places[1] = block.replace(places[1] ?? 0, floatHistogram(other))
        const expected = all.map((parts, index) => (index === 1 ? other : parts))
        expect(readAll(block, places)).toEqual(
          expected.map((parts) => partsOf(floatHistogram(parts))),
        )
      }),
    )
  })

  it('shares the layout of neighbours with the same buckets', () => {
    const block = new HistogramBlock()
    const parts = { schema: 3, spans: [4, 3], buckets: [1, 2, 3], count: 6 }
    block.store(floatHistogram(parts))
    const first = block.size
    block.store(floatHistogram({ ...parts, buckets: [4, 5, 6], count: 15 }))
    expect(first).toBe(7 + 2 + 5 + 3)
    expect(block.size).toBe(first + 5 + 3)
  })

  it('counts a histogram as the samples that its bytes come to', () => {
    const block = new HistogramBlock()
    // 168 bytes, one span and three buckets of 8 each, and 8 of the time, by 16.
    const place = block.store(floatHistogram({ spans: [4, 3], buckets: [1, 2, 3] }))
    expect(block.samplesAt(place)).toBe(13)
  })
})

describe('totals of many cells', () => {
  it.each([
    ['sums', () => new HistogramSum()],
    ['means', () => new HistogramMean()],
  ])('%s added to in turns are those of each cell alone', (_name, create) => {
    const added = fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), exponential), { maxLength: 20 })
    fc.assert(
      fc.property(added, (all) => {
        const totals = new HistogramTotals(create(), 4)
        for (const [cell, parts] of all) totals.add(cell, floatHistogram(parts))
        for (let cell = 0; cell < 4; cell++) {
          const own = all.filter(([of]) => of === cell)
          expect(totals.has(cell)).toBe(own.length > 0)
          const [first, ...others] = own
          if (first === undefined) continue
          const alone = create()
          alone.begin(floatHistogram(first[1]))
          for (const [, parts] of others) alone.add(floatHistogram(parts))
          alone.finish()
          expect(partsOf(totals.finish(cell))).toEqual(partsOf(alone.total))
        }
      }),
    )
  })
})
