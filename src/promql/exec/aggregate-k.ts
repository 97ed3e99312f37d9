import { NarthexError } from '../../base/errors.ts'
import type { Looks } from '../../base/looks.ts'
import { goG } from '../../model/float-text.ts'
import type { AggregateNode } from '../plan/node.ts'
import { type Groups, groupSeries, ignoreHistograms } from './aggregate.ts'
import type { Evaluation } from './evaluation.ts'
import { copyCell } from './histogram-cells.ts'
import { LabelSets } from './label-sets.ts'
import { HeldMatrix, MatrixReader } from './matrix.ts'
import type { Operator, SeriesTable } from './operator.ts'
import { patternDefeatingSort } from './pattern-defeating-sort.ts'
import { scalarRow } from './scalar-row.ts'
import { isPresent, type StepBatch, setPresent, type TimeAxis } from './step-batch.ts'

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
    const choosesAny = counts.some((count) => count >= 1)
    if (this.node.op !== 'limitk' && choosesAny) {
      await ignoreHistograms(evaluation, this.node.op, held, this.node.span)
    }
    const groups = await groupSeries(evaluation, this.node, table)
    const chosen = await this.#choose(held, groups, counts)
    held.release()
    this.#reader = new MatrixReader(evaluation, chosen)
    return chosen.table
  }

  async next(): Promise<StepBatch | undefined> {
    return this.#reader?.next()
  }

  async #choose(held: HeldMatrix, groups: Groups, counts: Float64Array): Promise<HeldMatrix> {
    const { looks } = this.evaluation
    const best = new BestOf(held, this.node.op, looks)
    const members = await membersOf(groups, looks)
    if (held.steps === 1) return this.#chooseOrdered(held, members, best, counts[0] ?? 0)
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

  async #chooseOrdered(
    held: HeldMatrix,
    members: readonly Int32Array[],
    best: BestOf,
    k: number,
  ): Promise<HeldMatrix> {
    const order: number[] = []
    const { looks } = this.evaluation
    for (const series of members) {
      const over = looks.turn()
      if (over !== undefined) await over
      const count = await best.choose(series, 0, k)
      await best.sort(count)
      for (let place = 0; place < count; place++) {
        const over = looks.turn()
        if (over !== undefined) await over
        order.push(best.chosen[place] ?? 0)
      }
    }
    return reordered(this.evaluation, held, order)
  }
}

/** The series of each group, in input order. */
export async function membersOf(groups: Groups, looks: Looks): Promise<readonly Int32Array[]> {
  const sizes = new Int32Array(groups.table.count)
  for (const group of groups.of) {
    const over = looks.turn()
    if (over !== undefined) await over
    sizes[group] = (sizes[group] ?? 0) + 1
  }
  const members: Int32Array[] = []
  for (const size of sizes) {
    const over = looks.turn()
    if (over !== undefined) await over
    members.push(new Int32Array(size))
  }
  sizes.fill(0)
  for (let series = 0; series < groups.of.length; series++) {
    const over = looks.turn()
    if (over !== undefined) await over
    const group = groups.of[series] ?? 0
    const place = sizes[group] ?? 0
    const list = members[group]
    if (list !== undefined) list[place] = series
    sizes[group] = place + 1
  }
  return members
}

/** A matrix of one step with only the series `order`, in that order. */
export async function reordered(
  evaluation: Evaluation,
  held: HeldMatrix,
  order: ArrayLike<number>,
): Promise<HeldMatrix> {
  const sets = new LabelSets()
  const { labels } = held.table
  const { looks } = evaluation
  const nameDropped = new Uint8Array(order.length)
  for (let place = 0; place < order.length; place++) {
    const over = looks.turn()
    if (over !== undefined) await over
    const series = order[place] ?? 0
    sets.append(labels.labelIds, labels.offsets[series] ?? 0, labels.offsets[series + 1] ?? 0)
    nameDropped[place] = held.table.nameDropped[series] ?? 0
  }
  const table = { count: order.length, labels: sets.columns(), nameDropped }
  const result = new HeldMatrix(evaluation, table, held.steps)
  for (let place = 0; place < order.length; place++) {
    const over = looks.turn()
    if (over !== undefined) await over
    result.hold(copyCell(held, order[place] ?? 0, 0, result, place, 0))
  }
  return result
}

/**
 * The k best of some series at one step, in a heap whose root is the worst that was kept: by the very
 * moves of upstream's, so that of equal values the same series are kept, in the same order.
 */
class BestOf {
  chosen = new Int32Array(64)
  readonly #isWorse: (left: number, right: number) => boolean
  /** Else the first that come are kept, as the heap has them. */
  readonly #isChoosy: boolean
  #step = 0

  constructor(
    readonly held: HeldMatrix,
    op: AggregateNode['op'],
    readonly looks: Looks,
  ) {
    this.#isWorse = worseFor(op)
    this.#isChoosy = op !== 'limitk'
  }

  /** Fills `chosen` and answers how many there are. */
  async choose(series: Int32Array, step: number, k: number): Promise<number> {
    const size = Math.min(Math.trunc(k), series.length)
    if (!(size >= 1)) return 0
    if (this.chosen.length < size) this.chosen = new Int32Array(size * 2)
    this.#step = step
    const { held, chosen, looks } = this
    let count = 0
    for (const candidate of series) {
      const over = looks.turn()
      if (over !== undefined) await over
      if (!isPresent(held.present, candidate * held.words, step)) continue
      if (count < size) {
        chosen[count] = candidate
        this.#rise(count)
        count++
        continue
      }
      if (!this.#isChoosy) break
      const value = this.#value(candidate)
      if (isNotANumber(value) || !this.#isWorse(this.#value(chosen[0] ?? 0), value)) continue
      chosen[0] = candidate
      this.#sink(count)
    }
    return count
  }

  /** Best first; equals as upstream has them. */
  async sort(count: number): Promise<void> {
    if (!this.#isChoosy) return
    const { looks } = this
    const goesBefore = (left: number, right: number) => {
      looks.item()
      return this.#isWorse(this.#value(right), this.#value(left))
    }
    await patternDefeatingSort(this.chosen.subarray(0, count), goesBefore, looks)
  }

  #value(series: number): number {
    return this.held.values[series * this.held.steps + this.#step] ?? 0
  }

  /** To the root, as one that is worse. */
  #goesBeforeAt(left: number, right: number): boolean {
    this.looks.item()
    const [one = 0, other = 0] = [this.chosen[left], this.chosen[right]]
    return this.#isWorse(this.#value(one), this.#value(other))
  }

  #rise(from: number): void {
    let place = from
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (!this.#goesBeforeAt(place, parent)) return
      swap(this.chosen, place, parent)
      place = parent
    }
  }

  #sink(count: number): void {
    let place = 0
    for (;;) {
      const left = 2 * place + 1
      if (left >= count) return
      const isRight = left + 1 < count && this.#goesBeforeAt(left + 1, left)
      const child = isRight ? left + 1 : left
      if (!this.#goesBeforeAt(child, place)) return
      swap(this.chosen, place, child)
      place = child
    }
  }
}

/** A NaN is worse than anything, another NaN too: upstream's heaps take it for that. */
function worseFor(op: AggregateNode['op']): (left: number, right: number) => boolean {
  if (op === 'bottomk') return (left, right) => isNotANumber(left) || left > right
  return (left, right) => isNotANumber(left) || left < right
}

const { isNaN: isNotANumber } = Number

function swap(list: Int32Array, left: number, right: number): void {
  const moved = list[left] ?? 0
  list[left] = list[right] ?? 0
  list[right] = moved
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
