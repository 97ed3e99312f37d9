import { NarthexError } from '../../base/errors.ts'
import type { VectorMatching } from '../parse/ast.ts'
import type { BinaryNode } from '../plan/node.ts'
import type { Evaluation } from './evaluation.ts'
import { type Combine, filled, type ResultLabels, type Signatures } from './join-sides.ts'
import { LabelEditor, labelSetText } from './label-editor.ts'
import { LabelSetIndex } from './label-sets.ts'
import { HeldMatrix } from './matrix.ts'
import { sameLabelset } from './merge-duplicates.ts'
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
export function joinSteps(combine: Combine, manyIsLeft: boolean, join: Join): HeldMatrix {
  const stepper = new JoinStepper(combine, manyIsLeft, join)
  for (let step = 0; step < join.many.held.steps; step++) stepper.join(step)
  return stepper.matrix()
}

/** Results of one output series: a value and a mark for each step. */
interface Row {
  readonly values: Float64Array
  readonly present: Uint8Array
}

class JoinStepper {
  readonly #oneOf: Int32Array
  readonly #matched: Uint8Array
  readonly #inserted = new Set<number>()
  readonly #rows: (Row | undefined)[] = []

  constructor(
    readonly combine: Combine,
    readonly manyIsLeft: boolean,
    readonly given: Join,
  ) {
    const signatures = given.signatures.index.sets.count
    this.#oneOf = new Int32Array(signatures)
    this.#matched = new Uint8Array(signatures)
  }

  join(step: number): void {
    const { many, one, matching } = this.given
    const manySeries = presentAt(many.held, step)
    const oneSeries = presentAt(one.held, step)
    const fills = matching.fillLeft !== undefined || matching.fillRight !== undefined
    if ((manySeries.length === 0 || oneSeries.length === 0) && !fills) return
    this.#inserted.clear()
    this.#matched.fill(0)
    this.#placeOnes(oneSeries)
    for (const series of manySeries) {
      const signature = many.signatures[series] ?? 0
      const partner = this.#oneOf[signature] ?? filled
      if (partner === filled && matching.fillRight === undefined) continue
      this.#put(step, series, partner, signature)
    }
    if (matching.fillLeft === undefined) return
    for (const series of oneSeries) {
      const signature = one.signatures[series] ?? 0
      if (this.#matched[signature] === 0) this.#put(step, filled, series, signature)
    }
  }

  matrix(): HeldMatrix {
    const { evaluation, labels, many, node } = this.given
    const { sets } = labels.index
    const dropped = node.returnBool && evaluation.options.delayedNameRemoval ? 1 : 0
    const nameDropped = new Uint8Array(sets.count).fill(dropped)
    const table = { count: sets.count, labels: sets.columns(), nameDropped }
    const matrix = new HeldMatrix(evaluation, table, many.held.steps)
    this.#rows.forEach((row, series) => {
      if (row === undefined) return
      matrix.values.set(row.values, series * matrix.steps)
      let samples = 0
      row.present.forEach((present, step) => {
        if (present === 0) return
        const word = series * matrix.words + (step >>> 5)
        matrix.present[word] = (matrix.present[word] ?? 0) | (1 << (step & 31))
        samples++
      })
      matrix.hold(samples)
    })
    return matrix
  }

  #placeOnes(oneSeries: readonly number[]): void {
    this.#oneOf.fill(filled)
    for (const series of oneSeries) {
      const signature = this.given.one.signatures[series] ?? 0
      const known = this.#oneOf[signature] ?? filled
      if (known !== filled) throw this.#duplicate(series, known)
      this.#oneOf[signature] = series
    }
  }

  #put(step: number, many: number, one: number, signature: number): void {
    const { labels, matching } = this.given
    const manyValue = valueAt(this.given.many.held, many, step, matching.fillLeft)
    const oneValue = valueAt(this.given.one.held, one, step, matching.fillRight)
    const [left, right] = this.manyIsLeft ? [manyValue, oneValue] : [oneValue, manyValue]
    const result = labels.of(many, one)
    this.#checkUnique(signature, result)
    if (!this.combine.keeps(left, right)) return
    const row = this.#row(result)
    if (row.present[step] === 1) throw sameLabelset()
    row.present[step] = 1
    row.values[step] = this.combine.value(left, right)
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

  #row(result: number): Row {
    let row = this.#rows[result]
    if (row === undefined) {
      const { steps } = this.given.many.held
      this.given.evaluation.budget.check(steps)
      row = { values: new Float64Array(steps), present: new Uint8Array(steps) }
      this.#rows[result] = row
    }
    return row
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

function presentAt(held: HeldMatrix, step: number): readonly number[] {
  const series: number[] = []
  for (let at = 0; at < held.table.count; at++) {
    if (isPresent(held.present, at * held.words, step)) series.push(at)
  }
  return series
}

function valueAt(held: HeldMatrix, series: number, step: number, fill: number | undefined): number {
  return series === filled ? (fill ?? 0) : (held.values[series * held.steps + step] ?? 0)
}

function failed(message: string): NarthexError {
  return new NarthexError('QUERY_EXECUTION', message)
}
