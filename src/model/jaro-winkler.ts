import { CodePoints } from './code-points.ts'

/** Weight of each character that both begin with, of at most this many. */
const prefixWeight = 0.1
const prefixMax = 4

/**
 * The Jaro-Winkler similarity of a term to texts, from 0 to 1 (they are the same), by code points
 * (FEATURES row A3.2, `jarowinkler`).
 */
export class JaroWinkler {
  readonly #term: string
  readonly #points: CodePoints
  readonly #text = new CodePoints()
  /** Which characters of the shorter and of the longer have their match. */
  #shortMatches = new Uint8Array(64)
  #longMatches = new Uint8Array(64)

  constructor(term: string) {
    this.#term = term
    this.#points = new CodePoints(term)
  }

  of(text: string): number {
    if (text === this.#term) return 1
    if (text === '' || this.#term === '') return 0
    this.#text.read(text)
    const isTermShort = this.#points.length <= this.#text.length
    const short = isTermShort ? this.#points : this.#text
    const long = isTermShort ? this.#text : this.#points
    const matches = this.#match(short, long)
    if (matches === 0) return 0
    const swapped = this.#swapped(short, long) * 0.5
    const jaro =
      (matches * (1 / short.length) + matches * (1 / long.length) + (matches - swapped) / matches) /
      3
    let prefix = 0
    while (prefix < Math.min(prefixMax, short.length) && short.at(prefix) === long.at(prefix)) {
      prefix++
    }
    return jaro + prefix * prefixWeight * (1 - jaro)
  }

  /** Gives each character of the shorter the first free one of the longer that is near enough. */
  #match(short: CodePoints, long: CodePoints): number {
    if (this.#longMatches.length < long.length) {
      this.#shortMatches = new Uint8Array(long.length * 2)
      this.#longMatches = new Uint8Array(long.length * 2)
    }
    this.#shortMatches.fill(0, 0, short.length)
    this.#longMatches.fill(0, 0, long.length)
    const distance = Math.max(Math.floor(long.length / 2) - 1, 0)
    let matches = 0
    for (let at = 0; at < short.length; at++) {
      const end = Math.min(at + distance + 1, long.length)
      for (let other = Math.max(at - distance, 0); other < end; other++) {
        if (this.#longMatches[other] === 1 || short.at(at) !== long.at(other)) continue
        this.#shortMatches[at] = 1
        this.#longMatches[other] = 1
        matches++
        break
      }
    }
    return matches
  }

  /** How many matches are others when both are read in order. */
  #swapped(short: CodePoints, long: CodePoints): number {
    let swapped = 0
    let other = 0
    for (let at = 0; at < short.length; at++) {
      if (this.#shortMatches[at] === 0) continue
      while (this.#longMatches[other] === 0) other++
      if (short.at(at) !== long.at(other)) swapped++
      other++
    }
    return swapped
  }
}
