import { NativeHistogram, resetHint } from '../../model/histogram.ts'
import { halvesOf, isStaleAt } from '../../model/stale-nan.ts'
import { isFloatHistogram } from '../chunk/chunk-encoding.ts'
import type { Head } from './head.ts'

/** Samples in their order. */
export interface SampleTimes {
  readonly timestampsMs: Float64Array
  readonly values: Float64Array
  /** Start timestamps, 0 for none; without them no sample has one. */
  readonly startsMs?: Float64Array | undefined
}

/** Samples of series by their ids; `count` are valid. */
export interface SamplesById extends SampleTimes {
  readonly ids: Uint32Array
  readonly count: number
}

/** Takes samples that are too late for the chunks in order, if they are not too late at all. */
export interface LateSamples {
  /** Samples before it are late also where their series has no newer one. */
  readonly fromMs: number
  /** Takes element `index` of the halves. */
  stage(id: number, timestampMs: number, startMs: number, halves: Uint32Array, index: number): void
  stageHistogram(id: number, timestampMs: number, startMs: number, histogram: NativeHistogram): void
  /** Told of a histogram that is the series' newest once more. */
  knowHistogram(): void
}

/** For the log in order: what is late in it stands in the log of out-of-order samples too. The head is valid from the same time throughout. */
export function leavingLateOut(head: Head): LateSamples {
  return {
    // No getter: each run of samples asks for it, and would be answered a number of its own memory.
    fromMs: head.validFromMs,
    stage: leaveOut,
    stageHistogram: leaveOut,
    knowHistogram: leaveOut,
  }
}

function leaveOut(): void {
  // Not taken.
}

/**
 * Moves samples `from` to `to` into memory. What has the time of its series' newest by now (twice in
 * one transaction, or in the log) is left out, what is older handed on. Answers how many went in.
 */
export function appendInOrder(
  head: Head,
  columns: SamplesById,
  late: LateSamples,
  from = 0,
  to = columns.count,
): number {
  const { ids, values } = columns
  const halves = halvesOf(values)
  let added = 0
  let approached = from
  for (let start = from; start < to; ) {
    if (start >= approached) approached = head.chunks.ends.approach(ids, start, to)
    const end = endOfRun(ids, start, to)
    added += appendSeriesInOrder(head, ids[start] ?? 0, columns, halves, late, start, end)
    start = end
  }
  head.closed.flush()
  return added
}

/** Where another number follows than the one at `start`. */
export function endOfRun(numbers: Uint32Array | Float64Array, start: number, to: number): number {
  const number = numbers[start]
  let end = start + 1
  while (end < to && numbers[end] === number) end++
  return end
}

/** The same of samples of one series, whose values are these halves; the caller flushes. */
export function appendSeriesInOrder(
  head: Head,
  id: number,
  columns: SampleTimes,
  halves: Uint32Array,
  late: LateSamples,
  from: number,
  to: number,
): number {
  const { timestampsMs } = columns
  const { fromMs } = late
  let added = 0
  for (let index = from; index < to; ) {
    const isLate = (timestampsMs[index] ?? 0) < fromMs
    const end = isLate ? index : head.appendRun(id, timestampsMs, halves, index, to)
    added += end - index
    index = end
    if (index < to && appendOne(head, id, columns, late, index++, halves)) added++
  }
  return added
}

function appendOne(
  head: Head,
  id: number,
  { timestampsMs, startsMs }: SampleTimes,
  late: LateSamples,
  index: number,
  halves: Uint32Array,
): boolean {
  const timestampMs = timestampsMs[index] ?? 0
  const startMs = startsMs?.[index] ?? 0
  const newestMs = head.chunks.newestMs(id)
  if (timestampMs < late.fromMs || timestampMs < newestMs) {
    late.stage(id, timestampMs, startMs, halves, index)
    return false
  }
  if (timestampMs === newestMs) {
    // Where that one is deleted, this is out of order. Else the newest sample may be known by its time
    // alone, from a head chunk file.
    const isDeleted = head.memory.tombstones.hides(id, newestMs)
    if (isDeleted) late.stage(id, timestampMs, startMs, halves, index)
    else head.chunks.knowNewest(id, halves, index)
    return false
  }
  if (isStaleAt(halves, index)) appendStale(head, id, timestampMs, startMs, halves, index)
  else head.append(id, timestampMs, halves[index * 2 + 1] ?? 0, halves[index * 2] ?? 0, startMs)
  return true
}

/** Behind a histogram, in a log of Prometheus too, a stale marker stands for one of its kind. */
function appendStale(
  head: Head,
  id: number,
  timestampMs: number,
  startMs: number,
  halves: Uint32Array,
  index: number,
): void {
  const kind = head.chunks.newestKind(id)
  if (kind === 0) {
    head.append(id, timestampMs, halves[index * 2 + 1] ?? 0, halves[index * 2] ?? 0, startMs)
    return
  }
  const marker = staleHistogram(isFloatHistogram(kind), halves, index)
  head.appendHistogram(id, timestampMs, marker, startMs)
}

/** As appendInOrder, for one histogram; answers whether it went in. */
export function appendHistogramInOrder(
  head: Head,
  id: number,
  timestampMs: number,
  histogram: NativeHistogram,
  late: LateSamples,
  startMs = 0,
): boolean {
  const newestMs = head.chunks.newestMs(id)
  if (timestampMs < late.fromMs || timestampMs < newestMs) {
    late.stageHistogram(id, timestampMs, startMs, histogram)
    return false
  }
  if (timestampMs === newestMs) {
    const isDeleted = head.memory.tombstones.hides(id, newestMs)
    if (isDeleted) late.stageHistogram(id, timestampMs, startMs, histogram)
    else {
      head.chunks.knowNewest(id, histogram.sumHalves, 0)
      if (head.chunks.histograms.newestIs(id, histogram)) late.knowHistogram()
    }
    return false
  }
  head.appendHistogram(id, timestampMs, histogram, startMs)
  return true
}

const stale = new NativeHistogram()

/** From the stale marker at `index`; valid until the next call. */
export function staleHistogram(
  isFloat: boolean,
  halves: Uint32Array,
  index: number,
): NativeHistogram {
  stale.clear()
  stale.isFloat = isFloat
  stale.sumHalves.set(halves.subarray(index * 2, index * 2 + 2))
  return stale
}

const zero = new NativeHistogram()

/** One of the same buckets that has counted nothing, which is a reset; valid until the next call. */
export function zeroHistogram(like: NativeHistogram): NativeHistogram {
  const { isFloat, schema, zeroThreshold, customBounds, customBoundCount } = like
  zero.clear()
  zero.isFloat = isFloat
  zero.hint = resetHint.reset
  zero.schema = schema
  zero.zeroThreshold = zeroThreshold
  zero.customBounds = customBounds.slice(0, customBoundCount)
  zero.customBoundCount = customBoundCount
  return zero
}
