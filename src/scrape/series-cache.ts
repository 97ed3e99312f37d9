import { assert } from '../base/assert.ts'

/** What a known line is. */
export const lineKind = { series: 1, dropped: 2, metadata: 3 } as const

export type LineKind = (typeof lineKind)[keyof typeof lineKind]

/** The id of a series that must be asked for again: its labels have to be read from the page. */
export const unresolvedId = 0xffff_ffff

/** Entry 0 is no line: its successor is the first line of the page. */
export const rootEntry = 0

/**
 * What one target's previous pages have taught: which bytes stand for which series (row S4.6). A
 * line is known by the length and a 64-bit hash of its text up to the value, and each entry knows
 * which one followed it, so that in the usual page every line is found where it is expected and
 * only its value is read. About 45 bytes a line, in columns; nothing per series is an object.
 *
 * The hash tells a target's own lines apart, nothing else depends on it: by chance two of a million
 * lines collide once in 37 million such targets.
 */
export class SeriesCache {
  /** Counts pages; what was seen in the current one carries its number. */
  generation = 1
  /** Entries that the current page had. */
  seenCount = 0
  /** Entries in use, the root among them: 0 .. size - 1. */
  size = 1
  /** Hash halves and byte length of the text. */
  hashA = new Int32Array(initialCapacity)
  hashB = new Int32Array(initialCapacity)
  lengths = new Int32Array(initialCapacity)
  kinds = new Uint8Array(initialCapacity)
  /** Of a series: its id in the head. Of metadata: its type and slot. */
  ids = new Uint32Array(initialCapacity)
  /** The page that an entry was last seen in. */
  seen = new Int32Array(initialCapacity)
  /** The page that last left a sample of the entry which counts for staleness. */
  tracked = new Int32Array(initialCapacity)
  /** The entry that came after this one. */
  next = new Int32Array(initialCapacity)
  #buckets = new Int32Array(initialCapacity * 2)

  /** A new page, or the failure to get one. */
  beginGeneration(): void {
    this.generation++
    this.seenCount = 0
  }

  /** The entry of a text, or 0. */
  find(hashA: number, hashB: number, length: number): number {
    const buckets = this.#buckets
    const mask = buckets.length - 1
    for (let bucket = hashA & mask; ; bucket = (bucket + 1) & mask) {
      const entry = buckets[bucket] ?? 0
      if (entry === 0) return 0
      const isSame =
        this.hashA[entry] === hashA && this.hashB[entry] === hashB && this.lengths[entry] === length
      if (isSame) return entry
    }
  }

  /** A new entry for a text that find() does not know; not yet seen in any page. */
  add(hashA: number, hashB: number, length: number, kind: LineKind): number {
    if (this.size === this.lengths.length) this.#grow()
    const entry = this.size++
    this.hashA[entry] = hashA
    this.hashB[entry] = hashB
    this.lengths[entry] = length
    this.kinds[entry] = kind
    this.ids[entry] = unresolvedId
    this.seen[entry] = 0
    this.tracked[entry] = 0
    this.next[entry] = 0
    this.#link(entry)
    return entry
  }

  /** What reading a line of metadata again would do: a small number for its type, and a slot. */
  setMetadata(entry: number, type: number, slot: number): void {
    this.ids[entry] = type | (slot << 4)
  }

  metadataType(entry: number): number {
    return (this.ids[entry] ?? 0) & 15
  }

  metadataSlot(entry: number): number {
    return (this.ids[entry] ?? 0) >>> 4
  }

  /** Ids may mean other series from now on. */
  forgetIds(): void {
    for (let entry = 1; entry < this.size; entry++) {
      if (this.kinds[entry] === lineKind.series) this.ids[entry] = unresolvedId
    }
  }

  /**
   * Drops entries that the current page did not have; `dropped` is told each of them before it is
   * gone. The rest moves together and keeps its order.
   */
  sweep(dropped: (entry: number) => void): void {
    let kept = 1
    for (let entry = 1; entry < this.size; entry++) {
      if (this.seen[entry] !== this.generation) {
        dropped(entry)
        continue
      }
      if (kept !== entry) this.#move(entry, kept)
      kept++
    }
    this.size = kept
    this.#buckets.fill(0)
    for (let entry = 0; entry < kept; entry++) {
      // Entries were added in the page's order, so this is the best guess for what comes next.
      this.next[entry] = entry + 1 < kept ? entry + 1 : 0
      if (entry > 0) this.#link(entry)
    }
  }

  #move(from: number, to: number): void {
    for (const column of this.#columns()) column[to] = column[from] ?? 0
  }

  #columns() {
    return [
      this.hashA,
      this.hashB,
      this.lengths,
      this.kinds,
      this.ids,
      this.seen,
      this.tracked,
    ] as const
  }

  #link(entry: number): void {
    const mask = this.#buckets.length - 1
    let bucket = (this.hashA[entry] ?? 0) & mask
    while (this.#buckets[bucket] !== 0) bucket = (bucket + 1) & mask
    this.#buckets[bucket] = entry
  }

  #grow(): void {
    const capacity = this.lengths.length * 2
    this.hashA = grownInts(this.hashA, capacity)
    this.hashB = grownInts(this.hashB, capacity)
    this.lengths = grownInts(this.lengths, capacity)
    this.seen = grownInts(this.seen, capacity)
    this.tracked = grownInts(this.tracked, capacity)
    this.next = grownInts(this.next, capacity)
    const kinds = new Uint8Array(capacity)
    kinds.set(this.kinds)
    this.kinds = kinds
    const ids = new Uint32Array(capacity)
    ids.set(this.ids)
    this.ids = ids
    this.#buckets = new Int32Array(capacity * 2)
    for (let entry = 1; entry < this.size; entry++) this.#link(entry)
  }
}

const initialCapacity = 64

function grownInts(column: Int32Array, capacity: number): Int32Array<ArrayBuffer> {
  assert(capacity > column.length, 'a column of the series cache shrank')
  const grown = new Int32Array(capacity)
  grown.set(column)
  return grown
}

/** The halves of the last hash; a function cannot answer two numbers without making an object. */
export const lanes = new Int32Array(2)

/**
 * Hashes bytes into `lanes`, four at a time. The view must reach four bytes behind the range. Two
 * texts that differ in one word never collide: each step is a bijection of the lane.
 */
export function hashBytes(view: DataView, from: number, length: number): void {
  let a = length
  let b = ~length
  const whole = from + (length & ~3)
  for (let at = from; at < whole; at += 4) {
    const word = view.getInt32(at, true)
    a = Math.imul(((a << 5) | (a >>> 27)) ^ word, 0x9e3779b1)
    b = Math.imul(((b << 11) | (b >>> 21)) ^ word, 0x85ebca77)
  }
  const rest = length & 3
  if (rest > 0) {
    const word = view.getInt32(whole, true) & ((1 << (rest * 8)) - 1)
    a = Math.imul(((a << 5) | (a >>> 27)) ^ word, 0x9e3779b1)
    b = Math.imul(((b << 11) | (b >>> 21)) ^ word, 0x85ebca77)
  }
  // The lower bits choose the bucket, so the upper ones are folded in.
  a ^= a >>> 15
  b ^= b >>> 13
  lanes[0] = Math.imul(a, 0x2c1b3c6d)
  lanes[1] = Math.imul(b, 0x297a2d39)
}
