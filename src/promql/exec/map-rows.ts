import { Lazy } from '../../base/lazy.ts'
import { NativeHistogram } from '../../model/histogram.ts'
import type { Evaluation } from './evaluation.ts'
import { dropHistograms, hasHistograms, putFloat, putHistogram } from './histogram-cells.ts'
import type { CellResult } from './histogram-pairs.ts'
import { TableMemo, tableItself } from './memos.ts'
import type { Operator, SeriesTable } from './operator.ts'
import { scalarRow } from './scalar-row.ts'
import { clearPresent, isPresent, type StepBatch, type TimeAxis, wordsFor } from './step-batch.ts'
import { withoutNames } from './window-call.ts'

/** Changes the floats of a row in place; `params` are the scalar arguments, a value for each step. */
export type RowChange = (batch: StepBatch, row: number, params: readonly Float64Array[]) => void

/** What is made of the histograms of a row; without one of these they are dropped. */
export interface HistogramChange {
  /** The result after 'float', and after 'histogram'. */
  readonly value: number
  readonly histogram: NativeHistogram
  change(histogram: NativeHistogram, step: number, params: readonly Float64Array[]): CellResult
  /** Called when all rows are changed. */
  finish(): void
}

/** With the name go the labels of type and unit, but for functions of native histograms. */
export type NameChange = 'kept' | 'dropped' | 'name-dropped'

/**
 * Changes values row by row and leaves the series as they are but for their names: functions of
 * one vector, negation, and operators between a vector and a scalar.
 */
export class MapRows implements Operator {
  #params: readonly Float64Array[] = []
  readonly #given = new Lazy(() => new NativeHistogram())
  readonly #memo: TableMemo
  /** The histograms of the row at hand: where they are, and their places. */
  #bits = noBits
  #places = noPlaces

  constructor(
    readonly evaluation: Evaluation,
    readonly axis: TimeAxis,
    readonly child: Operator,
    readonly params: readonly Operator[],
    readonly names: NameChange,
    readonly change: RowChange,
    readonly histogramChange?: HistogramChange,
  ) {
    this.#memo = evaluation.memos.take(TableMemo)
  }

  async series(): Promise<SeriesTable> {
    const rows: Float64Array[] = []
    for (const param of this.params) rows.push(await scalarRow(param, this.axis.steps))
    this.#params = rows
    const table = await this.child.series()
    if (this.names === 'kept') return table
    const { evaluation, names } = this
    const cut = () => withoutNames(table, evaluation, names === 'name-dropped')
    return this.#memo.of([table], evaluation.symbols, cut, tableItself)
  }

  async next(): Promise<StepBatch | undefined> {
    const batch = await this.child.next()
    if (batch === undefined) {
      this.histogramChange?.finish()
      return undefined
    }
    for (let row = 0; row < batch.rows; row++) {
      if (hasHistograms(batch, row)) this.#changeMixed(batch, row)
      else this.change(batch, row, this.#params)
    }
    await this.evaluation.control.checkpoint()
    return batch
  }

  /** The floats as if there were nothing else, then the histograms. */
  #changeMixed(batch: StepBatch, row: number): void {
    const { histogramChange } = this
    if (histogramChange === undefined) {
      dropHistograms(batch, row)
      this.change(batch, row, this.#params)
      return
    }
    if (this.#places.length === 0) {
      this.#bits = new Int32Array(wordsFor(this.axis.steps))
      this.#places = new Float64Array(this.axis.steps)
    }
    const from = row * batch.words
    this.#bits.set(batch.histograms.bits.subarray(from, from + batch.words))
    for (let word = 0; word < batch.words; word++) {
      this.#bits[word] = (this.#bits[word] ?? 0) & (batch.present[from + word] ?? 0)
    }
    this.#places.set(batch.values.subarray(row * batch.steps, (row + 1) * batch.steps))
    dropHistograms(batch, row)
    this.change(batch, row, this.#params)
    for (let step = 0; step < batch.steps; step++) {
      if (!isPresent(this.#bits, 0, step)) continue
      batch.histograms.load(this.#places[step] ?? 0, this.#given.value)
      const result = histogramChange.change(this.#given.value, step, this.#params)
      if (result === 'float') putFloat(batch, row, step, histogramChange.value)
      else if (result === 'histogram') putHistogram(batch, row, step, histogramChange.histogram)
    }
  }
}

const noBits = new Int32Array(0)
const noPlaces = new Float64Array(0)

/** Histogram cells that become a float each. */
export function floatOf(
  compute: (histogram: NativeHistogram, step: number) => number,
): HistogramChange {
  const made = {
    value: 0,
    histogram: new NativeHistogram(),
    change(histogram: NativeHistogram, step: number): CellResult {
      made.value = compute(histogram, step)
      return 'float'
    },
    finish(): void {},
  }
  return made
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
