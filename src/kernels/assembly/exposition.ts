// Delta-parse of exposition pages: lines that the previous page of the same target had are known by
// length and hash, or by their text where a page with the same lines was read just before, and only
// their values are read. The caller places the page in this module's
// memory, a line break and 64 bytes behind it (loads may reach that far), and the columns of the known
// lines (../known-lines.ts says what they hold). ../exposition-twin.ts does the same in plain code.

import { hash, hashA, hashB, masks, key } from './line-hash'

const state: usize = 256
/** Powers of ten that a double holds exactly. */
const powers: usize = 1024
/** 128 bits of each power of five, upper half first. */
const fives: usize = 2048
const fivesFrom: i32 = -65
const fivesTo: i32 = 55
const rows: usize = 65_536
const rowsMax: u32 = 4096
const rowValues: usize = rows + 8 * 4096
const rowIds: usize = rows + 16 * 4096
const rowEntries: usize = rows + 20 * 4096

const series: u32 = 1
const metadata: u32 = 3
const unresolved: u32 = 0xffffffff

const newline: u32 = 0x0a
const space: u32 = 0x20
const tab: u32 = 0x09
const brace: u32 = 0x7b
const quote: u32 = 0x22

let pageEnd: usize = 0
let isOpenMetrics: bool = false
let keepsTimes: bool = false
let tracksTimes: bool = false
let scrapeTime: f64 = 0
let size: u32 = 0
let hashes: usize = 0
let lengths: usize = 0
let nexts: usize = 0
let ids: usize = 0
let kinds: usize = 0
let marks: usize = 0
/** Where the page before had the text of each line; 0 for nowhere. */
let places: usize = 0
let buckets: usize = 0
let bucketMask: u32 = 0

let previous: u32 = 0
let count: u32 = 0
let total: u32 = 0
let added: u32 = 0
let duplicates: u32 = 0
let seen: u32 = 0
/** The same of the whole page. */
let seenInPage: u32 = 0
/** Whether a line came after another than last time. */
let isMoved: u32 = 0
let family: u32 = 0
let type: u32 = 0
let wantsBuckets: u32 = 0

/** Once, before anything else; the key and the powers of five are the caller's. */
export function init(): void {
  let power: f64 = 1
  for (let index: usize = 0; index < 23; index++, power *= 10) store<f64>(powers + (index << 3), power)
  memory.fill(masks, 0xff, 32)
}

/** `isAsBefore`: the page before had the same lines, and it still stands where it was. */
export function begin(
  pageEnd_: usize,
  isOpenMetrics_: bool,
  keepsTimes_: bool,
  tracksTimes_: bool,
  scrapeTime_: f64,
  size_: u32,
  hashes_: usize,
  lengths_: usize,
  nexts_: usize,
  ids_: usize,
  kinds_: usize,
  marks_: usize,
  places_: usize,
  isAsBefore: bool,
): void {
  pageEnd = pageEnd_
  isOpenMetrics = isOpenMetrics_
  keepsTimes = keepsTimes_
  tracksTimes = tracksTimes_
  scrapeTime = scrapeTime_
  size = size_
  hashes = hashes_
  lengths = lengths_
  nexts = nexts_
  ids = ids_
  kinds = kinds_
  marks = marks_
  places = places_
  // Of a line that it did not have, the text may no longer be there.
  if (!isAsBefore || seenInPage + 1 != size) memory.fill(places, 0, <usize>size << 2)
  buckets = 0
  previous = 0
  seenInPage = 0
  isMoved = 0
}

export function setBuckets(place: usize, mask: u32): void {
  buckets = place
  bucketMask = mask
}

/**
 * Takes lines in from `from` on; answers where it stopped. The state then tells: rows, series lines,
 * those added, duplicates, lines new to the page, the last lines that told a family and a type, the
 * line that it took last, and whether it stopped for want of buckets.
 */
export function scan(from: usize): usize {
  let at = from
  count = 0
  total = 0
  added = 0
  duplicates = 0
  seen = 0
  family = 0
  type = 0
  wantsBuckets = 0
  while (at < pageEnd && count < rowsMax) {
    let entry = expected(at)
    if (entry == 0) {
      entry = found(at)
      if (entry == 0) break
    }
    const after = take(entry, at)
    if (after == 0) break
    at = after
  }
  store<u32>(state, count)
  store<u32>(state, total, 4)
  store<u32>(state, added, 8)
  store<u32>(state, duplicates, 12)
  store<u32>(state, seen, 16)
  store<u32>(state, family, 20)
  store<u32>(state, type, 24)
  store<u32>(state, previous, 28)
  store<u32>(state, wantsBuckets, 32)
  return at
}

