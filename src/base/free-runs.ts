import { assert, at } from './assert.ts'

/**
 * Which units of equal segments are free: runs of them, and runs that touch are one. Everything takes
 * a time that does not grow with what is free. A byte a unit tells where runs begin and end; lists by
 * length name runs, and may name what is none any more: that is found out when it is taken.
 */
export class FreeRuns {
  readonly #unitsPerSegment: number
  readonly #shift: number
  readonly #mask: number
  /**
   * Of a segment: at the first unit of a run startTag and its length - 1, at its last that, else 0. A
   * long run has its length in the three bytes behind the first and before the last, seven bits each.
   */
  readonly #tags: Uint8Array[] = []
  /**
   * Where runs begin, by listOf() their length, and how many each list names. In columns that stay: lists
   * are filled and made anew all the time, and arrays so used were a quarter of the head's garbage.
   */
  readonly #lists: Uint32Array[] = Array.from({ length: listCount }, () => new Uint32Array(0))
  readonly #counts = new Uint32Array(listCount)
  /** A bit for each list that names anything: most name nothing, and need no look. */
  #named = 0
  #runs = 0
  #listed = 0

  /** A power of two of them, 262,144 at most. */
  constructor(unitsPerSegment: number) {
    assert(listOf(unitsPerSegment) < listCount, 'there are lists for runs of a segment')
    this.#unitsPerSegment = unitsPerSegment
    this.#shift = Math.log2(unitsPerSegment)
    this.#mask = unitsPerSegment - 1
    assert(Number.isInteger(this.#shift), 'segments hold a power of two')
  }

  /** One more segment, all free, behind the others. */
  addSegment(): void {
    const start = this.#tags.length * this.#unitsPerSegment
    this.#tags.push(new Uint8Array(this.#unitsPerSegment))
    this.#add(start, this.#unitsPerSegment)
  }

  /** The first of so many units in a row, which are taken; -1 where no run is that long. */
  take(units: number): number {
    const from = listFrom(units)
    if (from >= listCount) return -1
    const long = -1 << from
    for (let lists = this.#named & long; lists !== 0; lists = this.#named & long) {
      const start = this.#pop(floorLog2(lists & -lists))
      if (start < 0) continue
      const length = this.#lengthAt(start)
      this.#remove(start, length)
      if (length > units) this.#add(start + units, length - units)
      return start
    }
    return -1
  }

  /** Units that were taken are free again, all or a part of them. */
  give(start: number, units: number): void {
    const tags = this.#tagsOf(start)
    const at = start & this.#mask
    const before = at === 0 ? 0 : (tags[at - 1] ?? 0)
    const after = tags[at + units] ?? 0
    let from = start
    let length = units
    if (before !== 0) {
      const lengthBefore = lengthOf(tags, before, at - 4)
      from -= lengthBefore
      this.#remove(from, lengthBefore)
      length += lengthBefore
    }
    if (after !== 0) {
      const lengthAfter = lengthOf(tags, after, at + units + 1)
      this.#remove(start + units, lengthAfter)
      length += lengthAfter
    }
    this.#add(from, length)
    if (this.#listed > this.#runs * 2 + staleListedMax) this.#listAnew()
  }

  #add(start: number, length: number): void {
    const tags = this.#tagsOf(start)
    const at = start & this.#mask
    const last = at + length - 1
    const tag = Math.min(length - 1, longTag)
    tags[last] = tag
    tags[at] = startTag | tag
    if (tag === longTag) {
      setLong(tags, at + 1, length)
      setLong(tags, last - 3, length)
    }
    const list = listOf(length)
    this.#name(list, start)
    this.#named |= 1 << list
    this.#runs++
    this.#listed++
  }

  #name(list: number, start: number): void {
    const count = this.#counts[list] ?? 0
    let starts = at(this.#lists, list)
    if (count === starts.length) {
      starts = resized(starts, Math.max(count * 2, listedMin))
      this.#lists[list] = starts
    }
    starts[count] = start
    this.#counts[list] = count + 1
  }

  #remove(start: number, length: number): void {
    const tags = this.#tagsOf(start)
    const at = start & this.#mask
    tags[at] = 0
    tags[at + length - 1] = 0
    if (length > longTag) {
      setLong(tags, at + 1, 0)
      setLong(tags, at + length - 4, 0)
    }
    this.#runs--
  }

  /** A run of the list, or -1 where it names none any more. */
  #pop(list: number): number {
    const starts = at(this.#lists, list)
    for (let count = this.#counts[list] ?? 0; count > 0; ) {
      const start = starts[--count] ?? 0
      this.#counts[list] = count
      this.#listed--
      if (this.#isListedIn(list, start)) return start
    }
    this.#named &= ~(1 << list)
    return -1
  }

  /** Whether a run begins there whose length belongs in the list. */
  #isListedIn(list: number, start: number): boolean {
    const length = this.#lengthAt(start)
    return length > 0 && listOf(length) === list
  }

  /** 0 where no run begins. */
  #lengthAt(start: number): number {
    const tags = this.#tagsOf(start)
    const at = start & this.#mask
    const tag = tags[at] ?? 0
    return (tag & startTag) === 0 ? 0 : lengthOf(tags, tag, at + 1)
  }

  /** Names every run once. */
  #listAnew(): void {
    this.#listed = 0
    this.#lists.forEach((starts, list) => {
      const named = starts.subarray(0, this.#counts[list]).sort()
      let kept = 0
      let last = -1
      for (let index = 0; index < named.length; index++) {
        const start = named[index] ?? 0
        if (start !== last && this.#isListedIn(list, start)) named[kept++] = start
        last = start
      }
      this.#counts[list] = kept
      this.#listed += kept
      // After a truncation there may be few.
      if (starts.length > listedMin && kept * 8 < starts.length) {
        this.#lists[list] = resized(named.subarray(0, kept), Math.max(kept * 2, listedMin))
      }
    })
  }

  #tagsOf(unit: number): Uint8Array {
    return at(this.#tags, unit >>> this.#shift)
  }
}

const startTag = 0x80
/** Of a run of more than 127 units. */
const longTag = 0x7f

/** Of the run with that tag; `long` is where it is if it is a long one. */
function lengthOf(tags: Uint8Array, tag: number, long: number): number {
  const length = (tag & longTag) + 1
  if (length <= longTag) return length
  return (tags[long] ?? 0) | ((tags[long + 1] ?? 0) << 7) | ((tags[long + 2] ?? 0) << 14)
}

/** None of these bytes looks like the beginning of a run. */
function setLong(tags: Uint8Array, long: number, length: number): void {
  tags[long] = length & 0x7f
  tags[long + 1] = (length >>> 7) & 0x7f
  tags[long + 2] = length >>> 14
}

/** How much room a list has at least that ever named anything. */
const listedMin = 16

function resized(starts: Uint32Array, length: number): Uint32Array {
  const moved = new Uint32Array(length)
  moved.set(starts)
  return moved
}

/** Up to this length a list has runs of one length only. */
const exactMax = 16
const listCount = exactMax + 16
/** Names in the lists that may be wrong, beside as many as there are runs. */
const staleListedMax = 1_024

/** Behind the lists of one length each: those of 17 to 31 units, of 32 to 63, and so on. */
function listOf(length: number): number {
  return length <= exactMax ? length : exactMax + floorLog2(length) - 3
}

/** The first list whose runs all have so many units. */
function listFrom(units: number): number {
  const list = listOf(units)
  const isExact = units <= exactMax || (units & (units - 1)) === 0
  return isExact ? list : list + 1
}

function floorLog2(length: number): number {
  return 31 - Math.clz32(length)
}
