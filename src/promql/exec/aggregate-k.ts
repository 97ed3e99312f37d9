import { NarthexError } from '../../base/errors.ts'
import type { Looks } from '../../base/looks.ts'
import { goG } from '../../model/float-text.ts'
import type { AggregateNode } from '../plan/node.ts'
import { type Groups, groupSeries, ignoreHistograms } from './aggregate.ts'
import { BestOf } from './best-of.ts'
import type { Evaluation } from './evaluation.ts'
import { GroupOrder } from './group-order.ts'
import { HeldMatrix, MatrixReader } from './matrix.ts'
import type { Operator, SeriesTable } from './operator.ts'
import { reordered } from './reordered.ts'
import { scalarRow } from './scalar-row.ts'
import { type StepBatch, setPresent, type TimeAxis } from './step-batch.ts'

/**
 * topk, bottomk and limitk (rows Q4.3, Q4.6): of each group at each step the k best series, with
 * their own labels. At one step they come group by group, best first; over many steps the series
 * stay where they are and lose the steps that were not chosen.
 */
export class AggregateK implements Operator {
  #reader: MatrixReader | undefined

  constructor(
    readonly evaluation: Evaluation,
    readonly node: AggregateNode,
    readonly param: Operator,
    readonly child: Operator,
    readonly axis: TimeAxis,
  ) {}

  async series(): Promise<SeriesTable> {
    const { evaluation, axis } = this
    const counts = await scalarRow(this.param, axis.steps)
    const table = await this.child.series()
    const held = await HeldMatrix.from(evaluation, this.child, table, axis.steps)
    checkCounts(counts)
    const groups = await groupSeries(evaluation, this.node, table)
    // Series of histograms alone have a say in the order of groups.
    const { lists } = await membersOf(groups, held, evaluation.looks)
    const choosesAny = counts.some((count) => count >= 1)
    if (this.node.op !== 'limitk' && choosesAny) {
      await ignoreHistograms(evaluation, this.node.op, held, this.node.span)
    }
    const chosen = await this.#choose(held, lists, counts)
    held.release()
    this.#reader = new MatrixReader(evaluation, chosen)
    return chosen.table
  }

  async next(): Promise<StepBatch | undefined> {
    return this.#reader?.next()
  }

  async #choose(
    held: HeldMatrix,
    members: readonly Int32Array[],
    counts: Float64Array,
  ): Promise<HeldMatrix> {
    const { looks } = this.evaluation
    const best = new BestOf(held, this.node.op, looks)
    if (held.steps === 1) {
      return chosenInOrder(this.evaluation, held, members, best, counts[0] ?? 0)
    }
    const chosen = new HeldMatrix(this.evaluation, held.table, held.steps)
    chosen.values = held.values
    chosen.histograms = held.histograms
    for (let step = 0; step < held.steps; step++) {
      for (const series of members) {
        const over = looks.turn()
        if (over !== undefined) await over
        const count = await best.choose(series, step, counts[step] ?? 0)
        for (let place = 0; place < count; place++) {
          const over = looks.turn()
          if (over !== undefined) await over
          setPresent(chosen.present, (best.chosen[place] ?? 0) * held.words, step)
        }
        chosen.hold(count)
      }
    }
    return chosen
  }
}

/** At one step: group by group, best first. */
export async function chosenInOrder(
  evaluation: Evaluation,
  held: HeldMatrix,
  members: readonly Int32Array[],
  best: BestOf,
  k: number,
): Promise<HeldMatrix> {
  const order: number[] = []
  for (const series of members) {
    const over = evaluation.looks.turn()
    if (over !== undefined) await over
    const count = await best.choose(series, 0, k)
    await best.sort(count)
    await evaluation.looks.inTurns(count, (from, to) => {
      for (let place = from; place < to; place++) order.push(best.chosen[place] ?? 0)
    })
  }
  return reordered(evaluation, held, order)
}

/** The series of each group, in input order; groups by the first of them that has a sample. */
export async function membersOf(
  groups: Groups,
  held: HeldMatrix,
  looks: Looks,
): Promise<GroupMembers> {
  const sizes = new Int32Array(groups.table.count)
  const found = new GroupOrder(groups.table.count)
  await looks.inTurns(groups.of.length, (from, to) => {
    for (let series = from; series < to; series++) {
      const group = groups.of[series] ?? 0
      sizes[group] = (sizes[group] ?? 0) + 1
      found.add(group, held.present, series * held.words, held.words)
    }
  })
  const lists: Int32Array[] = []
  await looks.inTurns(sizes.length, (from, to) => {
    for (let group = from; group < to; group++) lists.push(new Int32Array(sizes[group] ?? 0))
  })
  sizes.fill(0)
  await looks.inTurns(groups.of.length, (from, to) => {
    for (let series = from; series < to; series++) {
      const group = groups.of[series] ?? 0
      const place = sizes[group] ?? 0
      const list = lists[group]
      if (list !== undefined) list[place] = series
      sizes[group] = place + 1
    }
  })
  const { order } = found
  if (order === undefined) return { lists, order }
  return { lists: order.map((group) => lists[group] ?? new Int32Array(0)), order }
}

export interface GroupMembers {
  readonly lists: readonly Int32Array[]
  /** Of which group each list is, where they do not stand as they are. */
  readonly order: readonly number[] | undefined
}

function checkCounts(counts: Float64Array): void {
  if (counts.every((count) => count < 1)) return
  for (const count of counts) {
    if (Number.isNaN(count)) throw new NarthexError('QUERY_EXECUTION', 'Parameter value is NaN')
    if (count <= -(2 ** 63)) throw flows(count, 'underflows')
    if (count >= 2 ** 63) throw flows(count, 'overflows')
  }
}

function flows(count: number, how: string): NarthexError {
  return new NarthexError('QUERY_EXECUTION', `Scalar value ${goG(count)} ${how} int64`)
}
