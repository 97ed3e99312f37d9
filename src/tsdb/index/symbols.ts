import { assert } from '../../base/assert.ts'
import type { SharedColumn, SharedColumns } from '../../base/shared-columns.ts'
import { noEntry, SharedHashTable } from '../../base/shared-hash-table.ts'

/** Symbol bytes stand in segments of this size: a symbol never crosses one. */
const arenaSegmentBytes = 1 << 22

/**
 * Texts of labels, interned once: UTF-8 bytes in an arena, id = index. One writer; readers in other
 * threads see what was published before their query began. The hash table is a column of id + 1,
 * open addressing; when it grows, a new one takes the place of the old, which readers may finish on.
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

  /** The id of a text, or noEntry. */
  find(text: Uint8Array): number {
    return this.table.find(hashBytes(text), (id) => this.matches(id, text))
  }

  /** Where the UTF-8 bytes of a symbol stand. */
  place(id: number): { bytes: Uint8Array; start: number; end: number } {
    const start = this.start.get(id)
    const from = start & this.bytes.mask
    const bytes = this.bytes.segment(start >>> this.bytes.shift)
    return { bytes, start: from, end: from + this.length.get(id) }
  }

  text(id: number): string {
    const start = this.start.get(id)
    const segment = this.bytes.segment(start >>> this.bytes.shift)
    const from = start & this.bytes.mask
    return Buffer.from(segment.buffer, from, this.length.get(id)).toString('utf8')
  }

  matches(id: number, text: Uint8Array): boolean {
    if (this.length.get(id) !== text.length) return false
    const start = this.start.get(id)
    const segment = this.bytes.segment(start >>> this.bytes.shift)
    const from = start & this.bytes.mask
    for (let index = 0; index < text.length; index++) {
      if (segment[from + index] !== text[index]) return false
    }
    return true
  }
}

/** The writer's side: finds and adds. */
export class SymbolWriter {
  readonly columns: SymbolColumns
  #count = 0
  #arenaEnd = 0
  /** Texts seen lately, so that most look-ups neither encode nor hash. */
  readonly #recent = new Map<string, number>()

  constructor(columns: SharedColumns) {
    this.columns = new SymbolColumns(columns)
  }

  get count(): number {
    return this.#count
  }

  intern(text: string): number {
    const known = this.#recent.get(text)
    if (known !== undefined) return known
    const id = this.internBytes(encoder.encode(text))
    if (this.#recent.size >= recentMax) this.#recent.clear()
    this.#recent.set(text, id)
    return id
  }

  internBytes(text: Uint8Array): number {
    const found = this.columns.find(text)
    return found === noEntry ? this.#add(text) : found
  }

  #add(text: Uint8Array): number {
    assert(text.length < arenaSegmentBytes, `label text of ${text.length} bytes`)
    const { bytes, start, length, table } = this.columns
    const left = arenaSegmentBytes - (this.#arenaEnd & bytes.mask)
    if (left < text.length) this.#arenaEnd += left
    bytes.reserve(this.#arenaEnd + Math.max(1, text.length))
    bytes.segment(this.#arenaEnd >>> bytes.shift).set(text, this.#arenaEnd & bytes.mask)
    const id = this.#count++
    start.reserve(id + 1)
    length.reserve(id + 1)
    start.set(id, this.#arenaEnd)
    length.set(id, text.length)
    this.#arenaEnd += text.length
    table.insert(hashBytes(text), id)
    return id
  }
}

const encoder = new TextEncoder()
const recentMax = 65_536

/** FNV-1a with a final mix: label texts differ in their last bytes. */
export function hashBytes(bytes: Uint8Array): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < bytes.length; index++) {
    hash = Math.imul(hash ^ (bytes[index] ?? 0), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return (hash ^ (hash >>> 13)) >>> 0
}
