// Remote-write version 2 bodies as columns (upstream io/prometheus/write/v2/types.proto), and the ids
// of their series: a series is known by the hash of its symbols' hashes, so that each text is hashed
// once a body. What is unusual, or wrong, makes decodeV2 answer -1: the caller reads it itself.

import { hash, hashA, hashB } from './line-hash'
import { beginBody, find } from './known-series'
import {
  addExemplar,
  addHistogram,
  beginParts,
  histograms,
  isTime,
  length,
  lengthAt,
  time,
} from './write-fields'

/** Where the columns stand. */
let symbolStarts: usize
let symbolEnds: usize
/** 16 bytes a symbol. */
let symbolHashes: usize
let refStarts: usize
let refs: usize
let types: usize
let helps: usize
let units: usize
let ids: usize
let sampleSeries: usize
let times: usize
let starts: usize
let values: usize
/** Hashes of the symbols of one series, 16 bytes each. */
let gathered: usize

let symbolsMax: u32
let refsMax: u32
let seriesMax: i32
let samplesMax: i32
/** References of one series. */
const seriesRefsMax: u32 = 256

let symbols: u32 = 0
let refCount: u32 = 0
let samples: i32 = 0
let series: i32 = 0

export function layOutV2Series(
  symbolStartsAt: usize,
  symbolEndsAt: usize,
  symbolHashesAt: usize,
  refStartsAt: usize,
  refsAt: usize,
  typesAt: usize,
  helpsAt: usize,
  unitsAt: usize,
  idsAt: usize,
  gatheredAt: usize,
): void {
  symbolStarts = symbolStartsAt
  symbolEnds = symbolEndsAt
  symbolHashes = symbolHashesAt
  refStarts = refStartsAt
  refs = refsAt
  types = typesAt
  helps = helpsAt
  units = unitsAt
  ids = idsAt
  gathered = gatheredAt
}

export function layOutV2Samples(
  sampleSeriesAt: usize,
  timesAt: usize,
  startsAt: usize,
  valuesAt: usize,
): void {
  sampleSeries = sampleSeriesAt
  times = timesAt
  starts = startsAt
  values = valuesAt
}

/** How many of each there is room for. */
export function boundV2(symbolRows: u32, refRows: u32, seriesRows: i32, sampleRows: i32): void {
  symbolsMax = symbolRows
  refsMax = refRows
  seriesMax = seriesRows
  samplesMax = sampleRows
}

export function symbolCountV2(): u32 {
  return symbols
}

export function seriesCountV2(): i32 {
  return series
}

/** As decode of version 1: how many samples, or -1. */
export function decodeV2(start: usize, end: usize): i32 {
  beginBody()
  beginParts()
  symbols = 0
  refCount = 0
  samples = 0
  series = 0
  let at = start
  while (at < end) {
    const tag = load<u8>(at)
    at = lengthAt(at + 1)
    const stop = at + length
    if (length < 0 || stop > end) return -1
    if (tag == 0x22) {
      // A series may refer to symbols that stand behind it: not here.
      if (series > 0 || symbols == symbolsMax) return -1
      addSymbol(at, stop)
    } else if (tag != 0x2a || series == seriesMax || !readSeries(at, stop)) return -1
    at = stop
  }
  store<u32>(refStarts + (<usize>series << 2), refCount)
  return samples
}

// @ts-ignore: decorator
@inline
function addSymbol(at: usize, stop: usize): void {
  hash(at, stop - at)
  const place = symbolHashes + (<usize>symbols << 4)
  // Texts of other lengths may have one hash.
  store<u64>(place, hashA + <u64>(stop - at) * 0x9e3779b97f4a7c15)
  store<u64>(place, hashB, 8)
  store<u32>(symbolStarts + (<usize>symbols << 2), <u32>at)
  store<u32>(symbolEnds + (<usize>symbols << 2), <u32>stop)
  symbols++
}

