import { lineWord, newestStale } from '../chunk/xor-line.ts'

/** Counts the series whose newest sample is a stale marker (row T4.10): a flag in their lines. */
export class StaleSeries {
  count = 0

  /** Whoever else writes the kind of a line keeps the flag as it is. */
  mark(words: Uint32Array, word: number, isStale: boolean): void {
    const kind = words[word + lineWord.kind] ?? 0
    if (((kind & newestStale) !== 0) === isStale) return
    this.count += isStale ? 1 : -1
    words[word + lineWord.kind] = kind ^ newestStale
  }
}
