// Delta-parse of exposition pages: lines that the previous page of the same target had are known by
// length and hash, or by their text where a page with the same lines was read just before, and only
// their values are read; where the value is written as it was there, not even that. The caller places the page in this module's
// memory, a line break and 64 bytes behind it (loads may reach that far), and the columns of the known
// lines (../known-lines.ts says what they hold). ../exposition-twin.ts does the same in plain code.

import { hash, hashA, hashB, masks } from './line-hash'
import { bits, digitAt, fillPowers, newline, number, space, tab } from './page-number'

const state: usize = 256
const rows: usize = 65_536
const rowsMax: u32 = 4096
const rowValues: usize = rows + 8 * 4096
const rowIds: usize = rows + 16 * 4096
const rowEntries: usize = rows + 20 * 4096

const series: u32 = 1
const metadata: u32 = 3
const unresolved: u32 = 0xffffffff

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
/** How long the line was there, its line break included, and its value; 0 bytes for one with a time. */
let wholes: usize = 0
let values: usize = 0
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
  fillPowers()
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
  wholes_: usize,
  values_: usize,
  isAsBefore: bool,
): void {
  // What one format takes for a value the other may refuse.
  const isKept = isAsBefore && isOpenMetrics == isOpenMetrics_
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
  wholes = wholes_
  values = values_
  // Of a line that it did not have, the text may no longer be there.
  if (!isKept || seenInPage + 1 != size) memory.fill(places, 0, <usize>size << 2)
  buckets = 0
  previous = 0
  seenInPage = 0
  isMoved = 0
  equalEnd = 0
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
    let entry = following()
    let after: usize = 0
    if (entry != 0) {
      after = unchanged(entry, at)
      if (after == 0 && !standsAt(entry, at)) entry = 0
    }
    if (after == 0) {
      if (entry == 0) entry = found(at)
      if (entry == 0) break
      after = take(entry, at)
      if (after == 0) break
    }
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
  return entry < size ? marked(entry, place) : 0
}

/** Whether the page had the line before, which it has now. */
// @ts-ignore: decorator
@inline
function marked(entry: u32, place: u32): u32 {
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

/** The line that came after the one before last time; 0 for none. */
// @ts-ignore: decorator
@inline
function following(): u32 {
  if (previous >= size) return 0
  const entry = load<u32>(nexts + (<usize>previous << 2))
  return entry < size ? entry : 0
}

/** Up to where this page is equal to the text that is so many bytes before it: see isEqualUpTo(). */
let equalEnd: usize = 0
let distance: usize = 0
/** How far behind a line that is looked ahead; the caller's memory reaches as far. */
const aheadBytes: usize = 256

/**
 * Whether the page up to there is equal to the text `apart` bytes before it, from `at` on. Lines
 * mostly follow each other as they did, so that what is found equal is not looked at again.
 */
// @ts-ignore: decorator
@inline
function isEqualUpTo(end: usize, at: usize, apart: usize): bool {
  if (apart != distance || at > equalEnd) {
    distance = apart
    equalEnd = at
  }
  return end <= equalEnd || (end <= pageEnd && extendsTo(end))
}

/** Looks on from where the page is equal; whether that reaches up to there. */
function extendsTo(end: usize): bool {
  const stop = min(end + aheadBytes, pageEnd)
  let at = equalEnd
  while (at < stop) {
    const unequal = i8x16.ne(v128.load(at), v128.load(at - distance))
    if (v128.any_true(unequal)) {
      at += <usize>ctz(i8x16.bitmask(unequal))
      break
    }
    at += 16
  }
  // Behind the page nothing is known.
  equalEnd = min(at, pageEnd)
  return end <= equalEnd
}

/** Takes the line in that is, value and all, as it was in the page before; behind it, or 0. */
// @ts-ignore: decorator
@inline
function unchanged(entry: u32, at: usize): usize {
  const place = <usize>load<u32>(places + (<usize>entry << 2))
  const whole = <usize>load<u32>(wholes + (<usize>entry << 2))
  if (place == 0 || whole == 0 || !isEqualUpTo(at + whole, at, at - place)) return 0
  const kind = <u32>load<u8>(kinds + entry)
  const id = load<u32>(ids + (<usize>entry << 2))
  if (kind == series && id == unresolved) return 0
  previous = entry
  const wasSeen = marked(entry, <u32>at)
  if (kind == metadata) tell(entry, id)
  else add(entry, kind, id, wasSeen, load<u64>(values + (<usize>entry << 3)), NaN)
  return at + whole
}

/** Whether the text of the line stands there. */
// @ts-ignore: decorator
@inline
function standsAt(entry: u32, at: usize): bool {
  const length = <usize>load<u32>(lengths + (<usize>entry << 2))
  if (length >= pageEnd - at || !endsLine(entry, at + length)) return false
  const place = <usize>load<u32>(places + (<usize>entry << 2))
  // Cheaper than a hash, and as sure: the text there was known by its own, or by another so compared.
  if (place != 0) return isEqualUpTo(at + length, at, at - place)
  hash(at, length)
  return isHashOf(entry)
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
  const whole = wholes + (<usize>entry << 2)
  if (kind == metadata) {
    tell(entry, id)
    noted(entry, <u32>at)
    store<u32>(whole, <u32>(end + 1 - at))
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
  const isTimed = load<u8>(after) != newline
  let time: f64 = NaN
  if (isTimed) {
    after = isOpenMetrics ? seconds(after) : milliseconds(after)
    if (after == 0) return 0
    time = timestamp
  }
  if (after >= pageEnd && isOpenMetrics) return 0
  const wasSeen = noted(entry, <u32>at)
  store<u32>(whole, isTimed ? 0 : <u32>(after + 1 - at))
  store<u64>(values + (<usize>entry << 3), value)
  add(entry, kind, id, wasSeen, value, time)
  return after + 1
}

/** What a line of metadata tells. */
// @ts-ignore: decorator
@inline
function tell(entry: u32, id: u32): void {
  if ((id & 15) != 0) type = entry
  if (id >>> 4 != 0) family = entry
}

/** Counts a line with a value, which becomes a row where it is a series. */
// @ts-ignore: decorator
@inline
function add(entry: u32, kind: u32, id: u32, wasSeen: u32, value: u64, time: f64): void {
  total++
  if (kind != series) return
  added++
  const isOwn = keepsTimes && time == time
  if (wasSeen != 0 && !isOwn) {
    duplicates++
    return
  }
  const row = <usize>count
  count++
  store<f64>(rows + (row << 3), isOwn ? time : scrapeTime)
  store<u64>(rowValues + (row << 3), value)
  store<u32>(rowIds + (row << 2), id)
  store<u32>(rowEntries + (row << 2), isOwn && !tracksTimes ? ~entry : entry)
}

// @ts-ignore: decorator
@inline
function isBlank(at: usize): bool {
  const byte = <u32>load<u8>(at)
  return byte == space || byte == tab
}

/** The latest timestamp; NaN for none. */
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
