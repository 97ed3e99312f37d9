import { assert } from '../../base/assert.ts'
import { Lazy } from '../../base/lazy.ts'
import { NativeHistogram } from '../../model/histogram.ts'
import type { VectorMatching } from '../parse/ast.ts'
import { arithmetic, comparison } from '../plan/arithmetic.ts'
import type { BinaryNode } from '../plan/node.ts'
import { isArithmetic, isComparison } from './binary-scalar.ts'
import type { Evaluation } from './evaluation.ts'
import { hasHistograms, putFloat, putHistogram } from './histogram-cells.ts'
import { type CellResult, HistogramPairs, type Operand, operandAt } from './histogram-pairs.ts'
import { type Combine, filled, ResultLabels, Signatures } from './join-sides.ts'
import { joinSteps } from './join-steps.ts'
import { LabelEditor } from './label-editor.ts'
import { LabelSets } from './label-sets.ts'
import { HeldMatrix, MatrixReader } from './matrix.ts'
import { Memo } from './memos.ts'
import type { Operator, SeriesTable } from './operator.ts'
import { clearPresent, isPresent, type StepBatch, type TimeAxis } from './step-batch.ts'

/** The one partner of each series of the many side, and what the results are called. */
interface StreamedPairs {
  readonly partners: Int32Array
  readonly table: SeriesTable
}

class StreamedMemo extends Memo<{ readonly streamed: StreamedPairs | undefined }> {}

/**
 * vector OP vector (rows Q3.8 to Q3.13). The "one" side is held, the "many" side streams through
 * when every match group has one series there and no two results share their labels; otherwise
 * both are held and matched step by step (join-steps.ts).
 */
export class MatchVectors implements Operator {
  readonly #combine: Combine | undefined
  readonly #manyIsLeft: boolean
  readonly #pairs: HistogramPairs
  readonly #many = new Lazy(() => new NativeHistogram())
  readonly #one = new Lazy(() => new NativeHistogram())
  readonly #memo: StreamedMemo
  /** The result of the latest pair after 'float'. */
  #value = 0
  #partners: Int32Array | undefined
  #held: HeldMatrix | undefined
  #joined: MatrixReader | undefined

  constructor(
    readonly evaluation: Evaluation,
    readonly node: BinaryNode,
    readonly matching: VectorMatching,
    readonly left: Operator,
    readonly right: Operator,
    readonly axis: TimeAxis,
  ) {
    this.#combine = combineOf(node)
    this.#pairs = new HistogramPairs(evaluation.annotations, node, axis.steps)
    this.#manyIsLeft = matching.card !== 'one-to-many'
    this.#memo = evaluation.memos.take(StreamedMemo)
  }

  async series(): Promise<SeriesTable> {
    const { evaluation, axis, matching } = this
    const left = await this.left.series()
    const right = await this.right.series()
    const [many, one] = this.#manyIsLeft ? [left, right] : [right, left]
    const { streamed } = await this.#memo.of(
      [many, one],
      evaluation.symbols,
      async () => ({ streamed: await this.#streamedPairs(many, one) }),
      ({ streamed }) => streamed?.table ?? many,
    )
    const held = await HeldMatrix.from(evaluation, this.#oneSide, one, axis.steps)
    if (streamed !== undefined) {
      this.#partners = streamed.partners
      this.#held = held
      return streamed.table
    }
    const signatures = new Signatures(evaluation, matching)
    const manySignatures = await signatures.of(many)
    const oneSignatures = await signatures.of(one)
    const labels = new ResultLabels(signatures, this.node, matching, many, one)
    const heldMany = await HeldMatrix.from(evaluation, this.#manySide, many, axis.steps)
    const joined = await joinSteps(this.#combine, this.#manyIsLeft, {
      evaluation,
      matching,
      node: this.node,
      signatures,
      labels,
      many: { held: heldMany, signatures: manySignatures },
      one: { held, signatures: oneSignatures },
    })
    heldMany.release()
    held.release()
    this.#joined = new MatrixReader(evaluation, joined)
    return joined.table
  }

  async next(): Promise<StepBatch | undefined> {
    if (this.#joined !== undefined) return this.#joined.next()
    const batch = await this.#manySide.next()
    if (batch === undefined) {
      this.#held?.release()
      this.#pairs.finish()
      return undefined
    }
    for (let row = 0; row < batch.rows; row++) this.#combineRow(batch, row)
    await this.evaluation.control.checkpoint()
    return batch
  }

  get #manySide(): Operator {
    return this.#manyIsLeft ? this.left : this.right
  }

  get #oneSide(): Operator {
    return this.#manyIsLeft ? this.right : this.left
  }

  /** Undefined where samples decide what is matched with what. */
  async #streamedPairs(many: SeriesTable, one: SeriesTable): Promise<StreamedPairs | undefined> {
    const signatures = new Signatures(this.evaluation, this.matching)
    const manySignatures = await signatures.of(many)
    const oneSignatures = await signatures.of(one)
    const partners = await this.#partnersOf(manySignatures, oneSignatures, signatures)
    if (partners === undefined) return undefined
    const labels = new ResultLabels(signatures, this.node, this.matching, many, one)
    const table = await this.#streamed(partners, many, labels)
    return table && { partners, table }
  }

