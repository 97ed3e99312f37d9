import { assert } from '../base/assert.ts'
import {
  bucketOf,
  type KnownLines,
  type LineKind,
  type LineShape,
  lineKind,
  lineMark,
  rootEntry,
  unresolvedId,
} from '../kernels/known-lines.ts'
import type { CounterStarts } from './counter-starts.ts'
import { LineShapes } from './line-shapes.ts'

/**
 * What one target's previous pages have taught: which bytes stand for which series (row S4.6). A
 * line is known by the length and a keyed 128-bit hash of its text up to the value, and each entry
 * knows which one followed it, so that in the usual page every line is found where it is expected and
 * only its value is read. 5 bytes a line, in columns, and 25 that are shared with targets that have the
 * same lines; 8 more while lines are looked for by their hash. Nothing per series is an object.
 *
 * Equal hashes are taken for equal texts: see the scanner's hash for the odds. They tell a target's
 * own lines apart, nothing else depends on them.
 */
export class SeriesCache implements KnownLines {
  /** Counts pages. */
  generation = 1
  seenCount = 0
  size = 1
  /** The generation of the newest entry. */
  #grownIn = 0
  readonly #shapes: LineShapes
  #shape: LineShape | undefined
  /** The generation that last changed what may be shared, and how many pages without that are wanted. */
  #changedIn = 0
  #pagesAlike = 0
  hashes: Int32Array = new Int32Array(initialCapacity * 4)
  lengths: Int32Array = new Int32Array(initialCapacity)
  kinds: Uint8Array = new Uint8Array(initialCapacity)
  ids = new Uint32Array(initialCapacity)
  marks = new Uint8Array(initialCapacity)
  next: Int32Array = new Int32Array(initialCapacity)
  #buckets: Int32Array | undefined
  /** The generation that last looked for a line by its hash. */
  #soughtIn = 0
  /** Series of which the database has taken no sample yet: they are new until it does. */
  readonly refused = new Set<number>()

  /** `starts` where start timestamps are made up for counters that tell none. */
  constructor(
    shapes = new LineShapes(),
    readonly starts?: CounterStarts,
  ) {
    this.#shapes = shapes
  }

  get shape(): LineShape | undefined {
    return this.#shape
  }

  own(): void {
    this.#changedIn = this.generation
    if (this.#shape === undefined) return
    this.#pagesAlike = Math.min(this.#pagesAlike * 2 + 1, pagesAlikeMax)
    this.#resize(this.ids.length)
  }

  get bucketCount(): number {
    return bucketsFor(this.ids.length)
  }

  /** Made when a page is not as the one before, and kept for those behind it. */
  get buckets(): Int32Array {
    this.#soughtIn = this.generation
    this.#buckets ??= this.#linked()
    return this.#buckets
  }

  /** A new page, or the failure to get one. */
  beginGeneration(): void {
    this.generation++
    this.seenCount = 0
    // Four entries at a time: tracked becomes trackedBefore, the bit above it.
    const fours = new Uint32Array(this.marks.buffer, 0, Math.ceil(this.size / 4))
    for (let at = 0; at < fours.length; at++) {
      fours[at] = ((fours[at] ?? 0) & (0x0101_0101 * lineMark.tracked)) << 1
    }
  }

  /** The page left a sample of the entry that counts for staleness. */
  track(entry: number): void {
    this.marks[entry] = ((this.marks[entry] ?? 0) & lineMark.seen) | lineMark.tracked
  }

  /** No sample of the entry counts any more. */
  untrack(entry: number): void {
    this.marks[entry] = (this.marks[entry] ?? 0) & lineMark.seen
  }

  /** A new entry for a text that findLine() does not know; not yet seen in any page. */
  add(hash: Int32Array, length: number, kind: LineKind): number {
    this.own()
    if (this.size === this.ids.length) this.#grow()
    this.#grownIn = this.generation
    const entry = this.size++
    this.hashes.set(hash, entry * 4)
    this.lengths[entry] = length
    this.kinds[entry] = kind
    this.ids[entry] = unresolvedId
    this.marks[entry] = 0
    this.next[entry] = 0
    if (this.#buckets !== undefined) this.#link(this.#buckets, entry)
    return entry
  }

  /** What reading a line of metadata again would do: a small number for its type, and a slot. */
  setMetadata(entry: number, type: number, slot: number): void {
    this.ids[entry] = type | (slot << 4)
  }

  /** 0 for the root and for lines that tell none. */
  metadataType(entry: number): number {
    return (this.ids[entry] ?? 0) & 15
  }

  /** 0 for the root. */
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
   * gone. The rest moves together, keeps its order, and what came after what.
   */
  sweep(dropped: (entry: number) => void): void {
    this.own()
    // The buckets are made anew anyway: until then they hold where each entry goes.
    const places = this.buckets
    places.fill(0)
    let kept = 1
    for (let entry = 1; entry < this.size; entry++) {
      if (((this.marks[entry] ?? 0) & lineMark.seen) === 0) dropped(entry)
      else places[entry] = kept++
    }
    const refused = [...this.refused].map((entry) => places[entry] ?? 0)
    this.refused.clear()
    for (const place of refused) if (place !== 0) this.refused.add(place)
    for (let entry = 0; entry < this.size; entry++) {
      const place = places[entry] ?? 0
      if (entry !== rootEntry && place === 0) continue
      // A line of this page was followed by one of this page, or it was the last.
      this.next[place] = places[this.next[entry] ?? 0] ?? 0
      if (place !== entry) this.#move(entry, place)
    }
    this.size = kept
    this.starts?.cut(kept)
    places.fill(0)
    for (let entry = 1; entry < kept; entry++) this.#link(places, entry)
  }

  #move(from: number, to: number): void {
    this.hashes.copyWithin(to * 4, from * 4, from * 4 + 4)
    this.lengths[to] = this.lengths[from] ?? 0
    this.kinds[to] = this.kinds[from] ?? 0
    this.ids[to] = this.ids[from] ?? 0
    this.marks[to] = this.marks[from] ?? 0
    this.starts?.move(from, to)
  }

  /** All entries in buckets. */
  #linked(): Int32Array {
    const buckets = new Int32Array(this.bucketCount)
    for (let entry = 1; entry < this.size; entry++) this.#link(buckets, entry)
    return buckets
  }

