import { SharedColumns } from '../../base/shared-columns.ts'
import { noEntry } from '../../base/shared-hash-table.ts'
import { FreeNumbers } from './free-numbers.ts'
import { type LabelClock, never } from './label-clock.ts'
import { SymbolColumns, symbolWord, symbolWords } from './symbols.ts'
import { TextArena } from './text-arena.ts'
import { hashBytes, hashPrime, hashSeed, mixed } from './text-hash.ts'

/**
 * The writer's side: finds and adds. A symbol is held by each label pair with its text; one that
 * none holds ends when endUnheld comes by.
 */
export class SymbolWriter {
  readonly columns: SymbolColumns
  readonly #clock: LabelClock
  readonly #arena: TextArena
  readonly #free = new FreeNumbers()
  /** By symbol: how many label pairs hold it. */
  readonly #holders = new SharedColumns().column('uint32', 1 << 16)
  /** An id to give out next, whose text is gone already. */
  #spare = noEntry
  /** Ids that have been given out. */
  #count = 0
  /** Symbols that there are. */
  #alive = 0
  /** UTF-8 of the text at hand. */
  #bytes = new Uint8Array(1024)
  /** The latest text and symbol at each position of a label set: neighbours agree in most. */
  readonly #latestTexts: string[] = []
  readonly #latestSymbols: number[] = []
  /** The same of texts that came as bytes. */
  readonly #latestOfBytes = new Int32Array(latestPositionsMax).fill(noEntry)

  constructor(columns: SharedColumns, clock: LabelClock) {
    this.columns = new SymbolColumns(columns)
    this.#clock = clock
    this.#arena = new TextArena(this.columns.bytes)
  }

  /** Ids below this have been given out. */
  get count(): number {
    return this.#count
  }

  /** How many symbols there are. */
  get alive(): number {
    return this.#alive
  }

  /** The symbol of the text that stands at `position` of a label set. */
  internAt(position: number, text: string): number {
    if (this.#latestTexts[position] === text) return this.#latestSymbols[position] ?? 0
    const symbol = this.#intern(text)
    if (position < latestPositionsMax) {
      this.#latestTexts[position] = text
      this.#latestSymbols[position] = symbol
    }
    return symbol
  }

  #intern(text: string): number {
    if (this.#bytes.length < text.length * 3) this.#bytes = new Uint8Array(text.length * 6)
    const bytes = this.#bytes
    let hash = hashSeed
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index)
      if (unit >= 0x80) {
        const { written } = encoder.encodeInto(text, bytes)
        return this.#findOrAdd(bytes, 0, written, hashBytes(bytes, 0, written))
      }
      bytes[index] = unit
      hash = Math.imul(hash ^ unit, hashPrime)
    }
    return this.#findOrAdd(bytes, 0, text.length, mixed(hash))
  }

  /** The symbol of a text, or noEntry. */
  find(text: string): number {
    const bytes = encoder.encode(text)
    const hash = hashBytes(bytes, 0, bytes.length)
    return this.#find(bytes, 0, bytes.length, hash)
  }

  /** The symbol of bytes[start .. end). */
  internBytes(bytes: Uint8Array, start: number, end: number): number {
    return this.#findOrAdd(bytes, start, end, hashBytes(bytes, start, end))
  }

  /** The same of bytes that stand at `position` of a label set. */
  internBytesAt(position: number, bytes: Uint8Array, start: number, end: number): number {
    const latest = this.#latestOfBytes[position] ?? noEntry
    if (latest !== noEntry && this.columns.matches(latest, bytes, start, end)) return latest
    const symbol = this.#findOrAdd(bytes, start, end, hashBytes(bytes, start, end))
    if (position < latestPositionsMax) this.#latestOfBytes[position] = symbol
    return symbol
  }

  #findOrAdd(text: Uint8Array, start: number, end: number, hash: number): number {
    const found = this.#find(text, start, end, hash)
    return found === noEntry ? this.#add(text, start, end, hash) : found
  }

  /** As SymbolColumns.find, for who has made them all: its columns are at hand, and nobody else writes. */
  #find(text: Uint8Array, start: number, end: number, hash: number): number {
    const { table, words } = this.columns
    for (let place = table.probe(hash, noEntry); place !== noEntry; ) {
      const id = table.entryAt(place)
      const isSame = this.columns.matches(id, text, start, end)
      if (isSame && words.get(id * symbolWords + symbolWord.ended) === never) return id
      place = table.probe(hash, place)
    }
    return noEntry
  }

  #add(text: Uint8Array, from: number, to: number, hash: number): number {
    const { words, table } = this.columns
    const made = this.#clock.madeAt()
    if (this.#spare === noEntry) this.#spare = this.#emptied()
    const place = this.#arena.write(text, from, to)
    const id = this.#spare === noEntry ? this.#newId() : this.#spare
    this.#spare = noEntry
    const segment = words.segment((id * symbolWords) >>> words.shift)
    const at = (id * symbolWords) & words.mask
    segment[at + symbolWord.start] = place
    segment[at + symbolWord.length] = to - from
    // In this order, see SymbolColumns.isSeen.
    Atomics.store(segment, at + symbolWord.made, made)
    Atomics.store(segment, at + symbolWord.ended, never)
    table.insert(hash, id)
    this.#alive++
    return id
  }

  /** An id that was given back, without the text that it had; or noEntry. */
  #emptied(): number {
    const id = this.#free.take()
    if (id === noEntry) return noEntry
    const { bytes, start, end } = this.columns.place(id)
    this.columns.table.remove(hashBytes(bytes, start, end), id)
    this.#arena.free(this.columns.words.get(id * symbolWords + symbolWord.start), end - start)
    return id
  }

  #newId(): number {
    const id = this.#count
    this.columns.words.reserve((id + 1) * symbolWords)
    this.#holders.reserve(id + 1)
    this.#count = id + 1
    return id
  }

  /** One more label pair has the symbol. */
  hold(id: number): void {
    this.#holders.set(id, this.#holders.get(id) + 1)
  }

  /** One fewer. */
  release(id: number): void {
    this.#holders.set(id, this.#holders.get(id) - 1)
  }

  /**
   * Symbols from `from` up to `to` that no pair holds have ended: who is told of the head from now on
   * does not see them. Answers them; then giveBack.
   */
  endUnheld(from: number, to: number): Uint32Array {
    const { words } = this.columns
    const ended: number[] = []
    for (let id = from; id < to; id++) {
      if (this.#holders.get(id) > 0) continue
      const at = id * symbolWords + symbolWord.ended
      if (words.get(at) === never) ended.push(id)
    }
    if (ended.length === 0) return noIds
    const time = this.#clock.endedAt()
    for (const id of ended) {
      const at = id * symbolWords + symbolWord.ended
      Atomics.store(words.segment(at >>> words.shift), at & words.mask, time)
    }
    this.#alive -= ended.length
    this.#latestTexts.length = 0
    this.#latestOfBytes.fill(noEntry)
    return Uint32Array.from(ended)
  }

  /** Where nobody reads: what is there was made at 0, and what is gone ended then. */
  beginAnew(): void {
    const { words } = this.columns
    for (let id = 0; id < this.#count; id++) {
      const at = id * symbolWords
      const isThere = words.get(at + symbolWord.ended) === never
      words.set(at + (isThere ? symbolWord.made : symbolWord.ended), 0)
    }
  }

  /** Nobody sees these any more: their ids are given out again. */
  giveBack(ended: Uint32Array): void {
    this.#free.give(ended)
  }
}

const encoder = new TextEncoder()
const noIds = new Uint32Array(0)
const latestPositionsMax = 128
