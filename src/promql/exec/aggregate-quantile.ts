import { quantileOf } from '../functions/quantile.ts'
import { invalidQuantile } from '../functions/range-annotations.ts'
import type { AggregateNode } from '../plan/node.ts'
import { type Groups, groupSeries, ignoreHistograms } from './aggregate.ts'
import { membersOf } from './aggregate-k.ts'
import type { Evaluation } from './evaluation.ts'
import { GroupNames } from './group-names.ts'
import { HeldMatrix, MatrixReader } from './matrix.ts'
import type { Operator, SeriesTable } from './operator.ts'
import { reorderedTable } from './reordered.ts'
import { scalarRow } from './scalar-row.ts'
import { isPresent, type StepBatch, setPresent, type TimeAxis } from './step-batch.ts'

/** quantile(q, v): of each group at each step the interpolated quantile (row Q4.4). */
export class AggregateQuantile implements Operator {
  #reader: MatrixReader | undefined

  constructor(
    readonly evaluation: Evaluation,
    readonly node: AggregateNode,
    readonly param: Operator,
    readonly child: Operator,
    readonly axis: TimeAxis,
  ) {}

  async series(): Promise<SeriesTable> {
    const { evaluation, axis, node } = this
    const shares = await scalarRow(this.param, axis.steps)
    warnInvalid(evaluation, shares, node)
    const table = await this.child.series()
    const held = await HeldMatrix.from(evaluation, this.child, table, axis.steps)
    const groups = await groupSeries(evaluation, node, table)
    // Series of histograms alone have a say in the order of groups.
    const { lists: members, order } = await membersOf(groups, held, evaluation.looks)
    await ignoreHistograms(evaluation, 'quantile', held, node.childSpan)
    const named = await tableOf(groups, held)
    const ordered = order && (await reorderedTable(named, order, evaluation.looks))
    const result = new HeldMatrix(evaluation, ordered ?? named, axis.steps)
    for (let group = 0; group < members.length; group++) {
      await fillGroup(held, members[group] ?? new Int32Array(0), shares, result, group)
      await evaluation.control.checkpoint()
    }
    held.release()
    this.#reader = new MatrixReader(evaluation, result)
    return result.table
  }

  async next(): Promise<StepBatch | undefined> {
    return this.#reader?.next()
  }
}

async function tableOf(groups: Groups, held: HeldMatrix): Promise<SeriesTable> {
  if (!groups.isMixed) return groups.table
  const names = new GroupNames(groups.of, groups.table.count, held.table.nameDropped)
  for (let series = 0; series < held.table.count; series++) {
    const over = held.evaluation.looks.turn()
    if (over !== undefined) await over
    names.add(series, held.present, series * held.words, held.words)
  }
  return { ...groups.table, nameDropped: names.dropped }
}

async function fillGroup(
  held: HeldMatrix,
  series: Int32Array,
  shares: Float64Array,
  result: HeldMatrix,
  group: number,
): Promise<void> {
  const { looks } = held.evaluation
  const scratch = new Float64Array(series.length)
  for (let step = 0; step < held.steps; step++) {
    let count = 0
    for (const member of series) {
      const over = looks.turn()
      if (over !== undefined) await over
      if (!isPresent(held.present, member * held.words, step)) continue
      scratch[count++] = held.values[member * held.steps + step] ?? 0
    }
    if (count === 0) continue
    setPresent(result.present, group * result.words, step)
    result.values[group * result.steps + step] = quantileOf(shares[step] ?? 0, scratch, count)
  }
}

/** Upstream tells the greatest and the least of those outside 0 to 1. */
function warnInvalid(evaluation: Evaluation, shares: Float64Array, node: AggregateNode): void {
  let least = Number.POSITIVE_INFINITY
  let most = Number.NEGATIVE_INFINITY
  let anyNaN = false
  for (const share of shares) {
    if (Number.isNaN(share)) anyNaN = true
    least = Math.min(least, share)
    most = Math.max(most, share)
  }
  const invalid = [anyNaN ? [Number.NaN] : [], most > 1 ? [most] : [], least < 0 ? [least] : []]
  for (const share of invalid.flat()) {
    evaluation.annotations.warn(invalidQuantile(share), node.paramSpan ?? node.span)
  }
}
