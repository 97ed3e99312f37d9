import type { Looks } from '../../base/looks.ts'

/** Whether an element has to stand before another one. */
export type GoesBefore = (left: number, right: number) => boolean

/**
 * Sorts in place by a quicksort that defeats patterns (https://arxiv.org/pdf/2106.05123.pdf), with
 * the moves of Go's: equals, and what has no order at all, then stand as upstream has them. Others
 * have their turn behind each part of the list that was divided.
 */
export async function patternDefeatingSort(
  list: Int32Array,
  goesBefore: GoesBefore,
  looks: Looks,
): Promise<void> {
  const sorting = new Sorting(list, goesBefore)
  for (let part = sorting.next(); part !== undefined; part = sorting.next()) {
    sorting.divide(part)
    const over = part.end - part.start > longFrom ? looks.turnNow() : undefined
    if (over !== undefined) await over
  }
}

/** A part that is not in order yet, and what is known of how it was divided off. */
interface Part {
  readonly start: number
  readonly end: number
  /** After so many bad pivots it is sorted as a heap. */
  readonly badPivotsMax: number
  readonly isBalanced: boolean
  readonly isPartitioned: boolean
}

/** So many are put into order one by one. */
const insertedMax = 12
/** From so many on elements are moved to where they belong, and nine are looked at for a pivot. */
const longFrom = 50
/** Pairs out of order that are put right before that is given up. */
const mendedMax = 5
/** Swaps in the choice of a pivot out of nine that stand the other way round. */
const swapsMax = 12

class Sorting {
  readonly #list: Int32Array
  readonly #goesBefore: GoesBefore
  readonly #parts: Part[]
  /** In the choice of the latest pivot. */
  #swaps = 0
  /** Whether everything stood on its side of the latest pivot. */
  #wasPartitioned = true

  constructor(list: Int32Array, goesBefore: GoesBefore) {
    this.#list = list
    this.#goesBefore = goesBefore
    const { length: end } = list
    const badPivotsMax = bitLength(end)
    this.#parts = [{ start: 0, end, badPivotsMax, isBalanced: true, isPartitioned: true }]
  }

  /** The part to divide next, which must be: the one divided off last. */
  next(): Part | undefined {
    return this.#parts.pop()
  }

  /** Puts a part into order, or leaves parts of it that are to be. */
  divide({ start, end, badPivotsMax, isBalanced, isPartitioned }: Part): void {
    const length = end - start
    if (length <= insertedMax) {
      this.#insert(start, end)
      return
    }
    if (badPivotsMax === 0) {
      this.#sortAsHeap(start, end)
      return
    }
    let badPivots = badPivotsMax
    if (!isBalanced) {
      this.#scatter(start, end)
      badPivots--
    }
    let pivot = this.#pivotOf(start, end)
    const isReversed = this.#swaps === swapsMax
    if (isReversed) {
      this.#list.subarray(start, end).reverse()
      pivot = end - 1 - (pivot - start)
    }
    const seemsSorted = isReversed || this.#swaps === 0
    if (isBalanced && isPartitioned && seemsSorted && this.#mend(start, end)) return
    if (start > 0 && !this.#isBefore(start - 1, pivot)) {
      const from = this.#partitionEquals(start, end, pivot)
      this.#parts.push({ start: from, end, badPivotsMax: badPivots, isBalanced, isPartitioned })
      return
    }
    this.#divideAt(this.#partition(start, end, pivot), start, end, badPivots)
  }

  /** The shorter part comes first, and is looked at anew. */
  #divideAt(middle: number, start: number, end: number, badPivotsMax: number): void {
    const [left, right] = [middle - start, end - middle]
    const isBalanced = Math.min(left, right) >= Math.trunc((end - start) / 8)
    const isPartitioned = this.#wasPartitioned
    const anew = { badPivotsMax, isBalanced: true, isPartitioned: true }
    const goesOn = { badPivotsMax, isBalanced, isPartitioned }
    if (left < right) {
      this.#parts.push({ start: middle + 1, end, ...goesOn }, { start, end: middle, ...anew })
    } else {
      this.#parts.push({ start, end: middle, ...goesOn }, { start: middle + 1, end, ...anew })
    }
  }

