import { floatText } from '../../model/float-text.ts'
import { NativeHistogram } from '../../model/histogram.ts'
import { histogramText } from '../../model/histogram-text.ts'
import type { AggregateNode } from '../plan/node.ts'
import type { Evaluation } from './evaluation.ts'
import { isHistogram, loadHistogram } from './histogram-cells.ts'
import { LabelEditor } from './label-editor.ts'
import { LabelSetIndex } from './label-sets.ts'
import { HeldMatrix, MatrixReader } from './matrix.ts'
import type { Operator, SeriesTable } from './operator.ts'
import { isPresent, type StepBatch, setPresent, type TimeAxis } from './step-batch.ts'

/**
 * count_values("label", v): a series for each distinct value of a group, counting how many had it,
 * histograms by their text (row Q4.5). What series there are depends on the samples, so it reads them all at once.
 */
export class CountValues implements Operator {
  readonly #scratch = new NativeHistogram()
  #reader: MatrixReader | undefined

  constructor(
    readonly evaluation: Evaluation,
    readonly node: AggregateNode,
    readonly label: string,
    readonly child: Operator,
    readonly axis: TimeAxis,
  ) {}

  async series(): Promise<SeriesTable> {
    const { evaluation } = this
    const input = await this.child.series()
    const index = new LabelSetIndex()
    const counts: Float64Array[] = []
    for (;;) {
      const batch = await this.child.next()
      if (batch === undefined) break
      for (let row = 0; row < batch.rows; row++) this.#count(input, batch, row, index, counts)
      await evaluation.control.checkpoint()
    }
    evaluation.budget.release(counts.length * this.axis.steps)
    const matrix = await this.#matrix(index, counts)
    this.#reader = new MatrixReader(evaluation, matrix)
    return matrix.table
  }

  async next(): Promise<StepBatch | undefined> {
    return this.#reader?.next()
  }

  #count(
    input: SeriesTable,
    batch: StepBatch,
    row: number,
    index: LabelSetIndex,
    counts: Float64Array[],
  ): void {
    const seriesOf = new Map<number | string, number>()
    for (let step = 0; step < batch.steps; step++) {
      if (!isPresent(batch.present, row * batch.words, step)) continue
      const value = this.#valueAt(batch, row, step)
      let series = seriesOf.get(value)
      if (series === undefined) {
        series = this.#seriesFor(input, batch.first + row, value, index)
        seriesOf.set(value, series)
      }
      let column = counts[series]
      if (column === undefined) {
        this.evaluation.budget.add(this.axis.steps)
        column = new Float64Array(this.axis.steps)
        counts[series] = column
      }
      column[step] = (column[step] ?? 0) + 1
    }
  }

  #valueAt(batch: StepBatch, row: number, step: number): number | string {
    if (!isHistogram(batch, row, step)) return batch.values[row * batch.steps + step] ?? 0
    loadHistogram(batch, row, step, this.#scratch)
    return histogramText(this.#scratch)
  }

  #seriesFor(
    input: SeriesTable,
    series: number,
    value: number | string,
    index: LabelSetIndex,
  ): number {
    const { symbols } = this.evaluation
    const { grouping, without } = this.node
    const label = symbols.intern(this.label)
    const names = new Set(grouping.map((name) => symbols.intern(name)))
    const editor = new LabelEditor(symbols)
    editor
      .load(input.labels, series)
      .set(label, typeof value === 'string' ? value : floatText(value))
    if (without) editor.drop(names.add(symbols.intern('__name__')))
    else editor.keep(names.add(label))
    return editor.addTo(index)
  }

  async #matrix(index: LabelSetIndex, counts: readonly Float64Array[]): Promise<HeldMatrix> {
    const count = index.sets.count
    const table = { count, labels: index.sets.columns(), nameDropped: new Uint8Array(count) }
    const matrix = new HeldMatrix(this.evaluation, table, this.axis.steps)
    for (const [series, column] of counts.entries()) {
      const over = this.evaluation.looks.turn()
      if (over !== undefined) await over
      matrix.values.set(column, series * matrix.steps)
      for (let step = 0; step < matrix.steps; step++) {
        if (column[step] !== 0) setPresent(matrix.present, series * matrix.words, step)
      }
    }
    matrix.hold(counts.length * matrix.steps)
    return matrix
  }
}