/** A line that the parser read: whether the page had it before. Entries behind the columns are the caller's. */
export function see(entry: u32): u32 {
  return noted(entry, 0)
}

/** The same; `place` is where a later page may compare its text with, 0 for nowhere. */
// @ts-ignore: decorator
@inline
function noted(entry: u32, place: u32): u32 {
  if (previous < size) {
    const next = nexts + (<usize>previous << 2)
    if (load<u32>(next) != entry) {
      store<u32>(next, entry)
      isMoved = 1
    }
  }
  previous = entry
  if (entry >= size) return 0
  store<u32>(places + (<usize>entry << 2), place)
  const mark = load<u8>(marks + entry)
  if ((mark & 1) != 0) return 1
  store<u8>(marks + entry, mark | 1)
  seen++
  seenInPage++
  return 0
}

/** Whether lines came after others than last time: then what is known of that is out of date. */
export function hasMoved(): u32 {
  return isMoved
}

/** The line that came after the one before last time, if it stands there. */
// @ts-ignore: decorator
@inline
function expected(at: usize): u32 {
  if (previous >= size) return 0
  const entry = load<u32>(nexts + (<usize>previous << 2))
  if (entry == 0 || entry >= size) return 0
  const length = <usize>load<u32>(lengths + (<usize>entry << 2))
  if (length >= pageEnd - at || !endsLine(entry, at + length)) return 0
  const place = <usize>load<u32>(places + (<usize>entry << 2))
  if (place != 0 && isSameText(at, place, length)) return entry
  hash(at, length)
  return isHashOf(entry) ? entry : 0
}

/** Cheaper than a hash, and as sure: the text there was known by its own, or by another so compared. */
// @ts-ignore: decorator
@inline
function isSameText(at: usize, place: usize, length: usize): bool {
  let offset: usize = 0
  for (; offset + 16 <= length; offset += 16) {
    if (v128.any_true(v128.xor(v128.load(at + offset), v128.load(place + offset)))) return false
  }
  const mask = v128.load(masks + 32 - (length - offset))
  const other = v128.xor(v128.load(at + offset), v128.load(place + offset))
  return !v128.any_true(v128.and(other, mask))
}

/** The known line that stands there, wherever it stood before. */
function found(at: usize): u32 {
  const end = keyEnd(at)
  if (end == 0) return 0
  if (buckets == 0) {
    wantsBuckets = 1
    return 0
  }
  const length = <u32>(end - at)
  hash(at, length)
  let bucket = <u32>hashA + <u32>(hashA >> 32) * 0x9e3779b1
  bucket *= 0x85ebca6b
  bucket = (bucket ^ (bucket >>> 15)) & bucketMask
  let entry = load<u32>(buckets + (<usize>bucket << 2))
  while (entry != 0) {
    if (load<u32>(lengths + (<usize>entry << 2)) == length && isHashOf(entry)) {
      return endsLine(entry, end) ? entry : 0
    }
    bucket = (bucket + 1) & bucketMask
    entry = load<u32>(buckets + (<usize>bucket << 2))
  }
  return 0
}

// @ts-ignore: decorator
@inline
function isHashOf(entry: u32): bool {
  const place = hashes + (<usize>entry << 4)
  return load<u64>(place) == hashA && load<u64>(place, 8) == hashB
}

/** No prefix of a longer name may pass for a line. */
// @ts-ignore: decorator
@inline
function endsLine(entry: u32, end: usize): bool {
  const byte = <u32>load<u8>(end)
  if (load<u8>(kinds + entry) == metadata) return byte == newline
  return byte == space || byte == tab
}