  #isBefore(left: number, right: number): boolean {
    return this.#goesBefore(this.#list[left] ?? 0, this.#list[right] ?? 0)
  }

  #swap(left: number, right: number): void {
    const moved = this.#list[left] ?? 0
    this.#list[left] = this.#list[right] ?? 0
    this.#list[right] = moved
  }

  #insert(start: number, end: number): void {
    for (let next = start + 1; next < end; next++) this.#moveDown(next, start + 1)
  }

  /** Towards the beginning, as far as `last` at most. */
  #moveDown(from: number, last: number): void {
    for (let at = from; at >= last && this.#isBefore(at, at - 1); at--) this.#swap(at, at - 1)
  }

  #moveUp(from: number, end: number): void {
    for (let at = from; at < end && this.#isBefore(at, at - 1); at++) this.#swap(at, at - 1)
  }

  /** Puts a few neighbours right; true where all is in order then. */
  #mend(start: number, end: number): boolean {
    let at = start + 1
    for (let mended = 0; mended < mendedMax; mended++) {
      while (at < end && !this.#isBefore(at, at - 1)) at++
      if (at === end) return true
      if (end - start < longFrom) return false
      this.#swap(at, at - 1)
      if (at - start >= 2) this.#moveDown(at - 1, 1)
      if (end - at >= 2) this.#moveUp(at + 1, end)
    }
    return false
  }

  #sortAsHeap(start: number, end: number): void {
    const length = end - start
    for (let root = Math.trunc((length - 1) / 2); root >= 0; root--) this.#sink(start, root, length)
    for (let last = length - 1; last >= 0; last--) {
      this.#swap(start, start + last)
      this.#sink(start, 0, last)
    }
  }

  #sink(start: number, from: number, length: number): void {
    let root = from
    for (;;) {
      let child = 2 * root + 1
      if (child >= length) return
      if (child + 1 < length && this.#isBefore(start + child, start + child + 1)) child++
      if (!this.#isBefore(start + root, start + child)) return
      this.#swap(start + root, start + child)
      root = child
    }
  }

  /** What stands before the pivot, the pivot, the rest; answers where the pivot is then. */
  #partition(start: number, end: number, pivot: number): number {
    this.#swap(start, pivot)
    let [low, high] = [start + 1, end - 1]
    for (let round = 0; ; round++) {
      while (low <= high && this.#isBefore(low, start)) low++
      while (low <= high && !this.#isBefore(high, start)) high--
      this.#wasPartitioned = round === 0
      if (low > high) break
      this.#swap(low++, high--)
    }
    this.#swap(high, start)
    return high
  }

  /** Of elements none of which stands before the pivot: its equals first; answers where they end. */
  #partitionEquals(start: number, end: number, pivot: number): number {
    this.#swap(start, pivot)
    let [low, high] = [start + 1, end - 1]
    for (;;) {
      while (low <= high && !this.#isBefore(start, low)) low++
      while (low <= high && this.#isBefore(start, high)) high--
      if (low > high) return low
      this.#swap(low++, high--)
    }
  }

  /** Swaps three elements of the middle with such as numbers by chance name. */
  #scatter(start: number, end: number): void {
    const length = end - start
    const mask = 2 ** bitLength(length) - 1
    const chance = new Chance(length)
    const first = start + Math.trunc(length / 4) * 2 - 1
    for (let at = first; at <= first + 2; at++) {
      const other = (chance.next() & mask) >>> 0
      this.#swap(at, start + (other >= length ? other - length : other))
    }
  }

  #pivotOf(start: number, end: number): number {
    this.#swaps = 0
    const length = end - start
    const quarter = Math.trunc(length / 4)
    let places = [start + quarter, start + quarter * 2, start + quarter * 3]
    if (length >= longFrom) places = places.map((at) => this.#median(at - 1, at, at + 1))
    const [low = 0, middle = 0, high = 0] = places
    return this.#median(low, middle, high)
  }

  #median(first: number, second: number, third: number): number {
    let [low, middle] = this.#inOrder(first, second)
    ;[middle] = this.#inOrder(middle, third)
    ;[low, middle] = this.#inOrder(low, middle)
    return middle
  }

  #inOrder(left: number, right: number): readonly [number, number] {
    if (!this.#isBefore(right, left)) return [left, right]
    this.#swaps++
    return [right, left]
  }
}

/** Numbers by an xorshift of 64 bits (https://www.jstatsoft.org/article/view/v008i14/xorshift.pdf). */
class Chance {
  #high = 0
  #low: number

  constructor(seed: number) {
    this.#low = seed
  }

  /** The lower 32 bits of the next one. */
  next(): number {
    this.#high ^= (this.#high << 13) | (this.#low >>> 19)
    this.#low ^= this.#low << 13
    this.#low ^= (this.#low >>> 7) | (this.#high << 25)
    this.#high ^= this.#high >>> 7
    this.#high ^= (this.#high << 17) | (this.#low >>> 15)
    this.#low ^= this.#low << 17
    return this.#low
  }
}

function bitLength(count: number): number {
  return 32 - Math.clz32(count)
}
