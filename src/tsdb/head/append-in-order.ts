import { NativeHistogram } from '../../model/histogram.ts'
import { halvesOf, isStaleAt } from '../../model/stale-nan.ts'
import { encoding } from '../chunk/encoding.ts'
import type { Head } from './head.ts'

/** Samples of series by their ids; `count` are valid. */
export interface SamplesById {
  readonly ids: Uint32Array
  readonly timestampsMs: Float64Array
  readonly values: Float64Array
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
  const { ids, timestampsMs, values } = columns
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
    if (isStaleAt(halves, index)) appendStale(head, id, timestampMs, halves, index)
    else head.append(id, timestampMs, halves[index * 2 + 1] ?? 0, halves[index * 2] ?? 0)
  }
  head.closed.flush()
  return added
}

/** Behind a histogram, in a log of Prometheus too, a stale marker stands for one of its kind. */
function appendStale(
  head: Head,
  id: number,
  timestampMs: number,
  halves: Uint32Array,
  index: number,
): void {
  const kind = head.chunks.newestKind(id)
  if (kind === 0) {
    head.append(id, timestampMs, halves[index * 2 + 1] ?? 0, halves[index * 2] ?? 0)
    return
  }
  const isFloat = kind === encoding.floatHistogram
  head.appendHistogram(id, timestampMs, staleHistogram(isFloat, halves, index))
}

/** As appendInOrder, for one histogram; answers whether it went in. */
export function appendHistogramInOrder(
  head: Head,
  id: number,
  timestampMs: number,
  histogram: NativeHistogram,
): boolean {
  if (timestampMs < head.validFromMs || timestampMs <= head.chunks.newestMs(id)) return false
  head.appendHistogram(id, timestampMs, histogram)
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
