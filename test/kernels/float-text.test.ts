import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../bench/seeded-random.ts'
import { floatTextKernel, floatTextKernelReason } from '../../src/kernels/float-text.ts'
import { kernelPointsMax } from '../../src/kernels/float-text-kernel.ts'
import { halvesOf } from '../../src/model/stale-nan.ts'
import { JsonPieces } from '../../src/promql/encode/json-pieces.ts'
import { PointsWriter } from '../../src/promql/encode/series.ts'

const kernel = floatTextKernel
if (kernel === undefined) throw new Error(`no float text kernel: ${floatTextKernelReason}`)

/** The points as the kernel, or without it as the twin, writes them. */
function written(timesMs: Float64Array, values: Float64Array, withKernel: boolean): string {
  const out = new JsonPieces()
  const points = withKernel ? new PointsWriter(out) : new PointsWriter(out, null)
  points.begin()
  values.forEach((value, index) => {
    points.at(timesMs[index] ?? 0, value)
  })
  points.end()
  return Buffer.concat(out.finish()).toString()
}

function expectEqualTexts(values: Float64Array, timesMs = values.map((_, index) => index)): void {
  const [own, twin] = [written(timesMs, values, true), written(timesMs, values, false)]
  if (own === twin) return
  // Point by point only where they differ: a diff of megabytes helps nobody.
  values.forEach((_, at) => {
    const [time, value] = [timesMs.subarray(at, at + 1), values.subarray(at, at + 1)]
    expect(written(time, value, true)).toBe(written(time, value, false))
  })
  expect(own).toBe(twin)
}

describe('the float text kernel', () => {
  it('writes 200,000 floats of any bits as the twin does', () => {
    const random = seededRandom(20_271)
    const values = new Float64Array(200_000)
    const halves = halvesOf(values)
    for (let half = 0; half < halves.length; half++) halves[half] = random() * 2 ** 32
    expectEqualTexts(values)
  })

  it('writes 100,000 floats as rates, averages and counters have them as the twin does', () => {
    const random = seededRandom(20_272)
    expectEqualTexts(
      Float64Array.from({ length: 100_000 }, (_none, index) => {
        const share = random() * 10 ** (index % 17)
        if (index % 5 === 0) return Math.floor(share) / 300
        if (index % 5 === 1) return Math.round(share * 1e3) / 1e3
        if (index % 5 === 2) return -Math.round(share * 1e7) / 1e7
        return index % 5 === 3 ? Math.floor(share) : share / 3
      }),
    )
  })

  it('writes every power of two and of ten, and its neighbours, as the twin does', () => {
    const values: number[] = []
    for (let power = -1074; power <= 1023; power++) values.push(2 ** power)
    for (let power = -323; power <= 308; power++) values.push(Number(`1e${power}`))
    const all = Float64Array.from([...values, ...values, ...values])
    const low = halvesOf(all)
    for (let index = 0; index < values.length; index++) {
      const [below, above] = [(index + values.length) * 2, (index + values.length * 2) * 2]
      low[below] = (low[below] ?? 0) - 1
      low[above] = (low[above] ?? 0) + 1
    }
    expectEqualTexts(all)
  })

  it('writes what is no number, both zeros, and the ends of the plain form', () => {
    const values = Float64Array.of(0, -0, NaN, Infinity, -Infinity, 1e21, 1e-6, 1e-7)
    expect(written(new Float64Array(8), values, true)).toBe(
      '[0,"0"],[0,"-0"],[0,"NaN"],[0,"+Inf"],[0,"-Inf"],[0,"1e+21"],[0,"0.000001"],[0,"1e-07"]',
    )
    const more = [2 ** 53, 2 ** 53 - 1, 123_456_789e12, 999_999_999_999_999_900_000, 5e-324]
    expectEqualTexts(Float64Array.from([...more, 1.7976931348623157e308, 9.999999e-7, 4.35]))
  })

  it('writes times of either sign, with and without milliseconds, as the twin does', () => {
    const random = seededRandom(20_273)
    const timesMs = Float64Array.from({ length: 20_000 }, (_none, index) =>
      Math.round((random() - 0.5) * 10 ** (index % 17)),
    )
    expectEqualTexts(new Float64Array(20_000).fill(1), timesMs)
    const ends = Float64Array.of(Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, -1, 999, 1000)
    expectEqualTexts(new Float64Array(5), ends)
  })

  it('keeps the longest points of a whole call within its memory', () => {
    const timesMs = new Float64Array(kernelPointsMax).fill(Number.MIN_SAFE_INTEGER)
    const values = timesMs.map((_, index) => -1.2345678901234567e-308 * (1 + index * 1e-15))
    expectEqualTexts(values, timesMs)
  })
})
