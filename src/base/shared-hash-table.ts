import type { SharedColumn, SharedColumns } from './shared-columns.ts'

/** No such entry, or no such place. */
export const noEntry = -1

/**
 * A hash table of entry numbers in shared memory: open addressing, never more than half full, no
 * deletion. What an entry is, the caller knows: it walks over those of a hash and compares. When it
 * grows, a new table takes the place of the old; readers may finish on the old one, which has all
 * entries that were published before. A reader skips entries newer than what was published to it:
 * their columns may stand in segments that it was not handed.
 */
export class SharedHashTable {
  /** Words in pairs: entry + 1 (0 = free), hash. */
  readonly #column: SharedColumn<'uint32'>
  #count = 0

  constructor(columns: SharedColumns) {
    this.#column = columns.column('uint32', 1)
  }

  /**
   * The next place with an entry of this hash, behind the place `after` (noEntry: the first one);
   * noEntry where there is none. Ends, as there are always free places.
   */
  probe(hash: number, after: number): number {
    const words = this.#column.segments[0]
    if (words === undefined) return noEntry
    const mask = words.length / 2 - 1
    for (let at = after === noEntry ? hash & mask : (after + 1) & mask; ; at = (at + 1) & mask) {
      if (Atomics.load(words, at * 2) === 0) return noEntry
      if (words[at * 2 + 1] === hash) return at
    }
  }

  entryAt(place: number): number {
    return (this.#column.segments[0]?.[place * 2] ?? 0) - 1
  }

  /** Adds an entry that is not there; its content must be written before. */
  insert(hash: number, entry: number): void {
    const words = this.#column.segments[0]
    this.#count++
    if (words === undefined || this.#count * 4 > words.length) this.#grow(words)
    place(this.#column.segment(0), hash, entry)
  }

  #grow(old: Uint32Array | undefined): void {
    const bytes = old === undefined ? 1 << 12 : old.byteLength * 2
    const memory = new SharedArrayBuffer(bytes)
    const words = new Uint32Array(memory)
    for (let at = 0; old !== undefined && at < old.length; at += 2) {
      const found = old[at] ?? 0
      if (found !== 0) place(words, old[at + 1] ?? 0, found - 1)
    }
    this.#column.replace(memory)
  }
}

function place(words: Uint32Array, hash: number, entry: number): void {
  const mask = words.length / 2 - 1
  let at = hash & mask
  while (words[at * 2] !== 0) at = (at + 1) & mask
  words[at * 2 + 1] = hash
  Atomics.store(words, at * 2, entry + 1)
}

/** Mixes two numbers into a hash whose low bits are good. */
export function mixHash(a: number, b: number): number {
  let hash = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 0x7f4a7c15, 0xc2b2ae35)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return (hash ^ (hash >>> 13)) >>> 0
}
