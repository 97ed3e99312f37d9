import type { Evaluation } from './evaluation.ts'
import type { Operator, SeriesTable } from './operator.ts'
import { StepBatch, setAllPresent, type TimeAxis } from './step-batch.ts'

/** A single series without labels. */
function noLabels(): SeriesTable {
  return {
    count: 1,
    labels: { offsets: new Uint32Array(2), labelIds: new Uint32Array(0) },
    nameDropped: new Uint8Array(1),
  }
}

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

/** A number literal: the same at all steps. Others read its value without asking for the row. */
export class NumberRow extends OneRow {
  constructor(
    evaluation: Evaluation,
    axis: TimeAxis,
    readonly value: number,
  ) {
    super(evaluation, axis, (row) => {
      row.fill(value)
    })
  }
}
