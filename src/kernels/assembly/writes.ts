// Remote-write version 1 bodies as columns (upstream prompb/remote.proto), and the ids of their
// series by their encoded labels. Senders repeat series byte for byte, mostly in the same order: so
// the entry behind the latest one is tried first, then the index. An entry is the 128-bit hash of
// the labels and the id. The caller lays out the memory, with 64 bytes behind the body: loads may
// reach that far. What a body has beside labels and usual samples, the caller reads itself.

/** In place of an id: the labels are not known. */
const unknown: u32 = 0xfffffffe

/** Where the columns stand: layOut says so. */
let labelStarts: usize
let labelEnds: usize
let ids: usize
let sampleSeries: usize
let times: usize
let values: usize
/** 16 bytes an entry, in the order in which series came. */
let hashes: usize
let entryIds: usize
/** Entry + 1 by hash; 0 = free. Half of the places are free at least. */
let places: usize
let placeMask: u32
let seedLow: u64
let seedHigh: u64

let entries: u32 = 0
let predicted: u32 = 0
let seriesSeen: i32 = 0
let predictions: u32 = 0
/** The latest hash. */
let low: u64 = 0
let high: u64 = 0

export function layOut(
  labelStartsAt: usize,
  labelEndsAt: usize,
  idsAt: usize,
  sampleSeriesAt: usize,
  timesAt: usize,
  valuesAt: usize,
  hashesAt: usize,
  entryIdsAt: usize,
  placesAt: usize,
  placeCount: u32,
): void {
  labelStarts = labelStartsAt
  labelEnds = labelEndsAt
  ids = idsAt
  sampleSeries = sampleSeriesAt
  times = timesAt
  values = valuesAt
  hashes = hashesAt
  entryIds = entryIdsAt
  places = placesAt
  placeMask = placeCount - 1
}

/** Of this process; before the first entry. */
export function seed(a: u32, b: u32, c: u32, d: u32): void {
  seedLow = (<u64>a << 32) | <u64>b
  seedHigh = (<u64>c << 32) | <u64>d
}

/** The table has so many entries, whose hashes and ids are in place: the index is made anew. */
export function index(count: u32): void {
  entries = count
  predicted = 0
  memory.fill(places, 0, (<usize>placeMask + 1) << 2)
  for (let entry: u32 = 0; entry < count; entry++) {
    put(entry, load<u64>(hashes + (<usize>entry << 4)))
  }
}

export function entryCount(): u32 {
  return entries
}

/** Series of the latest body. */
export function seriesCount(): i32 {
  return seriesSeen
}

/** How many of them were where they were expected. */
export function predictedCount(): u32 {
  return predictions
}

/**
 * Decodes the body from `start` to `end` into the columns; answers how many samples it has, or -1
 * where it has anything but series of labels and usual samples, or more of them than there is room.
 * The id of a series, or `unknown`, is found at once.
 */
export function decode(start: usize, end: usize, seriesMax: i32, samplesMax: i32): i32 {
  let at = start
  let series: i32 = 0
  let samples: i32 = 0
  predictions = 0
  while (at < end) {
    if (load<u8>(at) != 0x0a || series == seriesMax) return -1
    at = lengthAt(at + 1)
    const stop = at + length
    if (length < 0 || stop > end) return -1
    const labelStart = at
    while (at < stop && load<u8>(at) == 0x0a) {
      at = lengthAt(at + 1)
      if (length < 0) return -1
      at += length
    }
    if (at > stop) return -1
    store<u32>(labelStarts + (<usize>series << 2), <u32>labelStart)
    store<u32>(labelEnds + (<usize>series << 2), <u32>at)
    store<u32>(ids + (<usize>series << 2), find(labelStart, at))
    for (; at < stop; at += 18) {
      if (at + 18 > stop || samples == samplesMax || !usualSample(at)) return -1
      store<u32>(sampleSeries + (<usize>samples << 2), <u32>series)
      store<f64>(times + (<usize>samples << 3), <f64>timestamp)
      store<u64>(values + (<usize>samples << 3), load<u64>(at, 3))
      samples++
    }
    series++
  }
  seriesSeen = series
  return samples
}

/** Finds the ids of series whose labels the caller found. */
export function findAll(count: i32): void {
  predictions = 0
  for (let series: usize = 0; series < <usize>count; series++) {
    const start = load<u32>(labelStarts + (series << 2))
    store<u32>(ids + (series << 2), find(start, load<u32>(labelEnds + (series << 2))))
  }
  seriesSeen = count
}

/** The labels of a series that is not known are from now on those of `id`; there must be room. */
export function add(series: i32, id: u32): void {
  const start = load<u32>(labelStarts + (<usize>series << 2))
  // A body may name a series twice.
  if (find(start, load<u32>(labelEnds + (<usize>series << 2))) != unknown) return
  store<u64>(hashes + (<usize>entries << 4), low)
  store<u64>(hashes + (<usize>entries << 4), high, 8)
  store<u32>(entryIds + (<usize>entries << 2), id)
  put(entries, low)
  predicted = ++entries
}

