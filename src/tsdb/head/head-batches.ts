import type { TimeRange } from '../../storage/querier.ts'
import { textOrder } from '../../storage/text-order.ts'
import { lineDouble } from '../chunk/xor-line.ts'
import { type Intervals, noIntervals } from '../index/intervals.ts'
import { type HeadSnapshot, isBorn, type Published } from './head-memory.ts'
import { HeadSeriesSet, type HeadSeriesTools } from './head-series-set.ts'
import { outOfOrderSet } from './out-of-order-selection.ts'
import type { OutOfOrderSeriesSet } from './out-of-order-series-set.ts'
import type { SeriesColumns } from './series-columns.ts'
import { sortByRanks } from './sort-series.ts'

/** Series of one batch: some hundred kilobytes of snapshot and columns. */
const seriesPerBatch = 4_096
const allTime = { minTimeMs: Number.NEGATIVE_INFINITY, maxTimeMs: Number.POSITIVE_INFINITY }

/** Which of the series' samples. */
export type HeadPart = 'in-order' | 'out-of-order'

export interface HeadBatchTools extends HeadSeriesTools {
  readonly published: Published
  snapshot(ids: Uint32Array): Promise<SnapshotPart>
}

/** Of a snapshot what its reader does not keep for itself. */
export type SnapshotPart = Pick<HeadSnapshot, 'words' | 'outOfOrder'>

/** Series of a batch, and what is deleted of them. */
type Batch = HeadSeriesSet | OutOfOrderSeriesSet

/**
 * Series of the head in label order, a batch at a time: what a block is written from. Of samples in
 * order, nothing may be appended any more to the range that is read.
 */
export class HeadBatches {
  /** The symbols that the series use, by their bytes. */
  readonly symbolIds: Uint32Array
  /** By symbol id: its place in symbolIds. */
  readonly ordinalOf: Uint32Array
  readonly #tools: HeadBatchTools
  readonly #ids: Uint32Array
  readonly #part: HeadPart
  #next = 0
  #batch: Batch | undefined

  /** Of series that were given out before the reader's update. */
  constructor(tools: HeadBatchTools, found: Uint32Array, part: HeadPart) {
    this.#tools = tools
    this.#part = part
    const { series, symbols } = tools.view
    this.symbolIds = textOrder(symbols, usedSymbols(series, found, tools.published.labels.symbols))
    this.ordinalOf = new Uint32Array(tools.published.labels.symbols)
    this.symbolIds.forEach((id, ordinal) => {
      this.ordinalOf[id] = ordinal
    })
    this.#ids = sortByRanks(found, series, this.ordinalOf)
  }

  get symbolCount(): number {
    return this.symbolIds.length
  }

  get seriesCount(): number {
    return this.#ids.length
  }

  /** UTF-8 of the symbol with this ordinal, as a view. */
  symbolAt(ordinal: number): Uint8Array {
    const { bytes, start, end } = this.#tools.view.symbols.place(this.symbolIds[ordinal] ?? 0)
    return bytes.subarray(start, end)
  }

  /** The next series in label order; undefined behind the last. */
  async next(): Promise<Batch | undefined> {
    if (this.#next >= this.#ids.length) return undefined
    const tools = this.#tools
    const ids = this.#ids.slice(this.#next, this.#next + seriesPerBatch)
    this.#next += ids.length
    const snapshot = await tools.snapshot(ids)
    this.#batch =
      this.#part === 'in-order'
        ? new HeadSeriesSet(tools, ids, snapshot.words, tools.published.validFromMs)
        : outOfOrderSet(tools, ids, snapshot, allTime)
    return this.#batch
  }

  /** What is deleted of a series of the latest batch. */
  deletedOf(series: number): Intervals {
    return this.#batch?.deletedOf(series) ?? noIntervals
  }
}

/** Series with samples in order in a range. */
export function seriesWithin(
  columns: SeriesColumns,
  published: Published,
  range: TimeRange,
): Uint32Array {
  const found = new Uint32Array(published.series)
  let length = 0
  for (let series = 0; series < published.series; series++) {
    if (!isBorn(columns, published, series)) continue
    const newest = columns.doubles(series)[columns.lineAt(series) + lineDouble.timestampMs] ?? 0
    const oldest = columns.oldestMs.get(series)
    if (newest >= range.minTimeMs && oldest <= range.maxTimeMs) found[length++] = series
  }
  return found.subarray(0, length)
}

function usedSymbols(columns: SeriesColumns, series: Uint32Array, symbols: number): Uint32Array {
  const isUsed = new Uint8Array(symbols)
  let count = 0
  for (const id of series) {
    for (const symbol of columns.labelSet(id)) {
      if (isUsed[symbol] === 0) count++
      isUsed[symbol] = 1
    }
  }
  const used = new Uint32Array(count)
  let at = 0
  isUsed.forEach((mark, symbol) => {
    if (mark === 1) used[at++] = symbol
  })
  return used
}
