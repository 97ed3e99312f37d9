import type { SharedColumn, SharedColumns } from '../../base/shared-columns.ts'

const arenaSegmentEntries = 1 << 20
/** Words of one list's entry. */
export const listWords = 4
const listWord = { start: 0, count: 1, capacity: 2, key: 3 } as const

/**
 * Growing lists of 32-bit numbers in one shared arena. A list that outgrows its place is copied to
 * one of twice the size; its old place stays as it was, since readers may be in it. A reader loads
 * the count before the place: what is at the place is then at least that long.
 */
export class SharedLists {
  readonly #arena: SharedColumn<'uint32'>
  readonly #entries: SharedColumn<'uint32'>
  #arenaEnd = 0
  #count = 0

  constructor(columns: SharedColumns) {
    this.#arena = columns.column('uint32', arenaSegmentEntries)
    this.#entries = columns.column('uint32', 1 << 14)
  }

  get count(): number {
    return this.#count
  }

  /** A new empty list; `key` is the owner's. */
  add(key: number): number {
    const list = this.#count++
    this.#entries.reserve((list + 1) * listWords)
    this.#entries.set(list * listWords + listWord.key, key)
    return list
  }

  key(list: number): number {
    return this.#entries.get(list * listWords + listWord.key)
  }

  push(list: number, value: number): void {
    const entry = list * listWords
    const segment = this.#entries.segment(entry >>> this.#entries.shift)
    const at = entry & this.#entries.mask
    const count = segment[at + listWord.count] ?? 0
    if (count === segment[at + listWord.capacity]) this.#grow(segment, at, count)
    const place = (segment[at + listWord.start] ?? 0) + count
    this.#arena.set(place, value)
    Atomics.store(segment, at + listWord.count, count + 1)
  }

  #grow(segment: Uint32Array, at: number, count: number): void {
    const capacity = Math.max(4, count * 2)
    const left = arenaSegmentEntries - (this.#arenaEnd & this.#arena.mask)
    // A list longer than a segment goes over whole segments: places are found entry by entry.
    if (left < capacity && capacity <= arenaSegmentEntries) this.#arenaEnd += left
    const start = this.#arenaEnd
    this.#arenaEnd += capacity
    this.#arena.reserve(this.#arenaEnd)
    const old = segment[at + listWord.start] ?? 0
    for (let index = 0; index < count; index++)
      this.#arena.set(start + index, this.#arena.get(old + index))
    Atomics.store(segment, at + listWord.start, start)
    Atomics.store(segment, at + listWord.capacity, capacity)
  }

  /** The list's values below `limit`, as a copy; values only ever grow within a list. */
  read(list: number, limit: number): Uint32Array {
    const entry = list * listWords
    const segment = this.#entries.segment(entry >>> this.#entries.shift)
    const at = entry & this.#entries.mask
    let count = Atomics.load(segment, at + listWord.count)
    const start = Atomics.load(segment, at + listWord.start)
    while (count > 0 && this.#arena.get(start + count - 1) >= limit) count--
    const values = new Uint32Array(count)
    for (let done = 0; done < count; ) {
      const place = start + done
      const inSegment = place & this.#arena.mask
      const length = Math.min(count - done, arenaSegmentEntries - inSegment)
      const source = this.#arena.segment(place >>> this.#arena.shift)
      values.set(source.subarray(inSegment, inSegment + length), done)
      done += length
    }
    return values
  }

  length(list: number): number {
    const entry = list * listWords
    const segment = this.#entries.segment(entry >>> this.#entries.shift)
    return Atomics.load(segment, (entry & this.#entries.mask) + listWord.count)
  }
}
