import { randomFillSync } from 'node:crypto'
import { LabelHash } from './label-hash.ts'

/** A label set that the table does not know. */
export const unknownSeries = -1

const entryWords = 5

/**
 * Finds the id of a series by its label set as a sender encodes it: 20 bytes an entry, whatever the
 * labels' length. Half of the places are free at least; at its limit it begins anew.
 */
export class SeriesTable {
  readonly #hash = new LabelHash(randomFillSync(new Uint32Array(4)))
  readonly #entriesMax: number
  /** Hash words, then id + 1 (0 = free). */
  #words = new Uint32Array(entryWords << 10)
  #count = 0

  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax
  }

  get size(): number {
    return this.#count
  }

  /** The id, or unknownSeries: then add() puts it where it was looked for. */
  find(bytes: Uint8Array, start: number, end: number): number {
    this.#hash.hash(bytes, start, end)
    return (this.#words[this.#place(this.#words) + 4] ?? 0) - 1
  }

  /** The id of what find() looked for last and did not know. */
  add(id: number): void {
    if (this.#count >= this.#entriesMax) this.clear()
    if ((this.#count + 1) * 2 * entryWords > this.#words.length) this.#grow()
    const at = this.#place(this.#words)
    this.#words.set(this.#hash.words, at)
    this.#words[at + 4] = id + 1
    this.#count++
  }

  clear(): void {
    this.#words = new Uint32Array(entryWords << 10)
    this.#count = 0
  }

  /** Where the hash at hand stands in the words, or would. */
  #place(words: Uint32Array): number {
    const hash = this.#hash.words
    const [a, b, c, d] = [hash[0], hash[1], hash[2], hash[3]]
    const mask = words.length / entryWords - 1
    for (let place = (a ?? 0) & mask; ; place = (place + 1) & mask) {
      const at = place * entryWords
      if (words[at + 4] === 0) return at
      if (words[at] !== a || words[at + 1] !== b) continue
      if (words[at + 2] === c && words[at + 3] === d) return at
    }
  }

  #grow(): void {
    const old = this.#words
    const words = new Uint32Array(old.length * 2)
    const mask = words.length / entryWords - 1
    for (let from = 0; from < old.length; from += entryWords) {
      if (old[from + 4] === 0) continue
      let place = (old[from] ?? 0) & mask
      while (words[place * entryWords + 4] !== 0) place = (place + 1) & mask
      const to = place * entryWords
      for (let word = 0; word < entryWords; word++) words[to + word] = old[from + word] ?? 0
    }
    this.#words = words
  }
}
