import { NarthexError } from '../../base/errors.ts'
import type { Looks } from '../../base/looks.ts'
import { NativeHistogram } from '../../model/histogram.ts'
import type { VectorMatching } from '../parse/ast.ts'
import type { BinaryNode } from '../plan/node.ts'
import type { Evaluation } from './evaluation.ts'
import { GrowingRows } from './growing-rows.ts'
import { HistogramPairs, operandAt } from './histogram-pairs.ts'
import { type Combine, filled, type ResultLabels, type Signatures } from './join-sides.ts'
import { LabelEditor, labelSetText } from './label-editor.ts'
import { LabelSetIndex } from './label-sets.ts'
import type { HeldMatrix } from './matrix.ts'
import { isPresent } from './step-batch.ts'

interface Side {
  readonly held: HeldMatrix
  readonly signatures: Int32Array
}

interface Join {
  readonly evaluation: Evaluation
  readonly node: BinaryNode
  readonly matching: VectorMatching
  readonly signatures: Signatures
  readonly labels: ResultLabels
  readonly many: Side
  readonly one: Side
}

/**
 * The general case of vector matching: groups with several series, of which each step may see
 * others, and fill values. Refuses what upstream refuses, at the step where it happens (row Q3.12).
 */
export async function joinSteps(
  combine: Combine | undefined,
  manyIsLeft: boolean,
  join: Join,
): Promise<HeldMatrix> {
  const stepper = new JoinStepper(combine, manyIsLeft, join)
  for (let step = 0; step < join.many.held.steps; step++) await stepper.join(step)
  return await stepper.matrix()
}

class JoinStepper {
  readonly #oneOf: Int32Array
  readonly #matched: Uint8Array
  readonly #inserted = new Set<number>()
  readonly #rows: GrowingRows
  readonly #pairs: HistogramPairs
  readonly #many = new NativeHistogram()
  readonly #one = new NativeHistogram()

  constructor(
    readonly combine: Combine | undefined,
    readonly manyIsLeft: boolean,
    readonly given: Join,
  ) {
    const { evaluation, node, many } = given
    const { steps } = many.held
    this.#rows = new GrowingRows(evaluation, steps)
    this.#pairs = new HistogramPairs(evaluation.annotations, node, steps)
    const signatures = given.signatures.index.sets.count
    this.#oneOf = new Int32Array(signatures)
    this.#matched = new Uint8Array(signatures)
  }

  async join(step: number): Promise<void> {
    const { evaluation, many, one, matching } = this.given
    const { looks } = evaluation
    const manySeries = await presentAt(many.held, step, looks)
    const oneSeries = await presentAt(one.held, step, looks)
    const fills = matching.fillLeft !== undefined || matching.fillRight !== undefined
    if ((manySeries.length === 0 || oneSeries.length === 0) && !fills) return
    this.#inserted.clear()
    this.#matched.fill(0)
    await this.#placeOnes(oneSeries)
    for (const series of manySeries) {
      const over = looks.turn()
      if (over !== undefined) await over
      const signature = many.signatures[series] ?? 0
      const partner = this.#oneOf[signature] ?? filled
      if (partner === filled && matching.fillRight === undefined) continue
      this.#put(step, series, partner, signature)
    }
    if (matching.fillLeft === undefined) return
    for (const series of oneSeries) {
      const over = looks.turn()
      if (over !== undefined) await over
      const signature = one.signatures[series] ?? 0
      if (this.#matched[signature] === 0) this.#put(step, filled, series, signature)
    }
  }

  async matrix(): Promise<HeldMatrix> {
    const { evaluation, labels, node } = this.given
    const { sets } = labels.index
    const dropped = node.returnBool && evaluation.options.delayedNameRemoval ? 1 : 0
    const nameDropped = new Uint8Array(sets.count).fill(dropped)
    const table = { count: sets.count, labels: sets.columns(), nameDropped }
    this.#pairs.finish()
    return await this.#rows.matrix(table)
  }

  async #placeOnes(oneSeries: readonly number[]): Promise<void> {
    this.#oneOf.fill(filled)
    for (const series of oneSeries) {
      const over = this.given.evaluation.looks.turn()
      if (over !== undefined) await over
      const signature = this.given.one.signatures[series] ?? 0
      const known = this.#oneOf[signature] ?? filled
      if (known !== filled) throw this.#duplicate(series, known)
      this.#oneOf[signature] = series
    }
  }

  #put(step: number, many: number, one: number, signature: number): void {
    const { labels, matching, many: manySide, one: oneSide } = this.given
    const manyValue =
      many === filled ? (matching.fillLeft ?? 0) : operandAt(manySide.held, many, step, this.#many)
    const oneValue =
      one === filled ? (matching.fillRight ?? 0) : operandAt(oneSide.held, one, step, this.#one)
    const [left, right] = this.manyIsLeft ? [manyValue, oneValue] : [oneValue, manyValue]
    const { combine } = this
    if (combine !== undefined && typeof left === 'number' && typeof right === 'number') {
      const result = labels.of(many, one)
      this.#checkUnique(signature, result)
      if (!combine.keeps(left, right)) return
      this.#rows.putFloat(result, step, combine.value(left, right))
      return
    }
    const kind = this.#pairs.combine(left, right, step)
    if (kind === 'refused') return
    const result = labels.of(many, one)
    this.#checkUnique(signature, result)
    if (kind === 'float') this.#rows.putFloat(result, step, this.#pairs.value)
    else if (kind === 'histogram') this.#rows.putHistogram(result, step, this.#pairs.histogram)
  }

  #checkUnique(signature: number, result: number): void {
    if (this.given.matching.card === 'one-to-one') {
      if (this.#matched[signature] === 1) {
        throw failed(
          'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)',
        )
      }
    } else {
      const key = signature * 2 ** 26 + result
      if (this.#inserted.has(key)) {
        throw failed('multiple matches for labels: grouping labels must ensure unique matches')
      }
      this.#inserted.add(key)
    }
    this.#matched[signature] = 1
  }

  #duplicate(series: number, known: number): NarthexError {
    const { evaluation, one, signatures } = this.given
    const { symbols } = evaluation
    const { labels } = one.held.table
    const texts = [series, known].map((at) => labelSetText(labels, at, symbols)).sort()
    const editor = signatures.cut(new LabelEditor(symbols).load(labels, series))
    const index = new LabelSetIndex()
    editor.addTo(index)
    const group = labelSetText(index.sets.columns(), 0, symbols)
    const side = this.manyIsLeft ? 'right' : 'left'
    return failed(
      `found duplicate series for the match group ${group} on the ${side} hand-side of the ` +
        `operation: [${texts.join(', ')}];many-to-many matching not allowed: matching labels ` +
        'must be unique on one side',
    )
  }
}

async function presentAt(held: HeldMatrix, step: number, looks: Looks): Promise<readonly number[]> {
  const series: number[] = []
  for (let at = 0; at < held.table.count; at++) {
    const over = looks.turn()
    if (over !== undefined) await over
    if (isPresent(held.present, at * held.words, step)) series.push(at)
  }
  return series
}

function failed(message: string): NarthexError {
  return new NarthexError('QUERY_EXECUTION', message)
}
