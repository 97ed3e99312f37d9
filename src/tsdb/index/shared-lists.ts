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
 * was published to it. The writer stores the count after the value and the links before it. Values
 * are taken out in place: a list's version is odd meanwhile, and a reader begins anew.
 */
export class SharedLists {
  readonly #arena: SharedColumn<'uint32'>
  readonly #entries: SharedColumn<'uint32'>
  readonly #versions: SharedColumn<'uint32'>
  /** Writer: places of blocks that are free, by how many values they hold. */
  readonly #free = new Map<number, number[]>()
  #arenaEnd = 0
  #count = 0

  constructor(columns: SharedColumns) {
    this.#arena = columns.column('uint32', arenaSegmentEntries)
    this.#entries = columns.column('uint32', 1 << 14)
    this.#versions = columns.column('uint32', 1 << 14)
  }

  /** Writer: how many lists there are. */
  get count(): number {
    return this.#count
  }

  /** A new empty list. */
  add(): number {
    const list = this.#count++
    this.#entries.reserve((list + 1) * listWords)
    this.#versions.reserve(list + 1)
    return list
  }

  push(list: number, value: number): void {
    const entry = list * listWords
    const segment = this.#entries.segment(entry >>> this.#entries.shift)
    const at = entry & this.#entries.mask
    const count = segment[at + listWord.count] ?? 0
    this.#put(segment, at, count, value)
    Atomics.store(segment, at + listWord.count, count + 1)
  }

  /** The same before any reader was handed the memory: then nothing has to be seen in this order. */
  pushUnread(list: number, value: number): void {
    const entry = list * listWords
    const segment = this.#entries.segment(entry >>> this.#entries.shift)
    const at = entry & this.#entries.mask
    const count = segment[at + listWord.count] ?? 0
    this.#put(segment, at, count, value)
    segment[at + listWord.count] = count + 1
  }

