import type { SharedColumn, SharedColumns } from '../../base/shared-columns.ts'

const arenaSegmentEntries = 1 << 20
/** Words of one list's entry: first block, values, where the next value goes, room left there. */
const listWords = 4
const listWord = { first: 0, count: 1, end: 2, left: 3 } as const
/** Values of the first block, and of the largest. */
const blockMin = 3
const blockMax = (1 << 14) - 1

/**
 * Growing lists of 32-bit numbers in one shared arena, each a chain of blocks that never move: the
 * word before a block's values is the place of the next block. So nothing is copied when a list
 * grows, and a reader that has not been handed the arena's newest segments still reads all that
 * was published to it. The writer stores the count after the value and the links before it.
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

  /** Writer: how many lists there are. */
  get count(): number {
    return this.#count
  }

  /** A new empty list. */
  add(): number {
    const list = this.#count++
    this.#entries.reserve((list + 1) * listWords)
    return list
  }

  push(list: number, value: number): void {
    const entry = list * listWords
    const segment = this.#entries.segment(entry >>> this.#entries.shift)
    const at = entry & this.#entries.mask
    const count = segment[at + listWord.count] ?? 0
    if (segment[at + listWord.left] === 0) this.#addBlock(segment, at, count)
    const end = segment[at + listWord.end] ?? 0
    this.#arena.set(end, value)
    segment[at + listWord.end] = end + 1
    segment[at + listWord.left] = (segment[at + listWord.left] ?? 0) - 1
    Atomics.store(segment, at + listWord.count, count + 1)
  }

  #addBlock(segment: Uint32Array, at: number, count: number): void {
    const capacity = blockCapacity(count)
    const left = arenaSegmentEntries - (this.#arenaEnd & this.#arena.mask)
    if (left < capacity + 1) this.#arenaEnd += left
    const block = this.#arenaEnd
    this.#arenaEnd += capacity + 1
    this.#arena.reserve(this.#arenaEnd)
    // A full block's end is the place behind it: its link stands its capacity before that.
    if (count === 0) segment[at + listWord.first] = block
    else this.#arena.set((segment[at + listWord.end] ?? 0) - lastCapacity(count) - 1, block)
    segment[at + listWord.end] = block + 1
    segment[at + listWord.left] = capacity
  }

  /** The list's values below `limit`, as a copy. Values only ever grow within a list. */
  read(list: number, limit: number): Uint32Array {
    const entry = list * listWords
    const segment = this.#entries.segment(entry >>> this.#entries.shift)
    const at = entry & this.#entries.mask
    const values = new Uint32Array(Atomics.load(segment, at + listWord.count))
    let block = segment[at + listWord.first] ?? 0
    let done = 0
    while (done < values.length) {
      const arena = this.#arena.segments[block >>> this.#arena.shift]
      // A segment that this reader was not handed: what stands there is newer than its limit.
      if (arena === undefined) break
      const from = (block & this.#arena.mask) + 1
      const length = Math.min(blockCapacity(done), values.length - done)
      values.set(arena.subarray(from, from + length), done)
      done += length
      block = arena[from - 1] ?? 0
    }
    while (done > 0 && (values[done - 1] ?? 0) >= limit) done--
    return values.subarray(0, done)
  }

  length(list: number): number {
    const entry = list * listWords
    const segment = this.#entries.segment(entry >>> this.#entries.shift)
    return Atomics.load(segment, (entry & this.#entries.mask) + listWord.count)
  }
}

/** Of the block that begins after so many values: half as many again, within bounds. */
function blockCapacity(before: number): number {
  return Math.min(Math.max(before >>> 1, blockMin), blockMax)
}

/** Of the block that ends after `count` values. */
function lastCapacity(count: number): number {
  let before = 0
  let capacity = blockMin
  while (before + capacity < count) {
    before += capacity
    capacity = blockCapacity(before)
  }
  return capacity
}
