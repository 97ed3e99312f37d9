import { NarthexError } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import type { SharedColumn, SharedColumns } from '../../base/shared-columns.ts'
import { noEntry, SharedHashTable } from '../../base/shared-hash-table.ts'

/** Symbol bytes stand in segments of this size: a symbol never crosses one. */
const arenaSegmentBytes = 1 << 22

/**
 * Texts of labels, interned once: UTF-8 bytes in an arena, id = index. One writer; readers in other
 * threads see what was published before their query began.
 */
export class SymbolColumns {
  readonly bytes: SharedColumn<'uint8'>
  readonly start: SharedColumn<'uint32'>
  readonly length: SharedColumn<'uint32'>
  readonly table: SharedHashTable

  constructor(columns: SharedColumns) {
    this.bytes = columns.column('uint8', arenaSegmentBytes)
    this.start = columns.column('uint32', 1 << 16)
    this.length = columns.column('uint32', 1 << 16)
    this.table = new SharedHashTable(columns)
  }

  /** The id of text[start .. end), which has this hash, among those below `idLimit`; or noEntry. */
  find(text: Uint8Array, start: number, end: number, hash: number, idLimit: number): number {
    const { table } = this
    for (let place = table.probe(hash, noEntry); place !== noEntry; ) {
      const id = table.entryAt(place)
      if (id < idLimit && this.matches(id, text, start, end)) return id
      place = table.probe(hash, place)
    }
    return noEntry
  }

  /** Where the UTF-8 bytes of a symbol stand. */
  place(id: number): { bytes: Uint8Array; start: number; end: number } {
    const start = this.start.get(id)
    const from = start & this.bytes.mask
    const bytes = this.bytes.segment(start >>> this.bytes.shift)
    return { bytes, start: from, end: from + this.length.get(id) }
  }

  text(id: number): string {
    const { bytes, start, end } = this.place(id)
    return Buffer.from(bytes.buffer, start, end - start).toString('utf8')
  }

  /** Whether a symbol is text[start .. end). */
  matches(id: number, text: Uint8Array, start: number, end: number): boolean {
    if (this.length.get(id) !== end - start) return false
    const place = this.start.get(id)
    const segment = this.bytes.segment(place >>> this.bytes.shift)
    // What differs differs in its last bytes.
    const behind = (place & this.bytes.mask) - start
    for (let at = end - 1; at >= start; at--) {
      if (segment[behind + at] !== text[at]) return false
    }
    return true
  }
}

/** The writer's side: finds and adds. */
export class SymbolWriter {
  readonly columns: SymbolColumns
  #count = 0
  #arenaEnd = 0
  /** UTF-8 of the text at hand. */
  #bytes = new Uint8Array(1024)
  /** The latest text and symbol at each position of a label set: neighbours agree in most. */
  readonly #latestTexts: string[] = []
  readonly #latestSymbols: number[] = []
  /** The same of texts that came as bytes. */
  readonly #latestOfBytes = new Int32Array(latestPositionsMax).fill(noEntry)

  constructor(columns: SharedColumns) {
    this.columns = new SymbolColumns(columns)
  }

  get count(): number {
    return this.#count
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
    return this.columns.find(bytes, 0, bytes.length, hash, this.#count)
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
    const found = this.columns.find(text, start, end, hash, this.#count)
    return found === noEntry ? this.#add(text, start, end, hash) : found
  }

  #add(text: Uint8Array, from: number, to: number, hash: number): number {
    const { bytes, start, length, table } = this.columns
    const textLength = to - from
    const left = arenaSegmentBytes - (this.#arenaEnd & bytes.mask)
    const at = left < textLength ? this.#arenaEnd + left : this.#arenaEnd
    const most = limits.headSymbolBytesMax
    if (textLength > arenaSegmentBytes || at + textLength > most) {
      const message = `the head holds ${at} bytes of label texts, limit ${most}`
      throw new NarthexError('LIMIT_EXCEEDED', `${message}: none of ${textLength} bytes is taken`)
    }
    bytes.reserve(at + Math.max(1, textLength))
    bytes.segment(at >>> bytes.shift).set(text.subarray(from, to), at & bytes.mask)
    this.#arenaEnd = at + textLength
    const id = this.#count++
    start.reserve(id + 1)
    length.reserve(id + 1)
    start.set(id, at)
    length.set(id, textLength)
    table.insert(hash, id)
    return id
  }
}

const encoder = new TextEncoder()
const latestPositionsMax = 128

/** FNV-1a with a final mix: label texts differ in their last bytes. */
export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = hashSeed
  for (let at = start; at < end; at++) {
    hash = Math.imul(hash ^ (bytes[at] ?? 0), hashPrime)
  }
  return mixed(hash)
}

const hashSeed = 0x811c9dc5
const hashPrime = 0x01000193

function mixed(hash: number): number {
  const folded = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return (folded ^ (folded >>> 13)) >>> 0
}
