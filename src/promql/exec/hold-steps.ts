import type { Evaluation } from './evaluation.ts'
import { copyCell, isHistogram, putPlace } from './histogram-cells.ts'
import type { Operator, SeriesTable } from './operator.ts'
import { isPresent, type StepBatch, setAllPresent, type TimeAxis } from './step-batch.ts'

/** Repeats what its child, on an axis of one step, answered (row Q12.4). */
export class HoldSteps implements Operator {
  #batch: StepBatch | undefined
  #one: StepBatch | undefined
  #done = 0
  #count = 1

  constructor(
    readonly evaluation: Evaluation,
    readonly child: Operator,
    readonly axis: TimeAxis,
  ) {}

  async series(): Promise<SeriesTable> {
    const table = await this.child.series()
    this.#count = table.count
    return table
  }

  async next(): Promise<StepBatch | undefined> {
    if (this.#one === undefined || this.#done === this.#one.rows) {
      this.#one = await this.child.next()
      this.#done = 0
    }
    const one = this.#one
    if (one === undefined) return undefined
    this.#batch ??= this.evaluation.batch(this.axis, this.#count)
    const batch = this.#batch
    batch.reset(one.first + this.#done, Math.min(batch.rowsMax, one.rows - this.#done))
    for (let row = 0; row < batch.rows; row++) {
      const from = this.#done + row
      if (!isPresent(one.present, from * one.words, 0)) continue
      if (isHistogram(one, from, 0)) {
        holdHistogram(one, from, batch, row)
        continue
      }
      setAllPresent(batch.present, row * batch.words, batch.steps)
      batch.values.fill(one.values[from] ?? 0, row * batch.steps, (row + 1) * batch.steps)
    }
    this.#done += batch.rows
    await this.evaluation.control.checkpoint()
    return batch
  }
}

/** The steps share one histogram: what stands in a block does not change. */
function holdHistogram(one: StepBatch, from: number, batch: StepBatch, row: number): void {
  copyCell(one, from, 0, batch, row, 0)
  const place = batch.values[row * batch.steps] ?? 0
  for (let step = 1; step < batch.steps; step++) putPlace(batch, row, step, place)
}
