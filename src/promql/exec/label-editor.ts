import { compareBytes } from '../../model/byte-order.ts'
import { goQuote } from '../../model/go-quote.ts'
import type { LabelColumns, SymbolTable } from '../../storage/querier.ts'
import type { LabelSetIndex, LabelSets } from './label-sets.ts'

/** Labels that say what a metric is; whatever changes its meaning drops them (row Q2.12). */
const reservedNames = ['__name__', '__type__', '__unit__']

/**
 * One label set being changed, as symbol ids in name order by bytes: load, change, then store.
 * Reused for every series of an operator.
 */
export class LabelEditor {
  readonly #symbols: SymbolTable
  readonly #reserved: ReadonlySet<number>
  #ids = new Uint32Array(64)
  #length = 0

  constructor(symbols: SymbolTable) {
    this.#symbols = symbols
    this.#reserved = new Set(reservedNames.map((name) => symbols.intern(name)))
  }

  clear(): this {
    this.#length = 0
    return this
  }

  load(labels: LabelColumns, set: number): this {
    const start = labels.offsets[set] ?? 0
    const end = labels.offsets[set + 1] ?? start
    if (end - start > this.#ids.length) this.#ids = new Uint32Array((end - start) * 2)
    // A set is short: a view of it would cost more.
    for (let at = start; at < end; at++) this.#ids[at - start] = labels.labelIds[at] ?? 0
    this.#length = end - start
    return this
  }

  keep(names: ReadonlySet<number>): this {
    return this.#filter((name) => names.has(name))
  }

  drop(names: ReadonlySet<number>): this {
    return this.#filter((name) => !names.has(name))
  }

  dropReserved(): this {
    return this.drop(this.#reserved)
  }

  /** The value's text, or '' where the label is absent. */
  get(name: number): string {
    const at = this.#find(name)
    return at < 0 ? '' : this.#symbols.text(this.#ids[at + 1] ?? 0)
  }

  /** The empty value deletes. */
  set(name: number, value: string): this {
    const at = this.#find(name)
    if (value === '') {
      if (at >= 0) this.#remove(at)
      return this
    }
    const id = this.#symbols.intern(value)
    if (at >= 0) this.#ids[at + 1] = id
    else this.#insert(name, id)
    return this
  }

  appendTo(sets: LabelSets): number {
    return sets.append(this.#ids, 0, this.#length)
  }

  addTo(index: LabelSetIndex): number {
    return index.add(this.#ids, 0, this.#length)
  }

  findIn(index: LabelSetIndex): number {
    return index.find(this.#ids, 0, this.#length)
  }

  #find(name: number): number {
    for (let at = 0; at < this.#length; at += 2) if (this.#ids[at] === name) return at
    return -1
  }

  #filter(keeps: (name: number) => boolean): this {
    let length = 0
    for (let at = 0; at < this.#length; at += 2) {
      const name = this.#ids[at] ?? 0
      if (!keeps(name)) continue
      this.#ids[length] = name
      this.#ids[length + 1] = this.#ids[at + 1] ?? 0
      length += 2
    }
    this.#length = length
    return this
  }

  #remove(at: number): void {
    this.#ids.copyWithin(at, at + 2, this.#length)
    this.#length -= 2
  }

  #insert(name: number, value: number): void {
    if (this.#length + 2 > this.#ids.length) {
      const ids = new Uint32Array(this.#ids.length * 2)
      ids.set(this.#ids)
      this.#ids = ids
    }
    const text = this.#symbols.text(name)
    let at = 0
    while (at < this.#length && compareBytes(this.#symbols.text(this.#ids[at] ?? 0), text) < 0) {
      at += 2
    }
    this.#ids.copyWithin(at + 2, at, this.#length)
    this.#ids[at] = name
    this.#ids[at + 1] = value
    this.#length += 2
  }
}

/** The value of one label of a set, or '' where it is absent. */
export function labelValue(
  labels: LabelColumns,
  set: number,
  name: number,
  symbols: SymbolTable,
): string {
  const end = labels.offsets[set + 1] ?? 0
  for (let at = labels.offsets[set] ?? 0; at < end; at += 2) {
    if (labels.labelIds[at] === name) return symbols.text(labels.labelIds[at + 1] ?? 0)
  }
  return ''
}

/** {__name__="metric", name="value"}: all pairs in order, as upstream's errors print a label set. */
export function labelSetText(labels: LabelColumns, set: number, symbols: SymbolTable): string {
  const pairs: string[] = []
  const end = labels.offsets[set + 1] ?? 0
  for (let at = labels.offsets[set] ?? 0; at < end; at += 2) {
    const name = symbols.text(labels.labelIds[at] ?? 0)
    const value = symbols.text(labels.labelIds[at + 1] ?? 0)
    pairs.push(`${/^[a-zA-Z_]\w*$/.test(name) ? name : goQuote(name)}=${goQuote(value)}`)
  }
  return `{${pairs.join(', ')}}`
}
