import { limits } from '../../base/limits.ts'
import type { Looks } from '../../base/looks.ts'
import type { Matcher } from '../../model/matcher.ts'
import type { SelectRequest, SymbolTable, TimeRange } from '../../storage/querier.ts'
import { isKnownTo, noStoredTexts, type StoredTexts } from '../../storage/stored-texts.ts'
import { selectSeries } from '../index/select.ts'
import type { BlockReader } from './block-reader.ts'
import { ChunkMetas } from './chunk-metas.ts'
import {
  chunksWithin,
  type FoundSeries,
  findChunks,
  type SymbolMapping,
} from './series-selection.ts'

const allTime = { minTimeMs: Number.NEGATIVE_INFINITY, maxTimeMs: Number.POSITIVE_INFINITY }
/** A reference and where labels and chunks begin; a label id; place and times of a chunk. */
const [seriesBytes, labelBytes, chunkBytes] = [12, 4, 24]

interface Kept {
  readonly found: FoundSeries
  /** Among which the ids of its labels are. */
  readonly stored: StoredTexts
  /** A range that begins and ends so has all chunks. */
  readonly wholeFromMs: number
  readonly wholeToMs: number
}

/**
 * What sets of matchers found in blocks last, with labels and places of all chunks: reading that of
 * the index costs a panel's query as much as its samples. Sets are known by the very object, as trees
 * of queries are kept; blocks never change. Of a block where something is deleted nothing is kept.
 * For one thread.
 */
export class KeptSelections {
  #known = new WeakMap<readonly Matcher[], WeakMap<BlockReader, Kept>>()
  #bytes = 0

  /** As findChunks of the series that match. */
  find(
    reader: BlockReader,
    request: SelectRequest,
    symbols: SymbolTable,
    idOf: SymbolMapping,
    looks: Looks,
  ): FoundSeries {
    const { matchers } = request
    const { stored = noStoredTexts } = symbols
    const known = this.#known.get(matchers)?.get(reader)
    if (known !== undefined && isKnownTo(known.stored, stored) && reader.tombstones.count === 0) {
      return within(known, request, looks)
    }
    const refs = selectSeries(reader.index, matchers, looks)
    if (!isWorthKeeping(reader, refs.length)) return findChunks(reader, refs, request, idOf, looks)
    const kept = keptOf(findChunks(reader, refs, allTime, idOf, looks), stored, looks)
    if (areBelow(stored.count, kept.found.labels.labelIds, looks)) {
      this.#keep(matchers, reader, kept)
    }
    return within(kept, request, looks)
  }

  /** All are forgotten where there would be too many: which ones are used cannot be told. */
  #keep(matchers: readonly Matcher[], reader: BlockReader, kept: Kept): void {
    const { refs, labels, metas } = kept.found
    const bytes =
      refs.length * seriesBytes + labels.labelIds.length * labelBytes + metas.count * chunkBytes
    this.#bytes += bytes
    if (this.#bytes > limits.blockSelectionsBytesMax) {
      this.#known = new WeakMap()
      this.#bytes = bytes
    }
    const blocks = this.#known.get(matchers) ?? new WeakMap<BlockReader, Kept>()
    blocks.set(reader, kept)
    this.#known.set(matchers, blocks)
  }
}

/** By what the block says of itself: what it does not say is not little. */
function isWorthKeeping({ meta, tombstones }: BlockReader, series: number): boolean {
  if (tombstones.count > 0 || meta.stats.series === 0) return false
  const chunks = (meta.stats.chunks / meta.stats.series) * series
  return chunks <= limits.blockSelectionChunksMax && series <= limits.blockSelectionChunksMax
}

/** Columns that grew have room for more. */
function withoutRoom({ refs, labels, offsets, metas }: FoundSeries): FoundSeries {
  const { count } = metas
  return {
    refs: refs.slice(),
    labels: { offsets: labels.offsets.slice(), labelIds: labels.labelIds.slice() },
    offsets: offsets.slice(),
    metas: ChunkMetas.of(
      metas.refs.slice(0, count),
      metas.minTimeMs.slice(0, count),
      metas.maxTimeMs.slice(0, count),
    ),
  }
}

function areBelow(end: number, ids: Uint32Array, looks: Looks): boolean {
  for (const id of ids) {
    looks.item()
    if (id >= end) return false
  }
  return true
}

function keptOf(grown: FoundSeries, stored: StoredTexts, looks: Looks): Kept {
  const found = withoutRoom(grown)
  const { metas } = found
  let [wholeFromMs, wholeToMs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let chunk = 0; chunk < metas.count; chunk++) {
    looks.item()
    wholeFromMs = Math.min(wholeFromMs, metas.maxTimeMs[chunk] ?? 0)
    wholeToMs = Math.max(wholeToMs, metas.minTimeMs[chunk] ?? 0)
  }
  return { found, stored, wholeFromMs, wholeToMs }
}

/** The same columns where the range has all chunks. */
function within({ found, wholeFromMs, wholeToMs }: Kept, range: TimeRange, looks: Looks) {
  if (range.minTimeMs <= wholeFromMs && range.maxTimeMs >= wholeToMs) return found
  return chunksWithin(found, range, looks)
}