/** Puts ids in place of the series of samples, and leaves out those of `notTaken`. */
export function gather(samples: i32, notTaken: u32): i32 {
  let kept: usize = 0
  for (let sample: usize = 0; sample < <usize>samples; sample++) {
    const id = load<u32>(ids + (<usize>load<u32>(sampleSeries + (sample << 2)) << 2))
    if (id == notTaken) continue
    store<u32>(sampleSeries + (kept << 2), id)
    if (kept != sample) {
      store<u64>(times + (kept << 3), load<u64>(times + (sample << 3)))
      store<u64>(values + (kept << 3), load<u64>(values + (sample << 3)))
    }
    kept++
  }
  return <i32>kept
}

/** Second answer of lengthAt: the length, -1 for one of more than three bytes. */
let length: i32 = 0

/** Reads a length; answers the place behind it. */
// @ts-ignore: decorator
@inline
function lengthAt(at: usize): usize {
  const first = <i32>load<u8>(at)
  length = first
  if (first < 0x80) return at + 1
  const second = <i32>load<u8>(at, 1)
  length = (first & 0x7f) | (second << 7)
  if (second < 0x80) return at + 2
  const third = <i32>load<u8>(at, 2)
  length = third < 0x80 ? (length & 0x3fff) | (third << 14) : -1
  return at + 3
}

/** Second answer of usualSample. */
let timestamp: u64 = 0

/** Whether 18 bytes are a sample with its value, then a timestamp of six bytes. */
// @ts-ignore: decorator
@inline
function usualSample(at: usize): bool {
  if ((load<u32>(at) & 0xffffff) != 0x091012 || load<u8>(at, 11) != 0x10) return false
  const bytes = load<u64>(at, 12)
  // The sixth byte, and no byte before it, is the last.
  if ((bytes & 0x808080808080) != 0x008080808080) return false
  timestamp =
    (bytes & 0x7f) |
    ((bytes >> 1) & 0x3f80) |
    ((bytes >> 2) & 0x1fc000) |
    ((bytes >> 3) & 0xfe00000) |
    ((bytes >> 4) & 0x7f0000000) |
    ((bytes >> 5) & 0x3f800000000)
  return true
}

/** The id of the labels from `start` to `end`, or `unknown`. */
// @ts-ignore: decorator
@inline
function find(start: usize, end: usize): u32 {
  hash(start, end)
  if (predicted < entries && isEntry(predicted)) {
    predictions++
    predicted++
    return load<u32>(entryIds + (<usize>(predicted - 1) << 2))
  }
  for (let place = <u32>low & placeMask; ; place = (place + 1) & placeMask) {
    const found = load<u32>(places + (<usize>place << 2))
    if (found == 0) return unknown
    if (!isEntry(found - 1)) continue
    predicted = found
    return load<u32>(entryIds + (<usize>(found - 1) << 2))
  }
}

// @ts-ignore: decorator
@inline
function isEntry(entry: u32): bool {
  const at = hashes + (<usize>entry << 4)
  return load<u64>(at) == low && load<u64>(at, 8) == high
}

function put(entry: u32, hashLow: u64): void {
  let place = <u32>hashLow & placeMask
  while (load<u32>(places + (<usize>place << 2)) != 0) place = (place + 1) & placeMask
  store<u32>(places + (<usize>place << 2), entry + 1)
}

const mixLow: u64 = 0x87c37b91114253d5
const mixHigh: u64 = 0x4cf5ad432745937f

/** MurmurHash3's x64 form of 128 bits, seeded; its last block is filled up with zeros. */
function hash(start: usize, end: usize): void {
  let a = seedLow
  let b = seedHigh
  let at = start
  for (; at + 16 <= end; at += 16) {
    a ^= rotl<u64>(load<u64>(at) * mixLow, 31) * mixHigh
    a = (rotl<u64>(a, 27) + b) * 5 + 0x52dce729
    b ^= rotl<u64>(load<u64>(at, 8) * mixHigh, 33) * mixLow
    b = (rotl<u64>(b, 31) + a) * 5 + 0x38495ab5
  }
  const rest = end - at
  if (rest > 8) {
    a ^= rotl<u64>(load<u64>(at) * mixLow, 31) * mixHigh
    b ^= rotl<u64>((load<u64>(at, 8) & (u64.MAX_VALUE >> ((16 - rest) << 3))) * mixHigh, 33) * mixLow
  } else if (rest > 0) {
    a ^= rotl<u64>((load<u64>(at) & (u64.MAX_VALUE >> ((8 - rest) << 3))) * mixLow, 31) * mixHigh
  }
  a ^= end - start
  b ^= end - start
  a += b
  b += a
  a = avalanche(a)
  b = avalanche(b)
  a += b
  low = a
  high = b + a
}

// @ts-ignore: decorator
@inline
function avalanche(word: u64): u64 {
  let mixed = (word ^ (word >> 33)) * 0xff51afd7ed558ccd
  mixed = (mixed ^ (mixed >> 33)) * 0xc4ceb9fe1a85ec53
  return mixed ^ (mixed >> 33)
}
