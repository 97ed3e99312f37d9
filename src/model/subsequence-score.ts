import { CodePoints } from './code-points.ts'

/** What is not the text itself stays below 1. */
const inexactScale = 0.999

/**
 * How well a pattern's characters are found in a text in their order, from 0 (they are not) to 1 (it
 * is the text): each run counts by the square of its length, each gap before it costs its part of the
 * text, and what is left behind the last run half of that. The first place of each character is
 * taken; of all places to begin, the best counts (FEATURES row A3.2, `subsequence`).
 */
export class SubsequenceScore {
  readonly #pattern: string
  readonly #points: CodePoints
  readonly #text = new CodePoints()

  constructor(pattern: string) {
    this.#pattern = pattern
    this.#points = new CodePoints(pattern)
  }

  of(text: string): number {
    if (this.#pattern === '' || this.#pattern === text) return 1
    this.#text.read(text)
    const { length } = this.#points
    let best = -1
    for (let start = 0; start <= this.#text.length - length; start++) {
      if (this.#text.at(start) !== this.#points.at(0)) continue
      const score = this.#from(start)
      // What does not fit into the text from here on fits into no shorter rest.
      if (score === undefined) break
      best = Math.max(best, score)
    }
    return best < 0 ? 0 : (best / (length * length)) * inexactScale
  }

  #from(start: number): number | undefined {
    const [pattern, text] = [this.#points, this.#text]
    const part = 1 / text.length
    let score = 0
    let matched = 0
    let behind = 0
    let at = start
    while (matched < pattern.length) {
      while (at < text.length && text.at(at) !== pattern.at(matched)) at++
      if (at === text.length) return undefined
      const from = at
      while (at < text.length && matched < pattern.length && text.at(at) === pattern.at(matched)) {
        at++
        matched++
      }
      if (from > behind) score -= (from - behind) * part
      score += (at - from) * (at - from)
      behind = at
    }
    if (text.length > behind) score -= (text.length - behind) * part * 0.5
    return score
  }
}
