import type { VectorMatching } from '../parse/ast.ts'
import type { BinaryNode } from '../plan/node.ts'
import { isArithmetic } from './binary-scalar.ts'
import type { Evaluation } from './evaluation.ts'
import { LabelEditor } from './label-editor.ts'
import { LabelSetIndex } from './label-sets.ts'
import type { SeriesTable } from './operator.ts'

/** What an operator makes of a pair of values. */
export interface Combine {
  /** Whether a pair has a result; without `bool` a comparison filters. */
  keeps(left: number, right: number): boolean
  value(left: number, right: number): number
}

/** Match groups: the ordinal of each series' matching labels, shared by both sides. */
export class Signatures {
  readonly index = new LabelSetIndex()
  readonly #editor: LabelEditor
  readonly #names: ReadonlySet<number>

  constructor(
    readonly evaluation: Evaluation,
    readonly matching: VectorMatching,
  ) {
    const { symbols } = evaluation
    const names = new Set(matching.labels.map((name) => symbols.intern(name)))
    if (!matching.on) names.add(symbols.intern('__name__'))
    this.#names = names
    this.#editor = new LabelEditor(symbols)
  }

  async of(table: SeriesTable): Promise<Int32Array> {
    const signatures = new Int32Array(table.count)
    const { labels } = table
    await this.evaluation.looks.inTurns(table.count, (from, to) => {
      for (let series = from; series < to; series++) {
        signatures[series] = this.cut(this.#editor.load(labels, series)).addTo(this.index)
      }
    })
    return signatures
  }

  /** Leaves only what is matched on. */
  cut(editor: LabelEditor): LabelEditor {
    return this.matching.on ? editor.keep(this.#names) : editor.drop(this.#names)
  }
}

/** No sample on that side: the fill value stands in (row Q3.10). */
export const filled = -1

/** Label sets of results, by the pair of series that gave them (row Q3.13). */
export class ResultLabels {
  readonly index = new LabelSetIndex()
  readonly #known = new Map<number, number>()
  readonly #editor: LabelEditor
  readonly #included: readonly number[]
  readonly #matched: ReadonlySet<number>
  readonly #dropsName: boolean

  constructor(
    readonly signatures: Signatures,
    node: BinaryNode,
    readonly matching: VectorMatching,
    readonly many: SeriesTable,
    readonly one: SeriesTable,
  ) {
    const { evaluation } = signatures
    const { symbols, options } = evaluation
    this.#editor = new LabelEditor(symbols)
    this.#included = matching.include.map((name) => symbols.intern(name))
    this.#matched = new Set(matching.labels.map((name) => symbols.intern(name)))
    this.#dropsName = isArithmetic(node.op) || (node.returnBool && !options.delayedNameRemoval)
  }

  /** The ordinal of the result of these two series; either may be `filled`, not both. */
  of(many: number, one: number): number {
    const key = (many + 1) * (this.one.count + 1) + one + 1
    let result = this.#known.get(key)
    if (result === undefined) {
      result = this.#build(many, one)
      this.#known.set(key, result)
    }
    return result
  }

  #build(many: number, one: number): number {
    const values = this.#included.map((name) => this.#loadOne(one, many).get(name))
    const editor = this.#editor
    if (many === filled) this.signatures.cut(editor.load(this.one.labels, one))
    else editor.load(this.many.labels, many)
    if (this.#dropsName) editor.dropReserved()
    if (this.matching.card === 'one-to-one') {
      if (this.matching.on) editor.keep(this.#matched)
      else editor.drop(this.#matched)
    }
    this.#included.forEach((name, place) => {
      editor.set(name, values[place] ?? '')
    })
    return editor.addTo(this.index)
  }

  #loadOne(one: number, many: number): LabelEditor {
    if (one !== filled) return this.#editor.load(this.one.labels, one)
    return this.signatures.cut(this.#editor.load(this.many.labels, many))
  }
}
