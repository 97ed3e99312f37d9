import type { SharedColumn, SharedColumns } from '../../base/shared-columns.ts'
import { noEntry, SharedHashTable } from '../../base/shared-hash-table.ts'
import type { SeenLabels } from './label-clock.ts'
import { arenaSegmentBytes } from './text-arena.ts'

/** Words of a symbol: the place of its text and the bytes of it, and when it was made and ended. */
export const symbolWords = 4
export const symbolWord = { start: 0, length: 1, made: 2, ended: 3 } as const

/** What of the symbols somebody sees. */
export type SeenSymbols = Pick<SeenLabels, 'symbols' | 'clock'>

/**
 * Texts of labels, interned once: UTF-8 bytes in an arena, id = index. One writer; readers in other
 * threads see what there was when they were told of the head. No series has the text of a symbol that
 * has ended; its id is another text's when nobody is left who saw it. So within one query an id means
 * one text and a text has one id.
 */
export class SymbolColumns {
  readonly bytes: SharedColumn<'uint8'>
  readonly words: SharedColumn<'uint32'>
  readonly table: SharedHashTable

  constructor(columns: SharedColumns) {
    this.bytes = columns.column('uint8', arenaSegmentBytes)
    this.words = columns.column('uint32', symbolWords << 16)
    this.table = new SharedHashTable(columns)
  }

  /** The id of text[start .. end), which has this hash, among those that are seen; or noEntry. */
  find(text: Uint8Array, start: number, end: number, hash: number, seen: SeenSymbols): number {
    const { table } = this
    for (let place = table.probe(hash, noEntry); place !== noEntry; ) {
      const id = table.entryAt(place)
      if (this.isSeen(id, seen) && this.matches(id, text, start, end)) return id
      place = table.probe(hash, place)
    }
    return noEntry
  }

  isSeen(id: number, { symbols, clock }: SeenSymbols): boolean {
    if (id >= symbols) return false
    const words = this.words.segment((id * symbolWords) >>> this.words.shift)
    const at = (id * symbolWords) & this.words.mask
    // An id is given out again in the other order: never is its end seen to be gone and its birth not yet new.
    const ended = Atomics.load(words, at + symbolWord.ended)
    return ended >= clock && Atomics.load(words, at + symbolWord.made) < clock
  }

  /** Where the UTF-8 bytes of a symbol stand. */
  place(id: number): { bytes: Uint8Array; start: number; end: number } {
    const start = this.words.get(id * symbolWords + symbolWord.start)
    const from = start & this.bytes.mask
    const bytes = this.bytes.segment(start >>> this.bytes.shift)
    return { bytes, start: from, end: from + this.lengthOf(id) }
  }

  /** Bytes of a symbol's text. */
  lengthOf(id: number): number {
    return this.words.get(id * symbolWords + symbolWord.length)
  }

  text(id: number): string {
    const { bytes, start, end } = this.place(id)
    return Buffer.from(bytes.buffer, start, end - start).toString('utf8')
  }

  /** Whether a symbol is text[start .. end). */
  matches(id: number, text: Uint8Array, start: number, end: number): boolean {
    const words = this.words.segment((id * symbolWords) >>> this.words.shift)
    const at = (id * symbolWords) & this.words.mask
    if (words[at + symbolWord.length] !== end - start) return false
    const place = words[at + symbolWord.start] ?? 0
    const segment = this.bytes.segment(place >>> this.bytes.shift)
    // What differs differs in its last bytes.
    const behind = (place & this.bytes.mask) - start
    for (let byte = end - 1; byte >= start; byte--) {
      if (segment[behind + byte] !== text[byte]) return false
    }
    return true
  }
}
