import { type Looks, noLooks } from '../../base/looks.ts'
import type { LabelColumns, TimeRange } from '../../storage/querier.ts'
import { type Intervals, isWithinIntervals } from '../index/intervals.ts'
import { SeriesEntry } from './block-index.ts'
import type { BlockReader } from './block-reader.ts'
import { BlockSeriesSet } from './block-series-set.ts'
import { ChunkMetas } from './chunk-metas.ts'
import { GrowingColumn } from './growing-column.ts'

/** From a symbol's ordinal in the block to its id in the answer. */
export type SymbolMapping = (ordinal: number) => number

/** Series of a block: chunks of series s stand at offsets[s] .. offsets[s + 1] of the metas. */
export interface FoundSeries {
  readonly refs: Uint32Array
  readonly labels: LabelColumns
  readonly offsets: Uint32Array
  readonly metas: ChunkMetas
}

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
  return seriesSetOf(reader, findChunks(reader, refs, range, idOf, looks), looks)
}

export function seriesSetOf(
  reader: BlockReader,
  { refs, labels, offsets, metas }: FoundSeries,
  looks: Looks,
): BlockSeriesSet {
  return new BlockSeriesSet(reader, refs, labels, offsets, metas, looks)
}

/** As selectChunks, before anything is read. */
export function findChunks(
  reader: BlockReader,
  refs: Uint32Array,
  range: TimeRange,
  idOf: SymbolMapping,
  looks: Looks,
): FoundSeries {
  const entry = new SeriesEntry()
  const found = new FoundColumns()
  for (const ref of refs) {
    looks.item()
    reader.seriesAt(ref, entry)
    const { chunks, labels, labelLength } = entry
    const deleted = reader.tombstones.of(ref)
    if (!found.addChunks(chunks, 0, chunks.count, range, deleted)) continue
    for (let at = 0; at < labelLength; at++) found.labelIds.push(idOf(labels[at] ?? 0))
    found.endSeries(ref)
  }
  return found.columns()
}

/** Those of the chunks that reach into a range, where nothing is deleted. */
export function chunksWithin(found: FoundSeries, range: TimeRange, looks: Looks): FoundSeries {
  const { refs, labels, offsets, metas } = found
  const within = new FoundColumns()
  for (let series = 0; series < refs.length; series++) {
    looks.item()
    const [from, to] = [offsets[series] ?? 0, offsets[series + 1] ?? 0]
    if (!within.addChunks(metas, from, to, range, nothingDeleted)) continue
    const end = labels.offsets[series + 1] ?? 0
    for (let at = labels.offsets[series] ?? 0; at < end; at++) {
      within.labelIds.push(labels.labelIds[at] ?? 0)
    }
    within.endSeries(refs[series] ?? 0)
  }
  const columns = within.columns()
  return columns.refs.length === refs.length ? { ...columns, labels } : columns
}

const nothingDeleted: Intervals = new Float64Array(0)

/** What is found, one series after the other: its chunks, its labels, its end. */
class FoundColumns {
  readonly labelIds = new GrowingColumn()
  readonly #refs = new GrowingColumn()
  readonly #offsets = new GrowingColumn()
  readonly #labelOffsets = new GrowingColumn()
  readonly #metas = new ChunkMetas()

  constructor() {
    this.#offsets.push(0)
    this.#labelOffsets.push(0)
  }

  /** Those of chunks[from .. to) that count; whether there are any. */
  addChunks(
    chunks: ChunkMetas,
    from: number,
    to: number,
    range: TimeRange,
    deleted: Intervals,
  ): boolean {
    const metas = this.#metas
    const before = metas.count
    for (let chunk = from; chunk < to; chunk++) {
      const [minTimeMs, maxTimeMs] = [chunks.minTimeMs[chunk] ?? 0, chunks.maxTimeMs[chunk] ?? 0]
      if (maxTimeMs < range.minTimeMs || minTimeMs > range.maxTimeMs) continue
      if (isWithinIntervals(deleted, minTimeMs, maxTimeMs)) continue
      metas.push(chunks.refs[chunk] ?? 0, minTimeMs, maxTimeMs)
    }
    return metas.count > before
  }

  endSeries(ref: number): void {
    this.#refs.push(ref)
    this.#offsets.push(this.#metas.count)
    this.#labelOffsets.push(this.labelIds.count)
  }

  columns(): FoundSeries {
    return {
      refs: this.#refs.view(),
      labels: { offsets: this.#labelOffsets.view(), labelIds: this.labelIds.view() },
      offsets: this.#offsets.view(),
      metas: this.#metas,
    }
  }
}
