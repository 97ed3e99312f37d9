import { cutFloat64, cutInt32 } from '../../base/cut-arrays.ts'
import type { Evaluation } from './evaluation.ts'
import { type Cells, copyHistograms, HistogramCells } from './histogram-cells.ts'
import type { Operator, SeriesTable } from './operator.ts'
import { countPresent, type StepBatch, wordsFor } from './step-batch.ts'

/**
 * All batches of an operator in one block, for those that must see everything. Its present samples
 * count in the budget until release().
 */
export class HeldMatrix implements Cells {
  readonly words: number
  values: Float64Array
  present: Int32Array
  histograms: HistogramCells
  #held = 0

  constructor(
    readonly evaluation: Evaluation,
    readonly table: SeriesTable,
    readonly steps: number,
  ) {
    this.words = wordsFor(steps)
    // Cells are 8 bytes each present or not; a block beyond the budget's bytes is refused.
    evaluation.budget.check(Math.ceil((table.count * steps) / cellsPerSample))
    this.values = cutFloat64(table.count * steps)
    this.present = cutInt32(table.count * this.words)
    this.histograms = new HistogramCells(this.present.length)
  }

  get rows(): number {
    return this.table.count
  }

  /** Pulls everything out of an operator whose series() gave `table`. */
  static async from(
    evaluation: Evaluation,
    operator: Operator,
    table: SeriesTable,
    steps: number,
  ): Promise<HeldMatrix> {
    const held = new HeldMatrix(evaluation, table, steps)
    for (;;) {
      const batch = await operator.next()
      if (batch === undefined) return held
      held.#take(batch)
      await evaluation.control.checkpoint()
    }
  }

  /** Copies rows from `first` on into a batch; answers false when there are none left. */
  emit(batch: StepBatch, first: number): boolean {
    const rows = Math.min(batch.rowsMax, this.table.count - first)
    if (rows <= 0) return false
    batch.first = first
    batch.rows = rows
    const { steps, words } = this
    batch.values.set(this.values.subarray(first * steps, (first + rows) * steps))
    batch.present.set(this.present.subarray(first * words, (first + rows) * words))
    batch.histograms.clear()
    copyHistograms(this, first, batch, 0, rows)
    return true
  }

  release(): void {
    this.evaluation.budget.release(this.#held)
    this.#held = 0
  }

  /** Counts the samples put in by hand. */
  hold(samples: number): void {
    this.evaluation.budget.add(samples)
    this.#held += samples
  }

  #take(batch: StepBatch): void {
    const { steps, words } = this
    this.values.set(batch.values.subarray(0, batch.rows * steps), batch.first * steps)
    this.present.set(batch.present.subarray(0, batch.rows * words), batch.first * words)
    const larger = copyHistograms(batch, 0, this, batch.first, batch.rows)
    this.hold(countPresent(batch.present, 0, batch.rows * words) + larger)
  }
}

/** A budget of 16 bytes a sample allows two cells of 8 bytes. */
const cellsPerSample = 2

/** Hands out a matrix that was computed as a whole. */
export class MatrixReader {
  #batch: StepBatch | undefined
  #next = 0

  constructor(
    readonly evaluation: Evaluation,
    readonly matrix: HeldMatrix,
  ) {}

  async next(): Promise<StepBatch | undefined> {
    const { steps } = this.matrix
    this.#batch ??= this.evaluation.batch({ startMs: 0, stepMs: 1, steps }, this.matrix.table.count)
    if (!this.matrix.emit(this.#batch, this.#next)) {
      this.matrix.release()
      return undefined
    }
    this.#next += this.#batch.rows
    await this.evaluation.control.checkpoint()
    return this.#batch
  }
}
