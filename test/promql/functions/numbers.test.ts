import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Buckets, bucketQuantile } from '../../../src/promql/functions/bucket-quantile.ts'
import { dateFunctions } from '../../../src/promql/functions/date.ts'
import { KahanSum, RunningMean } from '../../../src/promql/functions/kahan.ts'
import { quantileOf } from '../../../src/promql/functions/quantile.ts'

describe('sums and means', () => {
  it('small terms survive large ones that cancel', () => {
    const sum = new KahanSum()
    for (const value of [1, 1e100, 1, -1e100]) sum.add(value)
    expect(sum.total).toBe(2)
  })

  it('a mean exists where the sum overflows', () => {
    const mean = new RunningMean()
    for (const value of [9.988465674311579e307, 9.98846567431158e307]) mean.add(value)
    expect(mean.mean).toBe(9.98846567431158e307)
  })
})

describe('quantiles', () => {
  it('NaN sorts below everything, and a q outside 0 to 1 is infinite', () => {
    const values = Float64Array.of(3, Number.NaN, 1)
    expect(quantileOf(1, values, 3)).toBe(3)
    expect(quantileOf(0.5, values, 3)).toBe(1)
    expect(quantileOf(-1, values, 3)).toBe(Number.NEGATIVE_INFINITY)
    expect(quantileOf(2, values, 3)).toBe(Number.POSITIVE_INFINITY)
  })

  it('buckets in any order answer the same quantile', () => {
    const given: readonly (readonly [number, number])[] = [
      [0.1, 2],
      [1, 5],
      [5, 9],
      [Number.POSITIVE_INFINITY, 10],
    ]
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...given], { minLength: 4 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (shuffled, q) => {
          const [inOrder, mixed] = [given, shuffled].map((list) => {
            const buckets = new Buckets()
            for (const [bound, count] of list) buckets.add(bound, count)
            return bucketQuantile(q, buckets)
          })
          expect(mixed).toBe(inOrder)
        },
      ),
      { seed: 20_251 },
    )
  })

  it('counts that fall are flattened, and what was changed is told', () => {
    const buckets = new Buckets()
    for (const [bound, count] of [
      [1, 5],
      [2, 3],
      [4, 8],
      [Number.POSITIVE_INFINITY, 7],
    ] as const) {
      buckets.add(bound, count)
    }
    expect(buckets.forceMonotonic()).toEqual({
      minBucket: 2,
      maxBucket: Number.POSITIVE_INFINITY,
      maxDifference: 2,
    })
    expect([...buckets.counts.subarray(0, 4)]).toEqual([5, 5, 8, 8])
  })
})

describe('dates', () => {
  it('agree with the calendar of JavaScript wherever that has one', () => {
    fc.assert(
      fc.property(fc.integer({ min: -8.64e12, max: 8.64e12 }), (seconds) => {
        const date = new Date(seconds * 1000)
        const of = (name: string) => dateFunctions.get(name)?.(seconds)
        expect(of('year')).toBe(date.getUTCFullYear())
        expect(of('month')).toBe(date.getUTCMonth() + 1)
        expect(of('day_of_month')).toBe(date.getUTCDate())
        expect(of('day_of_week')).toBe(date.getUTCDay())
        expect(of('hour')).toBe(date.getUTCHours())
        expect(of('minute')).toBe(date.getUTCMinutes())
        const next = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)
        if (date.getUTCFullYear() >= 100 && Number.isFinite(next)) {
          expect(of('days_in_month')).toBe(new Date(next).getUTCDate())
        }
      }),
      { seed: 20_251, numRuns: 1000 },
    )
  })

  it.each([
    [Number.POSITIVE_INFINITY, [292_277_026_596, 12, 4, 339, 0, 31, 15, 30]],
    [Number.NaN, [292_277_026_596, 12, 4, 339, 0, 31, 15, 30]],
    [2 ** 63 - 1024, [292_277_026_596, 12, 4, 339, 0, 31, 15, 13]],
    [1024 - 2 ** 63, [292_277_026_596, 12, 4, 339, 0, 31, 15, 47]],
    [-9_223_372_030_000_000_000, [292_277_026_814, 2, 23, 54, 0, 28, 7, 53]],
    [-9_223_372_028_741_760_000, [-292_277_022_400, 3, 1, 61, 3, 31, 0, 0]],
    [123_456_789_012_345_680, [3_912_191_873, 11, 26, 330, 3, 30, 5, 21]],
    [-86_400, [1969, 12, 31, 365, 3, 31, 0, 0]],
  ])('of %d seconds are those of Prometheus 3.5', (seconds, expected) => {
    const names = 'year month day_of_month day_of_year day_of_week days_in_month hour minute'
    const found = names.split(' ').map((name) => dateFunctions.get(name)?.(seconds))
    expect(found).toEqual(expected)
  })
})
