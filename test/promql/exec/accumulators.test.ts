import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../bench/seeded-random.ts'
import { accumulatorOf } from '../../../src/promql/exec/accumulators.ts'
import { StepBatch, setPresent } from '../../../src/promql/exec/step-batch.ts'

const steps = 70
const rows = 9
const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0, 1e308]

/** Random values; with `gap` there is one more step that no row has. */
function newBatch(seed: number, gap: boolean): StepBatch {
  const random = seededRandom(seed)
  const batch = new StepBatch(gap ? steps + 1 : steps, rows)
  batch.reset(0, rows)
  for (let row = 0; row < rows; row++) {
    for (let step = 0; step < steps; step++) {
      const value = random() < 0.2 ? odd[Math.floor(random() * odd.length)] : random() * 100 - 50
      batch.values[row * batch.steps + step] = value ?? 0
      setPresent(batch.present, row * batch.words, step)
    }
  }
  return batch
}

/** What two groups of the batch's rows come to, without the step of the gap. */
function totals(op: Parameters<typeof accumulatorOf>[0], batch: StepBatch): readonly number[] {
  const accumulator = accumulatorOf(op, 2, batch.steps)
  for (let row = 0; row < rows; row++) accumulator.add(row % 2, batch, row)
  const out = new StepBatch(batch.steps, 2)
  out.reset(0, 2)
  for (let group = 0; group < 2; group++) accumulator.finish(group, out, group)
  return [0, 1].flatMap((group) => {
    const from = group * batch.steps
    return [...out.values.subarray(from, from + steps)]
  })
}

describe('what rows of groups come to', () => {
  it.each(['sum', 'min', 'max', 'count', 'avg', 'group'] as const)(
    '%s is the same, bit by bit, whether rows have all steps or not',
    (op) => {
      for (let seed = 0; seed < 100; seed++) {
        expect(totals(op, newBatch(seed, false))).toEqual(totals(op, newBatch(seed, true)))
      }
    },
  )
})