  #link(buckets: Int32Array, entry: number): void {
    const { hashes } = this
    const mask = buckets.length - 1
    let at = bucketOf(hashes[entry * 4] ?? 0, hashes[entry * 4 + 1] ?? 0) & mask
    while (buckets[at] !== 0) at = (at + 1) & mask
    buckets[at] = entry
  }

  /**
   * After a page: gives back room of which more than an eighth is free, and the buckets where no page
   * of late asked for them; shares what other targets have, too.
   */
  fit(): void {
    if (this.generation - this.#soughtIn > pagesSought) this.#buckets = undefined
    if (this.#shape !== undefined) return
    const isAlike = this.generation - this.#changedIn >= this.#pagesAlike
    if (isAlike && this.size > 1) this.#share()
    else if (this.#grownIn !== this.generation) {
      const capacity = roundedUp(Math.max(this.size, initialCapacity))
      if (this.ids.length > capacity * 1.125) this.#resize(capacity)
    }
  }

  #share(): void {
    const { size } = this
    const capacity = roundedUp(size)
    const shape = this.#shapes.shared(this, size)
    this.#shape = shape
    this.hashes = shape.hashes
    this.lengths = shape.lengths
    this.kinds = shape.kinds
    this.next = shape.next
    if (this.ids.length !== capacity) this.#resizeOwn(capacity)
  }

  #grow(): void {
    this.#resize(roundedUp(Math.ceil(this.ids.length * 1.5)))
  }

  /** To a multiple of four entries. */
  #resize(capacity: number): void {
    const { size } = this
    this.#shape = undefined
    this.hashes = resized(new Int32Array(capacity * 4), this.hashes.subarray(0, size * 4))
    this.lengths = resized(new Int32Array(capacity), this.lengths.subarray(0, size))
    this.kinds = resized(new Uint8Array(capacity), this.kinds.subarray(0, size))
    this.next = resized(new Int32Array(capacity), this.next.subarray(0, size))
    if (this.ids.length !== capacity) this.#resizeOwn(capacity)
  }

  /** The columns that no other target has alike. */
  #resizeOwn(capacity: number): void {
    const { size } = this
    this.ids = resized(new Uint32Array(capacity), this.ids.subarray(0, size))
    this.marks = resized(new Uint8Array(capacity), this.marks.subarray(0, size))
    if (this.#buckets?.length !== this.bucketCount) this.#buckets = undefined
  }
}

const initialCapacity = 64
/** A target whose pages change again and again shares only after so many that were alike. */
const pagesAlikeMax = 64
/** Buckets are kept for so many pages that do without them. */
const pagesSought = 16

/** A power of two with a fifth of them free at least. */
function bucketsFor(capacity: number): number {
  return 2 ** Math.ceil(Math.log2(capacity * 1.25))
}

function roundedUp(entries: number): number {
  return Math.ceil(entries / 16) * 16
}

interface Column {
  readonly length: number
  set(from: ArrayLike<number>): void
}

function resized<T extends Column>(column: T, from: ArrayLike<number>): T {
  assert(column.length >= from.length, 'a column of the series cache has no room for its lines')
  column.set(from)
  return column
}
