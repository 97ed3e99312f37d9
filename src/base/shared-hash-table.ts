import type { SharedColumn, SharedColumns } from './shared-columns.ts'

/** No such entry, or no such place. */
export const noEntry = -1

/** Stands where an entry was taken out and others may be found behind it; no entry has this number. */
const takenOut = 0xffffffff

/**
 * A hash table of entry numbers in shared memory: open addressing, never more than half full. What an
 * entry is, the caller knows: it walks over those of a hash and compares. When it
 * grows, a new table takes the place of the old; readers may finish on the old one, which has all
 * entries that were published before. A reader skips entries newer than what was published to it:
 * their columns may stand in segments that it was not handed. It may come upon an entry of another
 * hash, or a number above all entries, where one is taken out meanwhile.
 */
export class SharedHashTable {
  /** Words in pairs: entry + 1 (0 = free), hash. */
  readonly #column: SharedColumn<'uint32'>
  /** Places that are not free, and those of them that hold no entry any more. */
  #used = 0
  #takenOut = 0

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
      const found = Atomics.load(words, at * 2)
      if (found === 0) return noEntry
      if (words[at * 2 + 1] === hash && found !== takenOut) return at
    }
  }

  entryAt(place: number): number {
    return (this.#column.segments[0]?.[place * 2] ?? 0) - 1
  }

  /** Adds an entry that is not there; its content must be written before. */
  insert(hash: number, entry: number): void {
    const words = this.#column.segments[0]
    if (words === undefined || (this.#used + 1) * 4 > words.length) this.#makeAnew(words)
    if (place(this.#column.segment(0), hash, entry)) this.#takenOut--
    else this.#used++
  }

  /** Takes an entry out that no reader looks for any more. */
  remove(hash: number, entry: number): void {
    const words = this.#column.segment(0)
    let at = this.probe(hash, noEntry)
    while (at !== noEntry && this.entryAt(at) !== entry) at = this.probe(hash, at)
    if (at === noEntry) return
    const mask = words.length / 2 - 1
    this.#takenOut++
    Atomics.store(words, at * 2, takenOut)
    // Nothing is found behind a free place: what was taken out just before one is free as well.
    if (words[((at + 1) & mask) * 2] !== 0) return
    for (; words[at * 2] === takenOut; at = (at - 1) & mask) {
      Atomics.store(words, at * 2, 0)
      this.#takenOut--
      this.#used--
    }
  }

  /** Twice as large, or as large where many were taken out. */
  #makeAnew(old: Uint32Array | undefined): void {
    const isFull = old !== undefined && (this.#used - this.#takenOut) * 8 > old.length
    const bytes = old === undefined ? 1 << 12 : old.byteLength * (isFull ? 2 : 1)
    const memory = new SharedArrayBuffer(bytes)
    const words = new Uint32Array(memory)
    for (let at = 0; old !== undefined && at < old.length; at += 2) {
      const found = old[at] ?? 0
      if (found !== 0 && found !== takenOut) place(words, old[at + 1] ?? 0, found - 1)
    }
    this.#used -= this.#takenOut
    this.#takenOut = 0
    this.#column.replace(memory)
  }
}

/** Answers whether one was taken out there. */
function place(words: Uint32Array, hash: number, entry: number): boolean {
  const mask = words.length / 2 - 1
  let at = hash & mask
  for (; words[at * 2] !== 0 && words[at * 2] !== takenOut; at = (at + 1) & mask);
  const wasTakenOut = words[at * 2] === takenOut
  words[at * 2 + 1] = hash
  Atomics.store(words, at * 2, entry + 1)
  return wasTakenOut
}

/** Mixes two numbers into a hash whose low bits are good. */
export function mixHash(a: number, b: number): number {
  let hash = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 0x7f4a7c15, 0xc2b2ae35)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return (hash ^ (hash >>> 13)) >>> 0
}
