import type { LabelSets } from '../../storage/querier.ts'
import { compareTexts, type Texts } from '../../storage/text-order.ts'

/** One source's sets, sorted, and what to do where it cannot be read on. */
export interface LabelSetsPart {
  readonly sets: LabelSets
  /** What an answer without the rest lacks; undefined: let it fail. */
  missing(thrown: unknown): string | undefined
}

/** Sorted label sets of several sources as one, each once. Ids are of one symbol table. */
export class MergedLabelSets implements LabelSets {
  readonly #texts: Texts
  readonly #warnings: string[]
  readonly #parts: readonly LabelSetsPart[]
  /** Those that stand on a set, in their order; equal ones behind each other. */
  readonly #open: LabelSetsPart[] = []
  ids = new Uint32Array(64)
  length = 0
  #hasBegun = false

  constructor(texts: Texts, parts: readonly LabelSetsPart[], warnings: readonly string[]) {
    this.#texts = texts
    this.#parts = parts
    this.#warnings = [...warnings]
  }

  get warnings(): readonly string[] {
    return [...this.#warnings, ...this.#parts.flatMap(({ sets }) => sets.warnings)]
  }

  next(): boolean {
    if (!this.#hasBegun) for (const part of this.#parts) this.#advance(part)
    this.#hasBegun = true
    const first = this.#open.shift()
    if (first === undefined) return false
    const { ids, length } = first.sets
    if (length > this.ids.length) this.ids = new Uint32Array(length * 2)
    for (let at = 0; at < length; at++) this.ids[at] = ids[at] ?? 0
    this.length = length
    this.#advance(first)
    for (let [other] = this.#open; other !== undefined; [other] = this.#open) {
      if (this.#compare(this, other.sets) !== 0) break
      this.#open.shift()
      this.#advance(other)
    }
    return true
  }

  /** To its next set, and to its place among the others. */
  #advance(part: LabelSetsPart): void {
    try {
      if (!part.sets.next()) return
    } catch (thrown) {
      const words = part.missing(thrown)
      if (words === undefined) throw thrown
      this.#warnings.push(words)
      return
    }
    let at = 0
    for (const other of this.#open) {
      if (this.#compare(part.sets, other.sets) < 0) break
      at++
    }
    this.#open.splice(at, 0, part)
  }

  #compare(a: Pick<LabelSets, 'ids' | 'length'>, b: Pick<LabelSets, 'ids' | 'length'>): number {
    const length = Math.min(a.length, b.length)
    for (let at = 0; at < length; at++) {
      const [left, right] = [a.ids[at] ?? 0, b.ids[at] ?? 0]
      if (left !== right) return compareTexts(this.#texts, left, right)
    }
    return a.length - b.length
  }
}
