import { type Looks, noLooks } from '../../base/looks.ts'
import type { TimeRange } from '../../storage/querier.ts'
import { type Intervals, isWithinIntervals } from '../index/intervals.ts'
import { SeriesEntry } from './block-index.ts'
import type { BlockReader } from './block-reader.ts'
import { BlockSeriesSet } from './block-series-set.ts'
import { ChunkMetas } from './chunk-metas.ts'
import { GrowingColumn } from './growing-column.ts'

/** From a symbol's ordinal in the block to its id in the answer. */
export type SymbolMapping = (ordinal: number) => number

/**
 * The chunks of series by their references, as far as they reach into the range and are not
 * deleted; a series without any is left out, as upstream's blockSeriesSet does. Label ids are what
 * `idOf` makes of the block's symbol ordinals.
 */
export function selectChunks(
  reader: BlockReader,
  refs: Uint32Array,
  range: TimeRange,
  idOf: SymbolMapping,
  looks: Looks = noLooks,
): BlockSeriesSet {
  const entry = new SeriesEntry()
  const [found, offsets] = [new GrowingColumn(), new GrowingColumn()]
  const [labelIds, labelOffsets] = [new GrowingColumn(), new GrowingColumn()]
  const metas = new ChunkMetas()
  offsets.push(0)
  labelOffsets.push(0)
  for (const ref of refs) {
    looks.item()
    reader.seriesAt(ref, entry)
    const before = metas.count
    addChunks(entry.chunks, range, reader.tombstones.of(ref), metas)
    if (metas.count === before) continue
    found.push(ref)
    offsets.push(metas.count)
    for (let at = 0; at < entry.labelLength; at++) labelIds.push(idOf(entry.labels[at] ?? 0))
    labelOffsets.push(labelIds.count)
  }
  const labels = { offsets: labelOffsets.view(), labelIds: labelIds.view() }
  return new BlockSeriesSet(reader, found.view(), labels, offsets.view(), metas, looks)
}

function addChunks(
  chunks: ChunkMetas,
  range: TimeRange,
  deleted: Intervals,
  into: ChunkMetas,
): void {
  for (let chunk = 0; chunk < chunks.count; chunk++) {
    const [minTimeMs, maxTimeMs] = [chunks.minTimeMs[chunk] ?? 0, chunks.maxTimeMs[chunk] ?? 0]
    if (maxTimeMs < range.minTimeMs || minTimeMs > range.maxTimeMs) continue
    if (isWithinIntervals(deleted, minTimeMs, maxTimeMs)) continue
    into.push(chunks.refs[chunk] ?? 0, minTimeMs, maxTimeMs)
  }
}
