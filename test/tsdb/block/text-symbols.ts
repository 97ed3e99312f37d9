import type { SymbolTable, TextPlace } from '../../../src/storage/querier.ts'

/** The symbol table of a query, as plain as can be. */
export class TextSymbols implements SymbolTable {
  readonly #texts: string[] = []
  readonly #ids = new Map<string, number>()

  text(id: number): string {
    return this.#texts[id] ?? ''
  }

  place(id: number): TextPlace {
    const bytes = new TextEncoder().encode(this.text(id))
    return { bytes, start: 0, end: bytes.length }
  }

  intern(text: string): number {
    const known = this.#ids.get(text)
    if (known !== undefined) return known
    this.#ids.set(text, this.#texts.length)
    return this.#texts.push(text) - 1
  }
}
