// Series that are known by a hash of their labels, for the write kernel. Senders repeat series byte
// for byte, mostly in the same order: so the entry behind the latest one is tried first, then the
// index. An entry is the 128-bit hash, the length of what was hashed, and the id.

import { hash, hashA, hashB } from './line-hash'

/** In place of an id: the labels are not known. */
export const unknown: u32 = 0xfffffffe

/** 16 bytes an entry, in the order in which series came. */
let hashes: usize
let entryIds: usize
let entryLengths: usize
/** Entry + 1 by hash; 0 = free. Half of the places are free at least. */
let places: usize
let placeMask: u32

export let entries: u32 = 0
/** The entry that is expected next. */
let expected: u32 = 0
/** How many series stood where they were expected, since beginBody. */
export let predictions: u32 = 0

export function layOutEntries(
  hashesAt: usize,
  entryIdsAt: usize,
  entryLengthsAt: usize,
  placesAt: usize,
  placeCount: u32,
): void {
  hashes = hashesAt
  entryIds = entryIdsAt
  entryLengths = entryLengthsAt
  places = placesAt
  placeMask = placeCount - 1
}

/** The table has so many entries, which are in place: the index is made anew. */
export function index(count: u32): void {
  entries = count
  expected = 0
  memory.fill(places, 0, (<usize>placeMask + 1) << 2)
  for (let entry: u32 = 0; entry < count; entry++) {
    const at = hashes + (<usize>entry << 4)
    put(entry, load<u64>(at), load<u64>(at, 8))
  }
}

export function beginBody(): void {
  predictions = 0
}

/** How long the labels of the series that is expected next are; 0 when none is. */
// @ts-ignore: decorator
@inline
export function expectedLength(): u32 {
  return expected < entries ? load<u32>(entryLengths + (<usize>expected << 2)) : 0
}

/** Whether the bytes from `start` on are those of the expected series; what `taken` answers then. */
// @ts-ignore: decorator
@inline
export function isExpected(start: usize, length: u32): bool {
  hash(start, length)
  return isEntry(expected)
}

/** The id of the expected series; the one behind it is expected next. */
// @ts-ignore: decorator
@inline
export function taken(): u32 {
  predictions++
  expected++
  return load<u32>(entryIds + (<usize>(expected - 1) << 2))
}

/** The id of the labels from `start` on, or `unknown`. */
export function find(start: usize, length: u32): u32 {
  hash(start, length)
  const isNext = expected < entries && expectedLength() == length && isEntry(expected)
  if (isNext) return taken()
  for (let place = placeOf(hashA, hashB); ; place = (place + 1) & placeMask) {
    const found = load<u32>(places + (<usize>place << 2))
    if (found == 0) return unknown
    const entry = found - 1
    if (!isEntry(entry) || load<u32>(entryLengths + (<usize>entry << 2)) != length) continue
    expected = found
    return load<u32>(entryIds + (<usize>entry << 2))
  }
}

/** What find() looked for last and did not know has this id; there must be room. */
export function learn(length: u32, id: u32): void {
  store<u64>(hashes + (<usize>entries << 4), hashA)
  store<u64>(hashes + (<usize>entries << 4), hashB, 8)
  store<u32>(entryIds + (<usize>entries << 2), id)
  store<u32>(entryLengths + (<usize>entries << 2), length)
  put(entries, hashA, hashB)
  expected = ++entries
}

// @ts-ignore: decorator
@inline
function isEntry(entry: u32): bool {
  const at = hashes + (<usize>entry << 4)
  return load<u64>(at) == hashA && load<u64>(at, 8) == hashB
}

function put(entry: u32, low: u64, high: u64): void {
  let place = placeOf(low, high)
  while (load<u32>(places + (<usize>place << 2)) != 0) place = (place + 1) & placeMask
  store<u32>(places + (<usize>place << 2), entry + 1)
}

/** The bits of the hash's sums are not alike: all of them have a say. */
// @ts-ignore: decorator
@inline
function placeOf(low: u64, high: u64): u32 {
  const mixed = (low ^ rotl<u64>(high, 32)) * 0x9e3779b97f4a7c15
  return <u32>(mixed >> 32) & placeMask
}
