import type { Evaluation } from './evaluation.ts'
import { dropHistograms } from './histogram-cells.ts'
import { noLabels } from './number-row.ts'
import type { Operator, SeriesTable } from './operator.ts'
import { scalarRow } from './scalar-row.ts'
import { isPresent, StepBatch, setAllPresent, type TimeAxis } from './step-batch.ts'

/** Answers one row, computed when it is asked for: every scalar, and vector(scalar). */
export class OneRow implements Operator {
  #answered = false

  constructor(
    readonly evaluation: Evaluation,
    readonly axis: TimeAxis,
    /** Fills the row's values; all steps are present. */
    readonly fill: (row: Float64Array) => Promise<void> | void,
  ) {}

  async series(): Promise<SeriesTable> {
    return noLabels()
  }

  async next(): Promise<StepBatch | undefined> {
    if (this.#answered) return undefined
    this.#answered = true
    this.evaluation.budget.check(this.axis.steps)
    const batch = new StepBatch(this.axis.steps, 1)
    batch.reset(0, 1)
    setAllPresent(batch.present, 0, this.axis.steps)
    await this.fill(batch.values)
    return batch
  }
}

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
