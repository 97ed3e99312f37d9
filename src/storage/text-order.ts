import { type Looks, noLooks } from '../base/looks.ts'
import type { SymbolTable } from './querier.ts'

/** Where texts stand as bytes. */
export type Texts = Pick<SymbolTable, 'place'>

/**
 * Symbols in the order of their bytes. Behind what all begin with, eight bytes of each are sorted as
 * numbers, and only where those are equal the rest is compared: a million take a few passes over
 * columns and no text is made of them.
 */
export function textOrder(texts: Texts, ids: Uint32Array, looks: Looks = noLooks): Uint32Array {
  if (ids.length < 2) return ids.slice()
  const count = ids.length
  const [high, low] = [new Uint32Array(count), new Uint32Array(count)]
  for (let skip = commonPrefix(texts, ids); ; ) {
    const common = fillKeys(texts, ids, skip, [high, low], looks)
    if (common === skip) break
    skip = common
  }
  const order = radixOrder(radixOrder(rowsOf(count), low), high)
  const sorted = order.map((index) => ids[index] ?? 0)
  const byText = (a: number, b: number) => {
    looks.item()
    return compareTexts(texts, a, b)
  }
  for (let from = 0; from < count; ) {
    looks.item()
    const first = order[from] ?? 0
    let end = from + 1
    while (end < count && isSame(high, low, first, order[end] ?? 0)) end++
    if (end > from + 1) sorted.subarray(from, end).sort(byText)
    from = end
  }
  return sorted
}

/**
 * Eight bytes of each text behind the first `skip`; ends early, with how many it is, where a text has
 * fewer in common with the first one.
 */
function fillKeys(
  texts: Texts,
  ids: Uint32Array,
  skip: number,
  [high, low]: readonly [Uint32Array, Uint32Array],
  looks: Looks,
): number {
  const { bytes: model, start: modelStart } = texts.place(ids[0] ?? 0)
  for (let index = 0; index < ids.length; index++) {
    looks.item()
    const { bytes, start, end } = texts.place(ids[index] ?? 0)
    const least = Math.min(skip, end - start)
    let same = 0
    while (same < least && bytes[start + same] === model[modelStart + same]) same++
    if (same < skip) return same
    high[index] = wordAt(bytes, start + skip, end)
    low[index] = wordAt(bytes, start + skip + 4, end)
  }
  return skip
}

/** Four bytes as a number; behind the end of a text zeros. */
function wordAt(bytes: Uint8Array, from: number, end: number): number {
  let word = 0
  for (let at = from; at < from + 4; at++) word = (word << 8) | (at < end ? (bytes[at] ?? 0) : 0)
  return word >>> 0
}

function isSame(high: Uint32Array, low: Uint32Array, a: number, b: number): boolean {
  return high[a] === high[b] && low[a] === low[b]
}

/** How many bytes some of the texts begin with: most likely all of them. */
function commonPrefix(texts: Texts, ids: Uint32Array): number {
  const first = texts.place(ids[0] ?? 0)
  let length = first.end - first.start
  const stride = Math.max(1, Math.floor(ids.length / sampledTexts))
  for (let index = stride; index < ids.length && length > 0; index += stride) {
    const { bytes, start, end } = texts.place(ids[index] ?? 0)
    length = Math.min(length, end - start)
    let at = 0
    while (at < length && bytes[start + at] === first.bytes[first.start + at]) at++
    length = at
  }
  return length
}

const sampledTexts = 64

/** By bytes: below zero where the first is less. */
export function compareTexts(texts: Texts, a: number, b: number): number {
  const [first, second] = [texts.place(a), texts.place(b)]
  const length = Math.min(first.end - first.start, second.end - second.start)
  for (let at = 0; at < length; at++) {
    const difference = (first.bytes[first.start + at] ?? 0) - (second.bytes[second.start + at] ?? 0)
    if (difference !== 0) return difference
  }
  return first.end - first.start - (second.end - second.start)
}

/** Fewer are compared with each other: the counts of a digit take longer than that. */
const comparedMax = 2_048
const digitBits = 16

export function rowsOf(count: number): Uint32Array {
  const rows = new Uint32Array(count)
  for (let row = 0; row < count; row++) rows[row] = row
  return rows
}

/** The rows by their keys, keys[row]; equal ones as they were. `rows` may be used for that. */
export function radixOrder(rows: Uint32Array, keys: Uint32Array): Uint32Array {
  if (rows.length <= comparedMax) {
    return rows.sort((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0))
  }
  let from = rows
  let to: Uint32Array = new Uint32Array(rows.length)
  for (let shift = 0; shift < 32; shift += digitBits) {
    const ends = digitEnds(from, keys, shift)
    if (ends === undefined) continue
    for (let at = from.length - 1; at >= 0; at--) {
      const row = from[at] ?? 0
      const digit = ((keys[row] ?? 0) >>> shift) & (2 ** digitBits - 1)
      const place = (ends[digit] ?? 0) - 1
      ends[digit] = place
      to[place] = row
    }
    ;[from, to] = [to, from]
  }
  return from
}

/** Used again: each pass is over before the next begins. */
const digitCounts = new Uint32Array(2 ** digitBits)

/** By digit: how many rows have it or a smaller one; undefined where all have the same. */
function digitEnds(rows: Uint32Array, keys: Uint32Array, shift: number): Uint32Array | undefined {
  const ends = digitCounts.fill(0)
  for (let at = 0; at < rows.length; at++) {
    const digit = ((keys[rows[at] ?? 0] ?? 0) >>> shift) & (2 ** digitBits - 1)
    ends[digit] = (ends[digit] ?? 0) + 1
  }
  let sum = 0
  for (let digit = 0; digit < ends.length; digit++) {
    const count = ends[digit] ?? 0
    if (count === rows.length) return undefined
    sum += count
    ends[digit] = sum
  }
  return ends
}
