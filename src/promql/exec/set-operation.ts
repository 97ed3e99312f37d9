import type { VectorMatching } from '../parse/ast.ts'
import type { BinaryNode } from '../plan/node.ts'
import type { Evaluation } from './evaluation.ts'
import { Signatures } from './join-sides.ts'
import { LabelSets } from './label-sets.ts'
import { Memo } from './memos.ts'
import type { Operator, SeriesTable } from './operator.ts'
import { type StepBatch, type TimeAxis, wordsFor } from './step-batch.ts'

/** At which steps each match group is present on one side. */
class GroupPresence {
  readonly #words: number
  readonly #bits: Int32Array

  constructor(groups: number, steps: number) {
    this.#words = wordsFor(steps)
    this.#bits = new Int32Array(groups * this.#words)
  }

  add(group: number, batch: StepBatch, row: number): void {
    for (let word = 0; word < this.#words; word++) {
      const at = group * this.#words + word
      this.#bits[at] = (this.#bits[at] ?? 0) | (batch.present[row * batch.words + word] ?? 0)
    }
  }

  /** Keeps of the row only steps where the group is present, or only those where it is not. */
  mask(group: number, batch: StepBatch, row: number, keepsPresent: boolean): void {
    for (let word = 0; word < this.#words; word++) {
      const bits = this.#bits[group * this.#words + word] ?? 0
      const at = row * batch.words + word
      batch.present[at] = (batch.present[at] ?? 0) & (keepsPresent ? bits : ~bits)
    }
  }
}

/** By series its match group, and how many of those there are. */
interface MatchGroups {
  readonly left: Int32Array
  readonly right: Int32Array
  readonly count: number
}

class MatchGroupsMemo extends Memo<MatchGroups> {}

class UnionMemo extends Memo<MatchGroups & { readonly table: SeriesTable }> {}

async function groupsOf(
  evaluation: Evaluation,
  matching: VectorMatching,
  left: SeriesTable,
  right: SeriesTable,
): Promise<MatchGroups> {
  const signatures = new Signatures(evaluation, matching)
  const ofSides = { left: await signatures.of(left), right: await signatures.of(right) }
  return { ...ofSides, count: signatures.index.sets.count }
}

/** `and` and `unless` (row Q3.4): of the right side only presence is held, the left streams. */
export class MaskByRight implements Operator {
  readonly #memo: MatchGroupsMemo
  #signatures: Int32Array | undefined
  #presence: GroupPresence | undefined

  constructor(
    readonly evaluation: Evaluation,
    readonly node: BinaryNode,
    readonly matching: VectorMatching,
    readonly left: Operator,
    readonly right: Operator,
    readonly axis: TimeAxis,
  ) {
    this.#memo = evaluation.memos.take(MatchGroupsMemo)
  }

  async series(): Promise<SeriesTable> {
    const left = await this.left.series()
    const right = await this.right.series()
    const { evaluation, matching } = this
    const groups = await this.#memo.of(
      [left, right],
      evaluation.symbols,
      () => groupsOf(evaluation, matching, left, right),
      () => left,
    )
    this.#signatures = groups.left
    const rightSignatures = groups.right
    const presence = new GroupPresence(groups.count, this.axis.steps)
    for (;;) {
      const batch = await this.right.next()
      if (batch === undefined) break
      for (let row = 0; row < batch.rows; row++) {
        presence.add(rightSignatures[batch.first + row] ?? 0, batch, row)
      }
      await this.evaluation.control.checkpoint()
    }
    this.#presence = presence
    return left
  }

  async next(): Promise<StepBatch | undefined> {
    const batch = await this.left.next()
    if (batch === undefined) return undefined
    const keepsPresent = this.node.op === 'and'
    for (let row = 0; row < batch.rows; row++) {
      const group = this.#signatures?.[batch.first + row] ?? 0
      this.#presence?.mask(group, batch, row, keepsPresent)
    }
    return batch
  }
}

/**
 * `or`: the left side as it is, then of the right side what has no match there. Equal label sets
 * on both sides are left to MergeDuplicates.
 */
export class Union implements Operator {
  readonly #memo: UnionMemo
  #left: Int32Array | undefined
  #right: Int32Array | undefined
  #presence: GroupPresence | undefined
  #leftDone = false
  #leftCount = 0

  constructor(
    readonly evaluation: Evaluation,
    readonly matching: VectorMatching,
    readonly left: Operator,
    readonly right: Operator,
    readonly axis: TimeAxis,
  ) {
    this.#memo = evaluation.memos.take(UnionMemo)
  }

  async series(): Promise<SeriesTable> {
    const left = await this.left.series()
    const right = await this.right.series()
    const { evaluation, matching } = this
    const groups = await this.#memo.of(
      [left, right],
      evaluation.symbols,
      async () => ({
        ...(await groupsOf(evaluation, matching, left, right)),
        table: await joined(evaluation, left, right),
      }),
      ({ table }) => table,
    )
    this.#left = groups.left
    this.#right = groups.right
    this.#leftCount = left.count
    this.#presence = new GroupPresence(groups.count, this.axis.steps)
    return groups.table
  }

  async next(): Promise<StepBatch | undefined> {
    const presence = this.#presence
    const batch = this.#leftDone ? undefined : await this.left.next()
    if (batch !== undefined) {
      for (let row = 0; row < batch.rows; row++) {
        presence?.add(this.#left?.[batch.first + row] ?? 0, batch, row)
      }
      return batch
    }
    this.#leftDone = true
    const right = await this.right.next()
    if (right === undefined) return undefined
    for (let row = 0; row < right.rows; row++) {
      presence?.mask(this.#right?.[right.first + row] ?? 0, right, row, false)
    }
    right.first += this.#leftCount
    return right
  }
}

async function joined(
  { looks }: Evaluation,
  left: SeriesTable,
  right: SeriesTable,
): Promise<SeriesTable> {
  const sets = new LabelSets()
  for (const { labels, count } of [left, right]) {
    for (let series = 0; series < count; series++) {
      const over = looks.turn()
      if (over !== undefined) await over
      sets.append(labels.labelIds, labels.offsets[series] ?? 0, labels.offsets[series + 1] ?? 0)
    }
  }
  const nameDropped = new Uint8Array(left.count + right.count)
  nameDropped.set(left.nameDropped)
  nameDropped.set(right.nameDropped, left.count)
  return { count: left.count + right.count, labels: sets.columns(), nameDropped }
}
