import type { TimeRange } from '../../storage/querier.ts'
import { isWithinIntervals } from '../index/intervals.ts'
import type { HeadSnapshot } from './head-memory.ts'
import type { HeadSeriesTools } from './head-series-set.ts'
import { OutOfOrderChunks } from './out-of-order-chunks.ts'
import { outOfOrderWords } from './out-of-order-samples.ts'
import { OutOfOrderSeriesSet } from './out-of-order-series-set.ts'

/** Those of the series of a snapshot that have out-of-order samples in a range, in their order. */
export function outOfOrderSet(
  tools: HeadSeriesTools,
  ids: Uint32Array,
  { outOfOrder = noWords }: Pick<HeadSnapshot, 'outOfOrder'>,
  range: TimeRange,
): OutOfOrderSeriesSet {
  const reader = new OutOfOrderChunks(tools.view.chunks, tools.closed)
  const words = outOfOrder.slice()
  const rows = outOfOrder.length / outOfOrderWords
  const found = new Uint32Array(rows)
  let count = 0
  for (let row = 0; row < rows; row++) {
    tools.looks.item()
    const id = ids[outOfOrder[row * outOfOrderWords] ?? 0] ?? 0
    const span = reader.spanOf(outOfOrder, row, range)
    if (span === undefined) continue
    const deleted = tools.view.tombstones.of(id)
    if (isWithinIntervals(deleted, span.minTimeMs, span.maxTimeMs)) continue
    words.copyWithin(count * outOfOrderWords, row * outOfOrderWords, (row + 1) * outOfOrderWords)
    found[count++] = id
  }
  const kept = words.subarray(0, count * outOfOrderWords)
  return new OutOfOrderSeriesSet(tools, found.subarray(0, count), kept)
}

const noWords = new Uint32Array(0)
