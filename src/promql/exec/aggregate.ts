import { HistogramMean, HistogramSum } from '../histogram/histogram-sum.ts'
import type { Span } from '../parse/ast.ts'
import type { AggregateNode } from '../plan/node.ts'
import { type Accumulator, accumulatorOf } from './accumulators.ts'
import type { Evaluation } from './evaluation.ts'
import { GroupNames } from './group-names.ts'
import { GroupOrder } from './group-order.ts'
import { type Cells, dropHistograms } from './histogram-cells.ts'
import { LabelEditor, labelValue } from './label-editor.ts'
import { LabelSetIndex } from './label-sets.ts'
import { Memo } from './memos.ts'
import { MixedTotals } from './mixed-totals.ts'
import type { Operator, SeriesTable } from './operator.ts'
import { reorderedTable } from './reordered.ts'
import type { StepBatch, TimeAxis } from './step-batch.ts'

/** Which group each series belongs to; groups carry the labels that the clause leaves. */
export interface Groups {
  readonly of: Int32Array
  readonly table: SeriesTable
  /** Whether names of series go in a group, and others stay. */
  readonly isMixed: boolean
}

export async function groupSeries(
  evaluation: Evaluation,
  node: AggregateNode,
  input: SeriesTable,
): Promise<Groups> {
  const { looks, symbols } = evaluation
  const names = new Set(node.grouping.map((name) => symbols.intern(name)))
  if (node.without) names.add(symbols.intern('__name__'))
  const editor = new LabelEditor(symbols)
  const index = new LabelSetIndex()
  if (!node.without && names.size === 0) return oneGroup(input, editor, index)
  const of = new Int32Array(input.count)
  const dropped: number[] = []
  let isMixed = false
  const { labels, nameDropped } = input
  await looks.inTurns(input.count, (from, to) => {
    for (let series = from; series < to; series++) {
      editor.load(labels, series)
      if (node.without) editor.drop(names)
      else editor.keep(names)
      const group = editor.addTo(index)
      of[series] = group
      const isDropped = nameDropped[series] ?? 0
      dropped[group] ??= isDropped
      isMixed ||= dropped[group] !== isDropped
    }
  })
  const count = index.sets.count
  const table = { count, labels: index.sets.columns(), nameDropped: Uint8Array.from(dropped) }
  return { of, table, isMixed }
}

/** Of labels that all go none is looked at. */
function oneGroup(
  { count: series, nameDropped }: SeriesTable,
  editor: LabelEditor,
  index: LabelSetIndex,
): Groups {
  if (series > 0) editor.clear().addTo(index)
  const dropped = nameDropped.slice(0, index.sets.count)
  const isMixed = nameDropped.includes(1 - (dropped[0] ?? 0))
  const table = { count: index.sets.count, labels: index.sets.columns(), nameDropped: dropped }
  return { of: new Int32Array(series), table, isMixed: series > 0 && isMixed }
}

class GroupsMemo extends Memo<Groups> {}

/** sum, avg, min, max, count, group, stddev, stdvar: adds rows to groups as batches come. */
export class Aggregate implements Operator {
  readonly #memo: GroupsMemo
  #input: SeriesTable | undefined
  #groups: Groups | undefined
  #accumulator: Accumulator | undefined
  /** By row of the answer its group, where they do not stand as they are. */
  #order: readonly number[] | undefined
  #rows = 0
  #batch: StepBatch | undefined
  #next = 0

  constructor(
    readonly evaluation: Evaluation,
    readonly node: AggregateNode,
    readonly child: Operator,
    readonly axis: TimeAxis,
  ) {
    this.#memo = evaluation.memos.take(GroupsMemo)
  }