  #put(segment: Uint32Array, at: number, count: number, value: number): void {
    if (segment[at + listWord.left] === 0) this.#addBlock(segment, at, count)
    const end = segment[at + listWord.end] ?? 0
    this.#arena.set(end, value)
    segment[at + listWord.end] = end + 1
    segment[at + listWord.left] = (segment[at + listWord.left] ?? 0) - 1
  }

  #addBlock(segment: Uint32Array, at: number, count: number): void {
    const capacity = blockCapacity(count)
    const block = this.#free.get(capacity)?.pop() ?? this.#newBlock(capacity)
    // A full block's end is the place behind it: its link stands its capacity before that.
    if (count === 0) segment[at + listWord.first] = block
    else this.#arena.set((segment[at + listWord.end] ?? 0) - lastCapacity(count) - 1, block)
    segment[at + listWord.end] = block + 1
    segment[at + listWord.left] = capacity
  }

  #newBlock(capacity: number): number {
    const left = arenaSegmentEntries - (this.#arenaEnd & this.#arena.mask)
    if (left < capacity + 1) this.#arenaEnd += left
    const block = this.#arenaEnd
    this.#arenaEnd += capacity + 1
    this.#arena.reserve(this.#arenaEnd)
    return block
  }

  /** Writer: begins to take values out of a list; the others stay in their order. See advance. */
  filter(list: number, isKept: (value: number) => boolean): ListFilter {
    const first = this.#entries.get(list * listWords + listWord.first)
    return new ListFilter(list, isKept, new BlockWalk(this.#arena, first))
  }

  /**
   * Looks at `most` values further; false when it has seen all. In between the list may grow, and
   * readers find what is kept once, and some value that is not perhaps several times.
   */
  advance(filter: ListFilter, most: number): boolean {
    const { list } = filter
    const entry = list * listWords
    const segment = this.#entries.segment(entry >>> this.#entries.shift)
    const at = entry & this.#entries.mask
    const count = segment[at + listWord.count] ?? 0
    if (count === 0) return false
    const versions = this.#versions.segment(list >>> this.#versions.shift)
    Atomics.add(versions, list & this.#versions.mask, 1)
    const isOver = filter.move(this.#arena, Math.min(count, filter.seen + most), count)
    if (isOver) {
      const { to } = filter
      segment[at + listWord.end] = to.block + 1 + to.used
      segment[at + listWord.left] = to.capacity - to.used
      this.#freeBehind(to, count)
      Atomics.store(segment, at + listWord.count, to.count)
    }
    Atomics.add(versions, list & this.#versions.mask, 1)
    return !isOver
  }

  /** The blocks of a list of `count` values that its walk has not come to. */
  #freeBehind(walk: BlockWalk, count: number): void {
    let before = walk.before + walk.capacity
    let block = this.#arena.get(walk.block)
    while (before < count) {
      const capacity = blockCapacity(before)
      const free = this.#free.get(capacity)
      if (free === undefined) this.#free.set(capacity, [block])
      else free.push(block)
      before += capacity
      block = this.#arena.get(block)
    }
  }

  /**
   * The list's values, ascending, as a copy, without those at its end that `isVisible` refuses:
   * they came after what the reader may see.
   */
  read(list: number, isVisible: (value: number) => boolean): Uint32Array {
    const values = this.readInOrder(list)
    let end = values.length
    while (end > 0 && !isVisible(values[end - 1] ?? 0)) end--
    return ascending(values.subarray(0, end))
  }

  /** All values that can be read, in the order in which they came, as a copy. */
  readInOrder(list: number): Uint32Array {
    const versions = this.#versions.segment(list >>> this.#versions.shift)
    for (;;) {
      const version = Atomics.load(versions, list & this.#versions.mask)
      if (version % 2 === 1) continue
      const values = this.#copy(list)
      if (Atomics.load(versions, list & this.#versions.mask) === version) return values
    }
  }

  /** Whether any of the list's values passes; goes no further than to the first that does. */
  some(list: number, test: (value: number) => boolean): boolean {
    const versions = this.#versions.segment(list >>> this.#versions.shift)
    for (;;) {
      const version = Atomics.load(versions, list & this.#versions.mask)
      if (version % 2 === 1) continue
      const isFound = this.#some(list, test)
      if (Atomics.load(versions, list & this.#versions.mask) === version) return isFound
    }
  }

  #some(list: number, test: (value: number) => boolean): boolean {
    const entry = list * listWords
    const segment = this.#entries.segment(entry >>> this.#entries.shift)
    const at = entry & this.#entries.mask
    const count = Atomics.load(segment, at + listWord.count)
    let block = segment[at + listWord.first] ?? 0
    for (let done = 0; done < count; ) {
      const arena = this.#arena.segments[block >>> this.#arena.shift]
      // As in #copy.
      if (arena === undefined) return false
      const from = (block & this.#arena.mask) + 1
      const end = from + Math.min(blockCapacity(done), count - done)
      for (let place = from; place < end; place++) if (test(arena[place] ?? 0)) return true
      done += end - from
      block = arena[from - 1] ?? 0
    }
    return false
  }

  /**
   * The values from number `from` up to number `to`, in the order in which they came; undefined where
   * one of them cannot be read yet. Of a list whose version is the same before and after.
   */
  slice(list: number, from: number, to: number): Uint32Array | undefined {
    const values = this.#copy(list, from, to)
    return values.length === to - from ? values : undefined
  }

  #copy(list: number, first = 0, to = this.length(list)): Uint32Array {
    const entry = list * listWords
    const segment = this.#entries.segment(entry >>> this.#entries.shift)
    const values = new Uint32Array(to - first)
    let block = segment[(entry & this.#entries.mask) + listWord.first] ?? 0
    let before = 0
    while (before < to) {
      const arena = this.#arena.segments[block >>> this.#arena.shift]
      // A segment that this reader was not handed: what stands there is newer than it may see.
      if (arena === undefined) break
      const place = (block & this.#arena.mask) + 1
      const end = Math.min(before + blockCapacity(before), to)
      const from = Math.max(before, first)
      if (from < end) {
        values.set(arena.subarray(place + from - before, place + end - before), from - first)
      }
      before = end
      block = arena[place - 1] ?? 0
    }
    return values.subarray(0, Math.max(before - first, 0))
  }

  /** Changes whenever a value is taken out; odd meanwhile. */
  version(list: number): number {
    return Atomics.load(
      this.#versions.segment(list >>> this.#versions.shift),
      list & this.#versions.mask,
    )
  }

  length(list: number): number {
    const entry = list * listWords
    const segment = this.#entries.segment(entry >>> this.#entries.shift)
    return Atomics.load(segment, (entry & this.#entries.mask) + listWord.count)
  }
}

/**
 * Values on their way out of one list. Kept ones move up; the places between the last that moved and
 * the first that was not looked at hold a value that is taken out, so that the list is whole.
 */
export class ListFilter {
  readonly list: number
  readonly to: BlockWalk
  seen = 0
  readonly #isKept: (value: number) => boolean
  readonly #from: BlockWalk
  #out = 0

  constructor(list: number, isKept: (value: number) => boolean, start: BlockWalk) {
    this.list = list
    this.#isKept = isKept
    this.#from = start
    this.to = start.copy()
  }

  /** Looks at the values up to number `end`; answers whether that is all. */
  move(arena: SharedColumn<'uint32'>, end: number, count: number): boolean {
    const first = this.seen
    const vacated = this.#from.copy()
    for (; this.seen < end; this.seen++) {
      const value = arena.get(this.#from.next())
      if (this.#isKept(value)) arena.set(this.to.next(), value)
      else this.#out = value
    }
    if (end === count) return true
    for (let index = first; index < end; index++) {
      const place = vacated.next()
      if (index >= this.to.count) arena.set(place, this.#out)
    }
    return false
  }
}

/** Goes from place to place of a list's values. */
class BlockWalk {
  readonly #arena: SharedColumn<'uint32'>
  block: number
  /** Values in the blocks before this one. */
  before = 0
  used = 0
  capacity = blockCapacity(0)

  constructor(arena: SharedColumn<'uint32'>, first: number) {
    this.#arena = arena
    this.block = first
  }

  copy(): BlockWalk {
    const copy = new BlockWalk(this.#arena, this.block)
    copy.before = this.before
    copy.used = this.used
    copy.capacity = this.capacity
    return copy
  }

  get count(): number {
    return this.before + this.used
  }

  next(): number {
    if (this.used === this.capacity) {
      this.before += this.capacity
      this.block = this.#arena.get(this.block)
      this.capacity = blockCapacity(this.before)
      this.used = 0
    }
    return this.block + 1 + this.used++
  }
}

/** Values come ascending but for numbers that were free and are used again. */
function ascending(values: Uint32Array): Uint32Array {
  for (let index = 1; index < values.length; index++) {
    if ((values[index - 1] ?? 0) > (values[index] ?? 0)) return values.sort()
  }
  return values
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