/** Takes a line in; behind it, or 0 where the parser must look. */
// @ts-ignore: decorator
@inline
function take(entry: u32, at: usize): usize {
  const end = at + load<u32>(lengths + (<usize>entry << 2))
  const kind = <u32>load<u8>(kinds + entry)
  const id = load<u32>(ids + (<usize>entry << 2))
  if (kind == metadata) {
    if ((id & 15) != 0) type = entry
    if (id >>> 4 != 0) family = entry
    noted(entry, <u32>at)
    return end + 1
  }
  if (kind == series && id == unresolved) return 0
  let from = end + 1
  if (isOpenMetrics) {
    if (load<u8>(end) != space) return 0
  } else {
    while (isBlank(from)) from++
  }
  if (load<u8>(from) == brace) return 0
  let after = number(from)
  if (after == 0) return 0
  const value = bits
  let time: f64 = NaN
  if (load<u8>(after) != newline) {
    after = isOpenMetrics ? seconds(after) : milliseconds(after)
    if (after == 0) return 0
    time = timestamp
  }
  if (after >= pageEnd && isOpenMetrics) return 0
  const wasSeen = noted(entry, <u32>at)
  total++
  if (kind != series) return after + 1
  added++
  const isOwn = keepsTimes && time == time
  if (wasSeen != 0 && !isOwn) {
    duplicates++
    return after + 1
  }
  const row = <usize>count
  count++
  store<f64>(rows + (row << 3), isOwn ? time : scrapeTime)
  store<u64>(rowValues + (row << 3), value)
  store<u32>(rowIds + (row << 2), id)
  store<u32>(rowEntries + (row << 2), isOwn && !tracksTimes ? ~entry : entry)
  return after + 1
}

// @ts-ignore: decorator
@inline
function isBlank(at: usize): bool {
  const byte = <u32>load<u8>(at)
  return byte == space || byte == tab
}

/** The latest number's bits, and the latest timestamp; NaN for none. */
let bits: u64 = 0
let timestamp: f64 = 0

/** Behind a value of the text format: blanks, whole milliseconds, the line's end. */
function milliseconds(from: usize): usize {
  let at = from
  while (isBlank(at)) at++
  const first = at
  let time: u64 = 0
  for (let digit = digitAt(at); digit < 10; digit = digitAt(++at)) time = time * 10 + digit
  if (load<u8>(at) != newline || at - first > 15) return 0
  timestamp = at == first ? NaN : <f64>time
  return at
}

/** Behind a value of OpenMetrics: a blank, seconds, the line's end. */
function seconds(from: usize): usize {
  if (load<u8>(from) != space) return 0
  const end = number(from + 1)
  if (end == 0 || load<u8>(end) != newline) return 0
  timestamp = Math.trunc(reinterpret<f64>(bits) * 1000)
  return isFinite(timestamp) ? end : 0
}

// @ts-ignore: decorator
@inline
function digitAt(at: usize): u32 {
  return <u32>load<u8>(at) - 0x30
}

/**
 * A float that ends before a blank or a line break, rounded as the format demands; where it ends, or
 * 0 for what the parser must read: anything but plain decimals, NaN and infinities.
 */
function number(from: usize): usize {
  let at = from
  const isNegative = load<u8>(at) == 0x2d
  if (isNegative) at++
  const first = at
  let mantissa: u64 = 0
  let digit = digitAt(at)
  for (; digit < 10; digit = digitAt(++at)) mantissa = mantissa * 10 + digit
  let digits = at - first
  let scale: i32 = 0
  if (digit == <u32>0x2e - 0x30) {
    const point = ++at
    for (digit = digitAt(at); digit < 10; digit = digitAt(++at)) mantissa = mantissa * 10 + digit
    scale = <i32>(point - at)
    digits += at - point
  }
  if (digits == 0) return word(first, isNegative)
  // Nineteen digits fit into 64 bits.
  if (digits > 19) return 0
  if (digit == <u32>0x65 - 0x30) {
    const sign = load<u8>(++at)
    if (sign == 0x2d || sign == 0x2b) at++
    const exponentAt = at
    let exponent: i32 = 0
    for (digit = digitAt(at); digit < 10 && exponent < 1000; digit = digitAt(++at)) {
      exponent = exponent * 10 + <i32>digit
    }
    if (at == exponentAt) return 0
    scale += sign == 0x2d ? -exponent : exponent
  }
  if (!endsWord(at)) return 0
  if (mantissa == 0) {
    bits = <u64>isNegative << 63
    return at
  }
  // One operation on two numbers that doubles hold exactly is exact (Clinger).
  if (mantissa <= 9007199254740992 && scale <= 22 && scale >= -22) {
    const whole = <f64>mantissa
    const value =
      scale < 0
        ? whole / load<f64>(powers + (<usize>-scale << 3))
        : whole * load<f64>(powers + (<usize>scale << 3))
    bits = reinterpret<u64>(isNegative ? -value : value)
    return at
  }
  if (scale < fivesFrom || scale > fivesTo || !longDecimal(mantissa, scale)) return 0
  bits |= <u64>isNegative << 63
  return at
}