  async series(): Promise<SeriesTable> {
    const input = await this.child.series()
    this.#input = input
    const groups = await this.#memo.of(
      [input],
      this.evaluation.symbols,
      () => groupSeries(this.evaluation, this.node, input),
      ({ table }) => table,
    )
    this.#groups = groups
    this.#rows = groups.table.count
    if (this.#rows < 2 && !groups.isMixed) return groups.table
    const names = groups.isMixed
      ? new GroupNames(groups.of, groups.table.count, input.nameDropped)
      : undefined
    const found = new GroupOrder(groups.table.count)
    this.#accumulator = await this.#accumulate(groups, found, names)
    const table = names ? { ...groups.table, nameDropped: names.dropped } : groups.table
    const { order } = found
    if (order === undefined) return table
    this.#order = order
    this.#rows = order.length
    return reorderedTable(table, order, this.evaluation.looks)
  }

  async next(): Promise<StepBatch | undefined> {
    const groups = this.#groups
    if (groups === undefined) return undefined
    this.#accumulator ??= await this.#accumulate(groups)
    const accumulator = this.#accumulator
    const left = this.#rows - this.#next
    if (left <= 0) {
      this.evaluation.budget.release(accumulator.cells)
      accumulator.cells = 0
      return undefined
    }
    this.#batch ??= this.evaluation.batch(this.axis, this.#rows)
    const batch = this.#batch
    batch.reset(this.#next, Math.min(batch.rowsMax, left))
    for (let row = 0; row < batch.rows; row++) {
      const place = this.#next + row
      accumulator.finish(this.#order?.[place] ?? place, batch, row)
    }
    this.#next += batch.rows
    await this.evaluation.control.checkpoint()
    return batch
  }

  async #accumulate(groups: Groups, found?: GroupOrder, names?: GroupNames): Promise<Accumulator> {
    const { evaluation, node, axis } = this
    const cells = groups.table.count * axis.steps
    evaluation.budget.add(cells)
    const accumulator = this.#accumulatorFor(groups)
    for (;;) {
      const batch = await this.child.next()
      if (batch === undefined) return accumulator
      // Series of histograms alone have a say in the order of groups.
      for (let row = 0; row < batch.rows; row++) {
        const group = groups.of[batch.first + row] ?? 0
        found?.add(group, batch.present, row * batch.words, batch.words)
      }
      if (floatsOnly.has(node.op))
        await ignoreHistograms(evaluation, node.op, batch, node.childSpan)
      for (let row = 0; row < batch.rows; row++) {
        const group = groups.of[batch.first + row] ?? 0
        accumulator.add(group, batch, row)
        names?.add(batch.first + row, batch.present, row * batch.words, batch.words)
      }
      await evaluation.control.checkpoint()
    }
  }

  #accumulatorFor(groups: Groups): Accumulator {
    const { evaluation, node, axis } = this
    const cells = groups.table.count * axis.steps
    const floats = accumulatorOf(node.op, groups.table.count, axis.steps)
    if (node.op !== 'sum' && node.op !== 'avg') return floats
    const total = () => (node.op === 'sum' ? new HistogramSum() : new HistogramMean())
    return new MixedTotals(
      evaluation,
      node.childSpan,
      floats,
      total,
      (series) => this.#metricOf(series),
      cells,
    )
  }

  #metricOf(series: number): string {
    const { symbols } = this.evaluation
    if (this.#input === undefined) return ''
    return labelValue(this.#input.labels, series, symbols.intern('__name__'), symbols)
  }
}

const floatsOnly: ReadonlySet<AggregateNode['op']> = new Set(['min', 'max', 'stddev', 'stdvar'])

/** Turns the histograms of a batch off, and tells so (row Q10.6). */
export async function ignoreHistograms(
  evaluation: Evaluation,
  op: AggregateNode['op'],
  cells: Cells & { readonly rows: number },
  span: Span,
): Promise<void> {
  let dropped = false
  for (let row = 0; row < cells.rows; row++) {
    const over = evaluation.looks.turn()
    if (over !== undefined) await over
    dropped = dropHistograms(cells, row) || dropped
  }
  if (dropped) evaluation.annotations.info(`ignored histogram in ${op} aggregation`, span)
}
