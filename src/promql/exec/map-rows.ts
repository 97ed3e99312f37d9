import type { Evaluation } from './evaluation.ts'
import { dropHistograms } from './histogram-cells.ts'
import type { Operator, SeriesTable } from './operator.ts'
import { scalarRow } from './scalar-row.ts'
import { clearPresent, isPresent, type StepBatch, type TimeAxis } from './step-batch.ts'
import { withoutNames } from './window-call.ts'

/** Changes a row in place; `params` are the scalar arguments, a value for each step. */
export type RowChange = (batch: StepBatch, row: number, params: readonly Float64Array[]) => void

/**
 * Changes values row by row and leaves the series as they are but for their names: functions of
 * one vector, negation, and operators between a vector and a scalar.
 */
export class MapRows implements Operator {
  #params: readonly Float64Array[] = []

  constructor(
    readonly evaluation: Evaluation,
    readonly axis: TimeAxis,
    readonly child: Operator,
    readonly params: readonly Operator[],
    readonly dropsName: boolean,
    readonly change: RowChange,
  ) {}

  async series(): Promise<SeriesTable> {
    const rows: Float64Array[] = []
    for (const param of this.params) rows.push(await scalarRow(param, this.axis.steps))
    this.#params = rows
    const table = await this.child.series()
    return this.dropsName ? withoutNames(table, this.evaluation) : table
  }

  async next(): Promise<StepBatch | undefined> {
    const batch = await this.child.next()
    if (batch === undefined) return undefined
    for (let row = 0; row < batch.rows; row++) {
      dropHistograms(batch, row)
      this.change(batch, row, this.#params)
    }
    await this.evaluation.control.checkpoint()
    return batch
  }
}

/** Every cell of the row, absent ones too: they are meaningless before and after. */
export function mapValues(compute: (value: number) => number): RowChange {
  return (batch, row) => {
    const end = (row + 1) * batch.steps
    for (let at = row * batch.steps; at < end; at++) {
      batch.values[at] = compute(batch.values[at] ?? 0)
    }
  }
}

/** The same with the first scalar argument of the step. */
export function mapWithScalar(compute: (value: number, scalar: number) => number): RowChange {
  return (batch, row, params) => {
    const scalars = params[0]
    const offset = row * batch.steps
    for (let step = 0; step < batch.steps; step++) {
      batch.values[offset + step] = compute(batch.values[offset + step] ?? 0, scalars?.[step] ?? 0)
    }
  }
}

/** Turns off the present cells of a row that `keeps` refuses. */
export function filterRow(
  batch: StepBatch,
  row: number,
  keeps: (value: number, step: number) => boolean,
): void {
  const offset = row * batch.steps
  const presentOffset = row * batch.words
  for (let step = 0; step < batch.steps; step++) {
    if (!isPresent(batch.present, presentOffset, step)) continue
    if (!keeps(batch.values[offset + step] ?? 0, step)) {
      clearPresent(batch.present, presentOffset, step)
    }
  }
}