// @ts-ignore: decorator
@inline
function endsWord(at: usize): bool {
  const byte = <u32>load<u8>(at)
  return byte == newline || byte == space || byte == tab
}

/** NaN, Inf, +Inf, -Inf. */
function word(first: usize, isNegative: bool): usize {
  const isPlus = load<u8>(first) == 0x2b
  const at = isPlus ? first + 1 : first
  if (!endsWord(at + 3)) return 0
  const letters = load<u32>(at) & 0xffffff
  if (letters == 0x4e614e && !isPlus && !isNegative) bits = 0x7ff8000000000001
  else if (letters == 0x666e49) bits = isNegative ? 0xfff0000000000000 : 0x7ff0000000000000
  else return 0
  return at + 3
}

/** mantissa * 10^scale to bits, correctly rounded (Eisel and Lemire); false where that is not sure. */
function longDecimal(mantissa: u64, scale: i32): bool {
  const zeros = clz(mantissa)
  const shifted = mantissa << zeros
  const five = fives + (<usize>(scale - fivesFrom) << 4)
  multiply(shifted, load<u64>(five))
  let low = productLow
  let high = productHigh
  if ((high & 0x1ff) == 0x1ff) {
    multiply(shifted, load<u64>(five, 8))
    low += productHigh
    if (productHigh > low) high++
  }
  if (low == 0xffffffffffffffff && scale < -27) return false
  const upper = high >> 63
  let fraction = high >> (upper + 9)
  let exponent = <i64>((217706 * scale) >> 16) + 63 + <i64>upper - <i64>zeros + 1023
  // Exactly between two doubles the even one is right.
  const isHalf = low <= 1 && scale >= -4 && scale <= 23 && (fraction & 3) == 1
  if (isHalf && fraction << (upper + 9) == high) fraction &= ~1
  fraction = (fraction + (fraction & 1)) >> 1
  if (fraction >= <u64>2 << 52) {
    fraction = <u64>1 << 52
    exponent++
  }
  bits = (fraction & ~(<u64>1 << 52)) | (<u64>exponent << 52)
  return true
}

let productLow: u64 = 0
let productHigh: u64 = 0

// @ts-ignore: decorator
@inline
function multiply(a: u64, b: u64): void {
  const aLow = a & 0xffffffff
  const bLow = b & 0xffffffff
  const lowest = aLow * bLow
  const left = aLow * (b >> 32)
  const right = (a >> 32) * bLow
  const middle = (lowest >> 32) + (left & 0xffffffff) + (right & 0xffffffff)
  productLow = (lowest & 0xffffffff) | (middle << 32)
  productHigh = (a >> 32) * (b >> 32) + (left >> 32) + (right >> 32) + (middle >> 32)
}

/** Of bytes of the page, to the state: four words. */
export function hashOf(from: usize, length: usize): void {
  hash(from, length)
  store<u64>(state, hashA, 48)
  store<u64>(state, hashB, 56)
}

/**
 * Where the text that names a line ends: behind the series, or at the end of a comment line. 0 for
 * what is not written plainly; that costs time only, since the parser reads it then.
 */
function keyEnd(from: usize): usize {
  let at = from
  if (load<u8>(at) == 0x23) {
    while (at < pageEnd && load<u8>(at) != newline) at++
    return at
  }
  while (isNameByte(load<u8>(at))) at++
  if (load<u8>(at) != brace) return at == from ? 0 : at
  for (at++; at < pageEnd; at++) {
    const byte = <u32>load<u8>(at)
    if (byte == 0x7d) return at + 1
    if (byte == newline) return 0
    if (byte != quote) continue
    at = quotedEnd(at)
    if (at == 0) return 0
  }
  return 0
}

// @ts-ignore: decorator
@inline
function isNameByte(byte: u32): bool {
  const letter = (byte | 0x20) - 0x61
  return letter < 26 || byte - 0x30 < 11 || byte == 0x5f
}

/** The closing quote. */
function quotedEnd(from: usize): usize {
  for (let at = from + 1; at < pageEnd; at++) {
    const byte = <u32>load<u8>(at)
    if (byte == quote) return at
    if (byte == 0x5c) at++
  }
  return 0
}
