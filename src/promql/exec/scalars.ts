import type { Evaluation } from './evaluation.ts'
import { dropHistograms } from './histogram-cells.ts'
import { OneRow } from './one-row.ts'
import type { Operator } from './operator.ts'
import { scalarRow } from './scalar-row.ts'
import { isPresent, type StepBatch, type TimeAxis } from './step-batch.ts'

/** A scalar computed step by step from other scalars. */
export function scalarFrom(
  evaluation: Evaluation,
  axis: TimeAxis,
  args: readonly Operator[],
  compute: (...args: number[]) => number,
): Operator {
  return new OneRow(evaluation, axis, async (row) => {
    const rows: Float64Array[] = []
    for (const arg of args) rows.push(await scalarRow(arg, axis.steps))
    for (let step = 0; step < axis.steps; step++) {
      row[step] = compute(...rows.map((values) => values[step] ?? 0))
    }
  })
}

/** scalar(v): the value where exactly one series is present, else NaN (row Q7.8). */
export function scalarOfVector(evaluation: Evaluation, axis: TimeAxis, vector: Operator): Operator {
  return new OneRow(evaluation, axis, async (row) => {
    const seen = new Uint8Array(axis.steps)
    row.fill(Number.NaN)
    await vector.series()
    for (;;) {
      const batch = await vector.next()
      if (batch === undefined) return
      for (let series = 0; series < batch.rows; series++) {
        dropHistograms(batch, series)
        addRow(batch, series, seen, row)
      }
    }
  })
}

function addRow(batch: StepBatch, row: number, seen: Uint8Array, into: Float64Array): void {
  for (let step = 0; step < batch.steps; step++) {
    if (!isPresent(batch.present, row * batch.words, step)) continue
    const first = seen[step] === 0
    into[step] = first ? (batch.values[row * batch.steps + step] ?? 0) : Number.NaN
    seen[step] = 1
  }
}
