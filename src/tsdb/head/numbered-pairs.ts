import type { HeadMemory } from './head-memory.ts'

/** Words of a pair: the symbols of name and value, and the pair of the label index. */
export const pairWords = 3
export const pairWord = { name: 0, value: 1, listed: 2 } as const

/** What the numbers of label pairs stand for in a head that a log fills; see SeriesNumbers. */
export class NumberedPairs {
  readonly #memory: HeadMemory
  #count = 0
  words = new Uint32Array(pairWords << 12)

  constructor(memory: HeadMemory) {
    this.#memory = memory
  }

  /** See InternedSeries. */
  add(bytes: Uint8Array, start: number, nameEnd: number, end: number, like: number): void {
    const at = this.#count++ * pairWords
    if (at === this.words.length) this.#grow()
    const { words } = this
    const { symbols, index } = this.#memory
    const name =
      like < 0
        ? symbols.internBytes(bytes, start, nameEnd)
        : (words[like * pairWords + pairWord.name] ?? 0)
    const value = symbols.internBytes(bytes, nameEnd, end)
    words[at + pairWord.name] = name
    words[at + pairWord.value] = value
    words[at + pairWord.listed] = index.pair(name, value)
  }

  #grow(): void {
    const words = new Uint32Array(this.words.length * 2)
    words.set(this.words)
    this.words = words
  }
}
