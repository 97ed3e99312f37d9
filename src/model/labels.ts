import { compareBytes } from './byte-order.ts'

export const metricNameLabel = '__name__'

/**
 * An immutable label set: names unique and sorted by bytes, no empty value (an empty value is the
 * absence of the label). For cold paths and answers; hot paths carry symbol ids (storage/).
 */
export class Labels {
  static readonly empty = new Labels([])
  /** name, value, name, value, ... in name order. */
  readonly #pairs: readonly string[]

  private constructor(pairs: readonly string[]) {
    this.#pairs = pairs
  }

  /** Sorts, drops empty values; of duplicate names the last wins. */
  static of(
    entries: Readonly<Record<string, string>> | Iterable<readonly [string, string]>,
  ): Labels {
    const builder = new LabelsBuilder()
    if (isIterable(entries)) for (const [name, value] of entries) builder.set(name, value)
    else for (const [name, value] of Object.entries(entries)) builder.set(name, value)
    return builder.build()
  }

  /**
   * Annotations of an alert and the labels that a rule sets: they keep an empty value, which takes a
   * label away where it is set (rows R2.5, R3.11). Names are unique.
   */
  static withEmptyValues(entries: Iterable<readonly [string, string]>): Labels {
    const sorted = [...entries].sort(([a], [b]) => compareBytes(a, b))
    return Labels.fromSortedPairs(sorted.flat())
  }

  /** Pairs that the caller knows to be sorted by bytes, unique and free of empty values. */
  static fromSortedPairs(pairs: readonly string[]): Labels {
    return pairs.length === 0 ? Labels.empty : new Labels(pairs)
  }

  get size(): number {
    return this.#pairs.length / 2
  }

  nameAt(index: number): string {
    return this.#pairs[index * 2] ?? ''
  }

  valueAt(index: number): string {
    return this.#pairs[index * 2 + 1] ?? ''
  }

  /** The value, or '' where the label is absent. */
  get(name: string): string {
    const pairs = this.#pairs
    for (let index = 0; index < pairs.length; index += 2) {
      if (pairs[index] === name) return pairs[index + 1] ?? ''
    }
    return ''
  }

  has(name: string): boolean {
    return this.get(name) !== ''
  }

  *entries(): IterableIterator<readonly [string, string]> {
    for (let index = 0; index < this.size; index++) yield [this.nameAt(index), this.valueAt(index)]
  }

  equals(other: Labels): boolean {
    const left = this.#pairs
    const right = other.#pairs
    return left.length === right.length && left.every((text, index) => text === right[index])
  }

  /** Order of label sets: name, then value, pair by pair; a prefix comes first. */
  compare(other: Labels): number {
    const length = Math.min(this.#pairs.length, other.#pairs.length)
    for (let index = 0; index < length; index++) {
      const order = compareBytes(this.#pairs[index] ?? '', other.#pairs[index] ?? '')
      if (order !== 0) return order
    }
    return this.#pairs.length - other.#pairs.length
  }

  /** A key that is equal exactly for equal label sets. */
  key(): string {
    return JSON.stringify(this.#pairs)
  }

  toObject(): Record<string, string> {
    // Object.fromEntries defines own properties, so a label called __proto__ stays a label.
    return Object.fromEntries(this.entries())
  }
}

/**
 * Collects changes over a base; setting an empty value deletes, as Prometheus' builder does. What was
 * set comes behind what is left of the base in `names`, as there: the last of several labels that
 * become one name wins.
 */
export class LabelsBuilder {
  readonly #base = new Map<string, string>()
  readonly #set = new Map<string, string>()

  constructor(base: Labels = Labels.empty) {
    for (const [name, value] of base.entries()) if (value !== '') this.#base.set(name, value)
  }

  set(name: string, value: string): this {
    if (value === '') return this.delete(name)
    this.#base.delete(name)
    this.#set.set(name, value)
    return this
  }

  delete(name: string): this {
    this.#base.delete(name)
    this.#set.delete(name)
    return this
  }

  get(name: string): string {
    return this.#set.get(name) ?? this.#base.get(name) ?? ''
  }

  names(): readonly string[] {
    return [...this.#base.keys(), ...this.#set.keys()]
  }

  build(): Labels {
    const pairs: string[] = []
    for (const name of [...this.names()].sort(compareBytes)) pairs.push(name, this.get(name))
    return Labels.fromSortedPairs(pairs)
  }
}

function isIterable(
  entries: Readonly<Record<string, string>> | Iterable<readonly [string, string]>,
): entries is Iterable<readonly [string, string]> {
  return Symbol.iterator in entries
}
