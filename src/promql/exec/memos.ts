import type { SymbolTable } from '../../storage/querier.ts'
import { isKnownTo, noStoredTexts } from '../../storage/stored-texts.ts'
import type { SeriesTable } from './operator.ts'

/**
 * What an operator made of the label sets of its inputs, kept for the next evaluation of the same
 * plan. Tables are told apart by identity: a selector that finds the series of the time before hands
 * on the table of the time before, and so does everybody above it.
 */
export class Memo<T> {
  #inputs: readonly object[] = []
  #stored = noStoredTexts
  #made: T | undefined
  /** Ids of labels that it holds. */
  weight = 0

  /**
   * What was made of these inputs, or is made now. It must follow from the inputs and the plan alone,
   * not from samples or the time; `table` is the table in it. Only ids of stored texts mean the same
   * in the next evaluation: what has others is not kept.
   */
  async of(
    inputs: readonly object[],
    symbols: SymbolTable,
    make: () => T | Promise<T>,
    table: (made: T) => SeriesTable,
  ): Promise<T> {
    const known = this.#made
    const { stored = noStoredTexts } = symbols
    if (known !== undefined && isSame(this.#inputs, inputs) && isKnownTo(this.#stored, stored)) {
      return known
    }
    const made = await make()
    const { labels, count } = table(made)
    const end = labels.offsets[count] ?? 0
    const isKept = isStored(labels.labelIds, end, stored.count) && !inputs.some(isPassing)
    this.#made = isKept ? made : undefined
    this.#stored = stored
    this.#inputs = isKept ? inputs : []
    this.weight = isKept ? end : 0
    return made
  }
}

/**
 * The memos of one plan's operators: each takes its own when it is built, and operators of a plan are
 * built in the same order every time. Protocol: begin(), operators are built, seal().
 */
export class Memos {
  readonly #known: Memo<unknown>[] = []
  #next = 0
  #isSealed = false

  begin(): void {
    this.#next = 0
    this.#isSealed = false
  }

  /** Whoever is built behind this, while the query runs, has a memo that nobody finds again. */
  seal(): void {
    this.#isSealed = true
  }

  /** Ids of labels that all of them hold. */
  get weight(): number {
    return this.#known.reduce((sum, { weight }) => sum + weight, 0)
  }

  take<M extends Memo<unknown>>(type: new () => M): M {
    if (this.#isSealed) return new type()
    const known = this.#known[this.#next]
    const memo = known instanceof type ? known : new type()
    this.#known[this.#next++] = memo
    return memo
  }
}

/** Of an operator that makes a table. */
export class TableMemo extends Memo<SeriesTable> {}

export const tableItself = (table: SeriesTable): SeriesTable => table

function isPassing(input: object): boolean {
  return 'isPassing' in input && input.isPassing === true
}

function isSame(known: readonly object[], inputs: readonly object[]): boolean {
  return known.length === inputs.length && known.every((input, at) => input === inputs[at])
}

function isStored(labelIds: Uint32Array, end: number, storedCount: number): boolean {
  for (let at = 0; at < end; at++) if ((labelIds[at] ?? 0) >= storedCount) return false
  return true
}
