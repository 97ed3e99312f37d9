import { NativeHistogram } from '../../model/histogram.ts'
import { halvesOf, isStaleAt } from '../../model/stale-nan.ts'
import { isFloatHistogram } from '../chunk/chunk-encoding.ts'
import type { Head } from './head.ts'

/** Samples of series by their ids; `count` are valid. */
export interface SamplesById {
  readonly ids: Uint32Array
  readonly timestampsMs: Float64Array
  readonly values: Float64Array
  /** Start timestamps, 0 for none; without them no sample has one. */
  readonly startsMs?: Float64Array | undefined
  readonly count: number
}

/**
 * Moves samples `from` to `to` into memory; what is not newer than its series' newest by now (twice
 * in one transaction, or in the log) is left out. Answers how many went in.
 */
export function appendInOrder(
  head: Head,
  columns: SamplesById,
  from = 0,
  to = columns.count,
): number {
  const { ids, timestampsMs, values, startsMs } = columns
  const halves = halvesOf(values)
  let added = 0
  for (let index = from; index < to; index++) {
    const id = ids[index] ?? 0
    const timestampMs = timestampsMs[index] ?? 0
    const newestMs = head.chunks.newestMs(id)
    if (timestampMs < head.validFromMs) continue
    if (timestampMs <= newestMs) {
      // The newest sample may be known by its time alone, from a head chunk file.
      if (timestampMs === newestMs) head.chunks.knowNewest(id, halves, index)
      continue
    }
    added++
    const startMs = startsMs?.[index] ?? 0
    if (isStaleAt(halves, index)) appendStale(head, id, timestampMs, startMs, halves, index)
    else head.append(id, timestampMs, halves[index * 2 + 1] ?? 0, halves[index * 2] ?? 0, startMs)
  }
  head.closed.flush()
  return added
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
  startMs = 0,
): boolean {
  if (timestampMs < head.validFromMs) return false
  const newestMs = head.chunks.newestMs(id)
  if (timestampMs <= newestMs) {
    if (timestampMs === newestMs) head.chunks.knowNewest(id, histogram.sumHalves, 0)
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

/** What limits.histogramPartsMax bounds. */
export function partsOf(histogram: NativeHistogram): number {
  return (
    histogram.positiveBucketCount +
    histogram.negativeBucketCount +
    histogram.positiveSpanCount +
    histogram.negativeSpanCount +
    histogram.customBoundCount
  )
}