  /** The one partner of each series, -1 for none; undefined where a group has several. */
  async #partnersOf(
    many: Int32Array,
    one: Int32Array,
    signatures: Signatures,
  ): Promise<Int32Array | undefined> {
    const { fillLeft, fillRight, card } = this.matching
    if (fillLeft !== undefined || fillRight !== undefined) return undefined
    const { looks } = this.evaluation
    const ofSignature = new Int32Array(signatures.index.sets.count).fill(-1)
    for (let series = 0; series < one.length; series++) {
      const over = looks.turn()
      if (over !== undefined) await over
      const signature = one[series] ?? 0
      if (ofSignature[signature] !== -1) return undefined
      ofSignature[signature] = series
    }
    const taken = new Uint8Array(ofSignature.length)
    const partners = new Int32Array(many.length)
    for (let series = 0; series < many.length; series++) {
      const over = looks.turn()
      if (over !== undefined) await over
      const signature = many[series] ?? 0
      partners[series] = ofSignature[signature] ?? -1
      if (card === 'one-to-one' && partners[series] !== -1 && (taken[signature] ?? 0) === 1) {
        return undefined
      }
      taken[signature] = 1
    }
    return partners
  }

  /** Result labels, a set for each series of the many side; undefined where two are equal. */
  async #streamed(
    partners: Int32Array,
    many: SeriesTable,
    labels: ResultLabels,
  ): Promise<SeriesTable | undefined> {
    const { evaluation, node } = this
    const sets = new LabelSets()
    const editor = new LabelEditor(evaluation.symbols)
    let results = 0
    let isUnique = true
    await evaluation.looks.inTurns(many.count, (from, to) => {
      for (let series = from; isUnique && series < to; series++) {
        const partner = partners[series] ?? filled
        if (partner === filled) {
          editor.load(many.labels, series).appendTo(sets)
          continue
        }
        const result = labels.of(series, partner)
        isUnique = result === results
        results++
        editor.load(labels.index.sets.columns(), result).appendTo(sets)
      }
    })
    if (!isUnique) return undefined
    const dropped = node.returnBool && evaluation.options.delayedNameRemoval ? 1 : 0
    const nameDropped = new Uint8Array(many.count).fill(dropped)
    return { count: many.count, labels: sets.columns(), nameDropped }
  }

  #combineRow(batch: StepBatch, row: number): void {
    const held = this.#held
    const partner = this.#partners?.[batch.first + row] ?? -1
    const presentOffset = row * batch.words
    if (partner < 0 || held === undefined) {
      batch.present.fill(0, presentOffset, presentOffset + batch.words)
      return
    }
    for (let word = 0; word < batch.words; word++) {
      const other = held.present[partner * batch.words + word] ?? 0
      batch.present[presentOffset + word] = (batch.present[presentOffset + word] ?? 0) & other
    }
    const combine = this.#combine
    if (combine === undefined || hasHistograms(batch, row) || hasHistograms(held, partner)) {
      this.#combineMixed(batch, row, held, partner)
      return
    }
    for (let step = 0; step < batch.steps; step++) {
      if (!isPresent(batch.present, presentOffset, step)) continue
      const many = batch.values[row * batch.steps + step] ?? 0
      const one = held.values[partner * batch.steps + step] ?? 0
      const [left, right] = this.#manyIsLeft ? [many, one] : [one, many]
      if (combine.keeps(left, right)) {
        batch.values[row * batch.steps + step] = combine.value(left, right)
      } else clearPresent(batch.present, presentOffset, step)
    }
  }

  /** Also takes a row of which some samples, or some of its partner's, are histograms. */
  #combineMixed(batch: StepBatch, row: number, held: HeldMatrix, partner: number): void {
    for (let step = 0; step < batch.steps; step++) {
      if (!isPresent(batch.present, row * batch.words, step)) continue
      const many = operandAt(batch, row, step, this.#many.value)
      const one = operandAt(held, partner, step, this.#one.value)
      const [left, right] = this.#manyIsLeft ? [many, one] : [one, many]
      const result = this.#combinePair(left, right, step)
      if (result === 'float') putFloat(batch, row, step, this.#value)
      else if (result === 'histogram') putHistogram(batch, row, step, this.#pairs.histogram)
      else clearPresent(batch.present, row * batch.words, step)
    }
  }

  #combinePair(left: Operand, right: Operand, step: number): CellResult {
    const combine = this.#combine
    if (combine === undefined || typeof left !== 'number' || typeof right !== 'number') {
      const result = this.#pairs.combine(left, right, step)
      this.#value = this.#pairs.value
      return result
    }
    if (!combine.keeps(left, right)) return 'none'
    this.#value = combine.value(left, right)
    return 'float'
  }
}

/** Undefined for the trims, which have no answer for floats (row Q3.5). */
function combineOf(node: BinaryNode): Combine | undefined {
  const { op, returnBool } = node
  if (isArithmetic(op)) return { keeps: () => true, value: arithmetic[op] }
  if (isComparison(op)) {
    const holds = comparison[op]
    if (returnBool) return { keeps: () => true, value: (a, b) => (holds(a, b) ? 1 : 0) }
    return { keeps: holds, value: (left) => left }
  }
  assert(op === '</' || op === '>/', `operator ${op} between vectors`)
  return undefined
}
