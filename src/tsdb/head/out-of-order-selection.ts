import type { TimeRange } from '../../storage/querier.ts'
import { isWithinIntervals } from '../index/intervals.ts'
import type { HeadBatchTools } from './head-batches.ts'
import type { HeadSnapshot } from './head-memory.ts'
import { OutOfOrderChunks } from './out-of-order-chunks.ts'
import { OutOfOrderSeriesSet } from './out-of-order-series-set.ts'
import { outOfOrderWord, outOfOrderWords } from './snapshot-words.ts'

/**
 * Those of the series of a snapshot that have out-of-order samples in a range, in their order. Chunks
 * in blocks are left to these where the query knows of them; one that began before reads them here.
 */
export function outOfOrderSet(
  tools: HeadBatchTools,
  ids: Uint32Array,
  { outOfOrder = noWords }: Pick<HeadSnapshot, 'outOfOrder'>,
  range: TimeRange,
): OutOfOrderSeriesSet {
  const reader = new OutOfOrderChunks(tools.view.chunks, tools.closed)
  const words = outOfOrder.slice()
  const listings = tools.published.outOfOrderListings
  const rows = outOfOrder.length / outOfOrderWords
  const found = new Uint32Array(rows)
  let count = 0
  for (let row = 0; row < rows; row++) {
    tools.looks.item()
    const at = row * outOfOrderWords
    const id = ids[words[at + outOfOrderWord.index] ?? 0] ?? 0
    words[at + outOfOrderWord.chainEnd] = reader.listedFrom(words, row, listings)
    const span = reader.spanOf(words, row, range)
    if (span === undefined) continue
    const deleted = tools.view.tombstones.lateOf(id)
    if (isWithinIntervals(deleted, span.minTimeMs, span.maxTimeMs)) continue
    words.copyWithin(count * outOfOrderWords, at, at + outOfOrderWords)
    found[count++] = id
  }
  const kept = words.subarray(0, count * outOfOrderWords)
  return new OutOfOrderSeriesSet(tools, found.subarray(0, count), kept)
}

const noWords = new Uint32Array(0)