// @ts-ignore: decorator
@inline
function readSeries(start: usize, stop: usize): bool {
  if (load<u8>(start) != 0x0a) return false
  let at = lengthAt(start + 1)
  const refsEnd = at + length
  if (length < 0 || refsEnd > stop) return false
  const row = <usize>series << 2
  store<u32>(refStarts + row, refCount)
  let to = gathered
  const full = gathered + (<usize>seriesRefsMax << 4)
  while (at < refsEnd) {
    at = lengthAt(at)
    if (<u32>length >= symbols || refCount == refsMax || to == full) return false
    store<u32>(refs + (<usize>refCount << 2), <u32>length)
    refCount++
    v128.store(to, v128.load(symbolHashes + (<usize>length << 4)))
    to += 16
  }
  if (at != refsEnd || ((to - gathered) & 16) != 0) return false
  store<u32>(types + row, 0)
  store<u32>(helps + row, 0)
  store<u32>(units + row, 0)
  const brought = samples + histograms
  while (at < stop) {
    const tag = load<u8>(at)
    at = lengthAt(at + 1)
    const partEnd = at + length
    if (length < 0 || partEnd > stop) return false
    if (tag == 0x12) {
      if (!readSample(at, partEnd)) return false
    } else if (tag == 0x2a) {
      if (!readMetadata(at, partEnd, row)) return false
    } else if (tag == 0x1a) {
      if (!addHistogram(series, at, partEnd)) return false
    } else if (tag != 0x22 || !addExemplar(series, at, partEnd)) return false
    at = partEnd
  }
  // What brings nothing is refused, in words that are the caller's.
  if (samples + histograms == brought) return false
  store<u32>(ids + row, find(gathered, <u32>(to - gathered)))
  series++
  return true
}

/** A value and its time, and mayhap since when it counts. */
// @ts-ignore: decorator
@inline
function readSample(at: usize, end: usize): bool {
  const bytes = end - at
  if (samples == samplesMax || (bytes != 16 && bytes != 23)) return false
  if (load<u8>(at) != 0x09 || load<u8>(at, 9) != 0x10) return false
  const row = <usize>samples << 3
  if (!isTime(at + 10)) return false
  store<f64>(times + row, time)
  let startTime: f64 = 0
  if (bytes == 23) {
    if (load<u8>(at, 16) != 0x18 || !isTime(at + 17)) return false
    startTime = time
  }
  store<f64>(starts + row, startTime)
  store<u64>(values + row, load<u64>(at, 1))
  store<u32>(sampleSeries + (<usize>samples << 2), <u32>series)
  samples++
  return true
}

// @ts-ignore: decorator
@inline
function readMetadata(start: usize, end: usize, row: usize): bool {
  let at = start
  while (at < end) {
    const tag = load<u8>(at)
    at = lengthAt(at + 1)
    if (length < 0) return false
    if (tag == 0x08) store<u32>(types + row, <u32>length)
    else if (<u32>length >= symbols) return false
    else if (tag == 0x18) store<u32>(helps + row, <u32>length)
    else if (tag == 0x20) store<u32>(units + row, <u32>length)
    else return false
  }
  return at == end
}

/** The labels of a series of this body, which are not known, are those of `id`; there must be room. */
export function gatherV2(index: i32): usize {
  let at = load<u32>(refStarts + (<usize>index << 2))
  const end = load<u32>(refStarts + (<usize>index << 2), 4)
  let to = gathered
  for (; at < end; at++) {
    const ref = load<u32>(refs + (<usize>at << 2))
    v128.store(to, v128.load(symbolHashes + (<usize>ref << 4)))
    to += 16
  }
  return to - gathered
}

export function findGathered(bytes: u32): u32 {
  return find(gathered, bytes)
}

/** All ids once more, where the table was begun anew. */
export function findAllV2(): void {
  beginBody()
  for (let index = 0; index < series; index++) {
    store<u32>(ids + (<usize>index << 2), find(gathered, <u32>gatherV2(index)))
  }
}
