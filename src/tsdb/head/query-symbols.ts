import { noEntry } from '../../base/shared-hash-table.ts'
import type { SymbolTable, TextPlace } from '../../storage/querier.ts'
import type { StoredTexts } from '../../storage/stored-texts.ts'
import type { SeenLabels } from '../index/label-clock.ts'
import type { SymbolColumns } from '../index/symbols.ts'
import { hashBytes } from '../index/text-hash.ts'

/**
 * The symbols of one query: those of the head under their own ids, and behind them what the query
 * makes itself. Texts are decoded once.
 */
export class QuerySymbols implements SymbolTable {
  readonly #head: SymbolColumns
  readonly #seen: SeenLabels
  readonly stored: StoredTexts
  readonly #texts = new Map<number, string>()
  readonly #ids = new Map<string, number>()
  /** Of texts that the query made itself. */
  readonly #places = new Map<number, TextPlace>()
  readonly #encoder = new TextEncoder()
  #count: number

  constructor(head: SymbolColumns, seen: SeenLabels) {
    const { symbols, clock, epoch } = seen
    this.#head = head
    this.#seen = seen
    this.stored = { count: symbols, clock, epoch }
    this.#count = symbols
  }

  text(id: number): string {
    const known = this.#texts.get(id)
    if (known !== undefined) return known
    const text = this.#head.text(id)
    this.#texts.set(id, text)
    return text
  }

  place(id: number): TextPlace {
    if (id < this.#seen.symbols) return this.#head.place(id)
    const known = this.#places.get(id)
    if (known !== undefined) return known
    const bytes = this.#encoder.encode(this.text(id))
    const place = { bytes, start: 0, end: bytes.length }
    this.#places.set(id, place)
    return place
  }

  /** The id of a text that the head has, or noEntry. */
  find(text: string): number {
    const known = this.#ids.get(text)
    if (known !== undefined) return known < this.#seen.symbols ? known : noEntry
    const bytes = this.#encoder.encode(text)
    const hash = hashBytes(bytes, 0, bytes.length)
    return this.#head.find(bytes, 0, bytes.length, hash, this.#seen)
  }

  intern(text: string): number {
    const known = this.#ids.get(text)
    if (known !== undefined) return known
    const found = this.find(text)
    const id = found === noEntry ? this.#count++ : found
    this.#ids.set(text, id)
    this.#texts.set(id, text)
    return id
  }
}
