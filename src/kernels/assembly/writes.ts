// Remote-write version 1 bodies as columns (upstream prompb/remote.proto), and the ids of their
// series by their encoded labels; version 2 is in writes-v2.ts. The caller lays out the memory,
// behind what line-hash.ts has of it, with 64 bytes behind the body: loads may reach that far. What
// a body has beside labels, usual samples, histograms and exemplars, the caller reads itself.

import {
  beginBody,
  entries,
  expectedLength,
  find,
  isExpected,
  learn,
  predictions,
  taken,
  unknown,
} from './known-series'
import {
  addExemplar,
  addHistogram,
  beginParts,
  isTime,
  length,
  lengthAt,
  time,
} from './write-fields'
import { findGathered, gatherV2 } from './writes-v2'

export { index, layOutEntries } from './known-series'
export { exemplarCount, histogramCount, layOutParts } from './write-fields'
export {
  boundV2,
  decodeV2,
  findAllV2,
  layOutV2Samples,
  layOutV2Series,
  seriesCountV2,
  symbolCountV2,
} from './writes-v2'

/** Where the columns stand: layOut says so. */
let labelStarts: usize
let labelEnds: usize
let ids: usize
let sampleSeries: usize
let times: usize
let values: usize

let seriesSeen: i32 = 0
/** Whether the latest series was where it was expected: then the next one will be. */
let isInOrder: bool = false

export function layOut(
  labelStartsAt: usize,
  labelEndsAt: usize,
  idsAt: usize,
  sampleSeriesAt: usize,
  timesAt: usize,
  valuesAt: usize,
): void {
  labelStarts = labelStartsAt
  labelEnds = labelEndsAt
  ids = idsAt
  sampleSeries = sampleSeriesAt
  times = timesAt
  values = valuesAt
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
  beginBody()
  beginParts()
  while (at < end) {
    if (load<u8>(at) != 0x0a || series == seriesMax) return -1
    at = lengthAt(at + 1)
    const stop = at + length
    if (length < 0 || stop > end) return -1
    const labelStart = at
    const row = <usize>series << 2
    at = behindExpected(labelStart, stop)
    if (at != 0) {
      store<u32>(ids + row, taken())
    } else {
      at = behindLabels(labelStart, stop)
      if (at == 0) return -1
      const before = predictions
      store<u32>(ids + row, find(labelStart, <u32>(at - labelStart)))
      isInOrder = predictions != before
    }
    store<u32>(labelStarts + row, <u32>labelStart)
    store<u32>(labelEnds + row, <u32>at)
    while (at < stop) {
      const tag = load<u8>(at)
      if (tag == 0x12) {
        if (at + 18 > stop || samples == samplesMax || !usualSample(at)) return -1
        store<u32>(sampleSeries + (<usize>samples << 2), <u32>series)
        store<f64>(times + (<usize>samples << 3), time)
        store<u64>(values + (<usize>samples << 3), load<u64>(at, 3))
        samples++
        at += 18
        continue
      }
      at = lengthAt(at + 1)
      const partEnd = at + length
      if (length < 0 || partEnd > stop) return -1
      if (tag == 0x1a) {
        if (!addExemplar(series, at, partEnd)) return -1
      } else if (tag != 0x22 || !addHistogram(series, at, partEnd)) return -1
      at = partEnd
    }
    series++
  }
  seriesSeen = series
  return samples
}

/** The place behind the labels where they are those of the expected series, else 0. */
// @ts-ignore: decorator
@inline
function behindExpected(start: usize, stop: usize): usize {
  if (!isInOrder) return 0
  const bytes = expectedLength()
  const end = start + bytes
  // The run was one of whole labels when it was learned; another label may stand behind it.
  isInOrder =
    bytes != 0 && end <= stop && (end == stop || load<u8>(end) != 0x0a) && isExpected(start, bytes)
  return isInOrder ? end : 0
}

/** The place behind the labels, 0 where they go on behind `stop`. */
// @ts-ignore: decorator
@inline
function behindLabels(start: usize, stop: usize): usize {
  let at = start
  while (at < stop && load<u8>(at) == 0x0a) {
    at = lengthAt(at + 1)
    if (length < 0) return 0
    at += length
  }
  return at > stop ? 0 : at
}

/** Finds the ids of series whose labels the caller found. */
export function findAll(count: i32): void {
  beginBody()
  for (let series: usize = 0; series < <usize>count; series++) {
    const start = load<u32>(labelStarts + (series << 2))
    const end = load<u32>(labelEnds + (series << 2))
    store<u32>(ids + (series << 2), find(start, end - start))
  }
  seriesSeen = count
}

/** The labels of a series that is not known are from now on those of `id`; there must be room. */
export function add(series: i32, id: u32): void {
  const start = load<u32>(labelStarts + (<usize>series << 2))
  const bytes = load<u32>(labelEnds + (<usize>series << 2)) - start
  // A body may name a series twice.
  if (find(start, bytes) == unknown) learn(bytes, id)
}

/** The same for a body of version 2. */
export function addV2(series: i32, id: u32): void {
  const bytes = <u32>gatherV2(series)
  if (findGathered(bytes) == unknown) learn(bytes, id)
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

/** Whether 18 bytes are a sample with its value, then a timestamp of six bytes. */
// @ts-ignore: decorator
@inline
function usualSample(at: usize): bool {
  return (load<u32>(at) & 0xffffff) == 0x091012 && load<u8>(at, 11) == 0x10 && isTime(at + 12)
}
