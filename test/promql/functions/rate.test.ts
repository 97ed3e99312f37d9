import fc from 'fast-check'
import { expect, it } from 'vitest'
import { extrapolationFactor } from '../../../src/promql/functions/extrapolation.ts'
import { extrapolated } from '../../../src/promql/functions/rate.ts'

const steps = 40
const [stepMs, rangeMs] = [30_000, 100_000]

/** Mostly at regular times: what a window has in common with the one before is not computed anew. */
const gapMs = fc.oneof(
  { weight: 9, arbitrary: fc.constant(15_000) },
  fc.integer({ min: 1, max: 90_000 }),
)
const growth = fc.oneof(
  { weight: 9, arbitrary: fc.double({ min: 0, max: 50, noNaN: true }) },
  fc.constant(-1),
)

it('each window is extrapolated as if it were the only one, bit for bit', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(gapMs, growth), { minLength: 2, maxLength: 90 }),
      fc.boolean(),
      fc.boolean(),
      (samples, isCounter, isRate) => {
        const timestampsMs = new Float64Array(samples.length)
        const values = new Float64Array(samples.length)
        let [timeMs, value] = [0, 0]
        for (const [index, [gap, more]] of samples.entries()) {
          timeMs += gap
          value = more < 0 ? 0 : value + more
          timestampsMs[index] = timeMs
          values[index] = value
        }
        const input = { timestampsMs, values, ...windowsOf(timestampsMs) }
        const row = rowOf()
        extrapolated(isCounter, isRate)(input, row)
        expect([...row.values]).toEqual(
          Array.from(input.low, (low, step) => {
            const endMs = step * stepMs
            return alone(
              timestampsMs,
              values,
              low,
              (input.high[step] ?? 0) - 1,
              endMs,
              isCounter,
              isRate,
            )
          }),
        )
      },
    ),
    { seed: 40_771, numRuns: 200 },
  )
})

function windowsOf(timestampsMs: Float64Array) {
  const behind = (timeMs: number) => timestampsMs.filter((each) => each <= timeMs).length
  const ends = Int32Array.from({ length: steps }, (_, step) => step * stepMs)
  return {
    low: ends.map((endMs) => behind(endMs - rangeMs)),
    high: ends.map(behind),
    steps,
    count: timestampsMs.length,
    ...{ endMs: 0, endStepMs: stepMs, rangeMs, beforeMs: 0, afterMs: 0, timeMs: 0 },
    ...{ timeStepMs: stepMs, params: [] },
  }
}

/** NaN where there is no answer. */
function rowOf() {
  const values = new Float64Array(steps).fill(Number.NaN)
  return { values, valueOffset: 0, present: new Int32Array(2), presentOffset: 0 }
}

function alone(
  timestampsMs: Float64Array,
  values: Float64Array,
  first: number,
  last: number,
  endMs: number,
  isCounter: boolean,
  isRate: boolean,
): number {
  if (last <= first) return Number.NaN
  const at = (column: Float64Array, index: number) => column[index] ?? 0
  let result = at(values, last) - at(values, first)
  for (let index = first + 1; isCounter && index <= last; index++) {
    if (at(values, index) < at(values, index - 1)) result += at(values, index - 1)
  }
  const grows = isCounter && result > 0 && at(values, first) >= 0
  const factor = extrapolationFactor(
    at(timestampsMs, first),
    at(timestampsMs, last),
    last - first + 1,
    endMs - rangeMs,
    endMs,
    grows ? at(values, first) / result : Number.POSITIVE_INFINITY,
  )
  return result * (isRate ? factor / (rangeMs / 1000) : factor)
}
