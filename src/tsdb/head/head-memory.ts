import { type SegmentMessage, SharedColumns } from '../../base/shared-columns.ts'
import { LabelClock, type SeenLabels } from '../index/label-clock.ts'
import { LabelIndex } from '../index/label-index.ts'
import { LabelIndexWriter } from '../index/label-index-writer.ts'
import { SymbolWriter } from '../index/symbol-writer.ts'
import { SymbolColumns } from '../index/symbols.ts'
import { ChunkColumns } from './chunk-columns.ts'
import { HeadTombstones } from './head-tombstones.ts'
import { SeriesBirths } from './series-births.ts'
import { SeriesColumns } from './series-columns.ts'

/** How much of the head a reader may look at: what was there before its query began. */
export interface Published {
  /** Ids below this have been given out. */
  readonly series: number
  /** Series with a smaller number of birth may be seen. */
  readonly births: number
  readonly labels: SeenLabels
  /** The range of the samples by then; from Infinity to -Infinity where there are none. */
  readonly minTimeMs: number
  readonly maxTimeMs: number
  /** Samples before it are read from blocks. */
  readonly validFromMs: number
  /** Head chunk files before this one are gone. */
  readonly firstChunkFile: number
  /** Ranges that were deleted by then. */
  readonly tombstones: number
  /** How often by then out-of-order samples of the head were listed as blocks; the head may hold the last ones on. */
  readonly outOfOrderListings: number
  /** Where there may be out-of-order samples: the range of those that there were by then. */
  readonly outOfOrder: { readonly minTimeMs: number; readonly maxTimeMs: number } | undefined
}

/** What a reader in another thread needs to catch up: shared memory and numbers only. */
export interface HeadUpdate {
  readonly version: number
  readonly segments: readonly SegmentMessage[]
  readonly published: Published
}

/**
 * Where the open chunks of the selected series ended at one moment between commits. Appends go on
 * behind the bits that it names, so that a reader needs nothing else.
 */
export interface HeadSnapshot {
  readonly words: Uint32Array<ArrayBuffer>
  /** Of the series that have out-of-order samples; see OutOfOrderSamples.snapshot. */
  readonly outOfOrder?: Uint32Array<ArrayBuffer>
  readonly version: number
  readonly segments: readonly SegmentMessage[]
}

/** Whether a series is there and was when its reader was last told of the head. */
export function isBorn(columns: SeriesColumns, published: Published, series: number): boolean {
  return series < published.series && columns.born.get(series) < published.births
}

/** The memory of the head as a reader sees it. Both sides declare the columns in this order. */
export class HeadView {
  readonly columns = new SharedColumns()
  readonly symbols = new SymbolColumns(this.columns)
  readonly index = new LabelIndex(this.columns)
  readonly series = new SeriesColumns(this.columns)
  readonly chunks = new ChunkColumns(this.columns)
  readonly tombstones = new HeadTombstones(this.columns)
}

/** The same memory as its one writer sees it. */
export class HeadMemory {
  readonly columns = new SharedColumns()
  readonly symbols: SymbolWriter
  readonly index: LabelIndexWriter
  readonly series: SeriesColumns
  readonly chunks: ChunkColumns
  readonly tombstones: HeadTombstones
  readonly births: SeriesBirths

  constructor(
    readonly labelClock: LabelClock = new LabelClock(),
    firstBirth = 0,
  ) {
    const { columns } = this
    this.symbols = new SymbolWriter(columns, labelClock)
    this.index = new LabelIndexWriter(columns, labelClock, this.symbols)
    this.series = new SeriesColumns(columns)
    this.chunks = new ChunkColumns(columns)
    this.tombstones = new HeadTombstones(columns)
    this.births = new SeriesBirths(this.series, firstBirth)
  }

  /** What a reader sees of the labels that is told of the head now. */
  seenLabels(): SeenLabels {
    const { symbols, index, labelClock } = this
    return {
      symbols: symbols.count,
      pairs: index.pairCount,
      names: index.nameCount,
      clock: labelClock.told(),
      epoch: labelClock.epoch,
    }
  }
  /** Whether what readers tell new from old by nears the end of its 32 bits. */
  get isLate(): boolean {
    return this.labelClock.isLate || this.births.isLate
  }

  /** Where nobody reads: what is there is as old as can be, but for the latest series; see SeriesBirths. */
  beginAnew(idCount: number, latest: readonly number[]): void {
    this.symbols.beginAnew()
    this.index.beginAnew()
    this.labelClock.beginAnew()
    this.births.beginAnew(idCount, latest)
  }
}
