import type { Evaluation } from './evaluation.ts'
import type { Operator, SeriesTable } from './operator.ts'
import { StepBatch, setAllPresent, type TimeAxis } from './step-batch.ts'

/** A single series without labels. */
export function noLabels(): SeriesTable {
  return {
    count: 1,
    labels: { offsets: new Uint32Array(2), labelIds: new Uint32Array(0) },
    nameDropped: new Uint8Array(1),
  }
}

/** A number literal: one row, the same at all steps. */
export class NumberRow implements Operator {
  #answered = false

  constructor(
    readonly evaluation: Evaluation,
    readonly axis: TimeAxis,
    readonly value: number,
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
    batch.values.fill(this.value)
    return batch
  }
}
