import { NarthexError } from '../../base/errors.ts'
import type { Looks } from '../../base/looks.ts'
import type { Evaluation } from './evaluation.ts'
import { GroupOrder } from './group-order.ts'
import { copyCell } from './histogram-cells.ts'
import { LabelSetIndex } from './label-sets.ts'
import { HeldMatrix, MatrixReader } from './matrix.ts'
import { Memo } from './memos.ts'
import type { Operator, SeriesTable } from './operator.ts'
import { reordered } from './reordered.ts'
import { anyPresent, isPresent, type StepBatch, type TimeAxis } from './step-batch.ts'

/** By series the place of its label set; no index where they are unique already. */
interface Targets {
  readonly index: LabelSetIndex | undefined
  readonly target: Int32Array
}

class TargetsMemo extends Memo<Targets> {}

/**
 * Makes label sets unique after an operator that changed them. Where they are already (nearly
 * always), batches pass through; else series with equal labels become one, and two samples at one
 * step are upstream's error. Without `mergesSteps` equal labels are one even at different steps, as
 * for functions of range vectors.
 */
export class MergeDuplicates implements Operator {
  readonly #memo: TargetsMemo
  #merged: MatrixReader | undefined
  #unique = true

  constructor(
    readonly evaluation: Evaluation,
    readonly steps: number,
    readonly child: Operator,
    readonly mergesSteps: boolean,
  ) {
    this.#memo = evaluation.memos.take(TargetsMemo)
  }

  async series(): Promise<SeriesTable> {
    const table = await this.child.series()
    const { looks, symbols } = this.evaluation
    const { index, target } = await this.#memo.of(
      [table],
      symbols,
      () => targetsOf(table, looks),
      () => table,
    )
    this.#unique = index === undefined
    if (index === undefined) return table
    const held = await HeldMatrix.from(this.evaluation, this.child, table, this.steps)
    const merged = await this.#merge(held, target, index)
    held.release()
    this.#merged = new MatrixReader(this.evaluation, merged)
    return merged.table
  }

  async next(): Promise<StepBatch | undefined> {
    return this.#unique ? this.child.next() : this.#merged?.next()
  }

  async #merge(held: HeldMatrix, target: Int32Array, index: LabelSetIndex): Promise<HeldMatrix> {
    const count = index.sets.count
    const nameDropped = new Uint8Array(count)
    const table = { count, labels: index.sets.columns(), nameDropped }
    const merged = new HeldMatrix(this.evaluation, table, held.steps)
    const taken = new Uint8Array(count)
    const found = new GroupOrder(count)
    for (let series = 0; series < held.table.count; series++) {
      const over = this.evaluation.looks.turn()
      if (over !== undefined) await over
      if (!anyPresent(held.present, series * held.words, held.words)) continue
      const into = target[series] ?? 0
      if (taken[into] === 1 && !this.mergesSteps) throw sameLabelset()
      if (taken[into] === 0) nameDropped[into] = held.table.nameDropped[series] ?? 0
      taken[into] = 1
      found.add(into, held.present, series * held.words, held.words)
      mergeRow(held, series, merged, into)
    }
    // What is not there does not hold a place for what has its labels.
    const { order } = found
    if (order === undefined || held.steps > 1) return merged
    const inOrder = await reordered(this.evaluation, merged, order)
    merged.release()
    return inOrder
  }
}

async function targetsOf(table: SeriesTable, looks: Looks): Promise<Targets> {
  const index = new LabelSetIndex()
  const target = new Int32Array(table.count)
  const { offsets, labelIds } = table.labels
  await looks.inTurns(table.count, (from, to) => {
    for (let series = from; series < to; series++) {
      target[series] = index.add(labelIds, offsets[series] ?? 0, offsets[series + 1] ?? 0)
    }
  })
  const isUnique = index.sets.count === table.count
  return isUnique ? { index: undefined, target: noTargets } : { index, target }
}

const noTargets = new Int32Array(0)

function mergeRow(from: HeldMatrix, series: number, into: HeldMatrix, target: number): void {
  const { steps, words } = from
  let samples = 0
  for (let step = 0; step < steps; step++) {
    if (!isPresent(from.present, series * words, step)) continue
    if (isPresent(into.present, target * words, step)) throw sameLabelset()
    samples += copyCell(from, series, step, into, target, step)
  }
  into.hold(samples)
}

export function sameLabelset(): NarthexError {
  return new NarthexError('QUERY_EXECUTION', 'vector cannot contain metrics with the same labelset')
}

/** With names removed at once label sets may have become equal; with delayed removal not yet. */
export function unique(evaluation: Evaluation, axis: TimeAxis, operator: Operator): Operator {
  return evaluation.options.delayedNameRemoval ? operator : mergedAlways(evaluation, axis, operator)
}

export function mergedAlways(evaluation: Evaluation, axis: TimeAxis, operator: Operator): Operator {
  return new MergeDuplicates(evaluation, axis.steps, operator, true)
}
