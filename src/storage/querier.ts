import type { HistogramLayout, NativeHistogram, ResetHint } from '../model/histogram.ts'
import type { Matcher } from '../model/matcher.ts'
import type { TimestampMs } from '../model/samples.ts'
import type { SharedSeries } from './shared-series.ts'
import type { StoredTexts } from './stored-texts.ts'

/** Text by id, one table per querier; ids are dense from 0 and stay valid while it is open. */
export interface SymbolTable {
  text(id: number): string
  /** Where its UTF-8 stands: bytes[start .. end). */
  place(id: number): TextPlace
  /** Where some are of stored texts, which other queriers of the database know by the same ids. */
  readonly stored?: StoredTexts
  /** The id of a text, added when new (for labels that the engine makes itself). */
  intern(text: string): number
}

export interface TextPlace {
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
}

export interface SelectRequest {
  /** All must hold; at least one of them does not match the empty value. */
  readonly matchers: readonly Matcher[]
  /** Inclusive range of what will be read. */
  readonly minTimeMs: TimestampMs
  readonly maxTimeMs: TimestampMs
  /**
   * Sort series by label set. Without it those of the head alone are in the order in which they were
   * made; where there are blocks, they are in that of label sets all the same.
   */
  readonly sorted: boolean
}

/** Label sets as runs of symbol ids: set s is labelIds[offsets[s] .. offsets[s + 1]), name id and value id in turn, in name order by bytes. */
export interface LabelColumns {
  readonly offsets: Uint32Array
  readonly labelIds: Uint32Array
}

/**
 * The encoded chunks of all series, sorted by minTime within a series: chunks of series s stand at
 * offsets[s] .. offsets[s + 1]. Encodings are Prometheus' numbers (1 = XOR). `read` copies a
 * chunk's bytes (without length, encoding byte and checksum) and answers how many there are.
 */
export interface ChunkColumns {
  readonly offsets: Uint32Array
  readonly encoding: Uint8Array
  readonly minTimeMs: Float64Array
  readonly maxTimeMs: Float64Array
  readonly samples: Uint32Array
  read(chunk: number, into: Uint8Array): number
}

/** Reused columns that a reader decodes into; grow() keeps what is there. */
export interface SampleColumns {
  timestampsMs: Float64Array
  values: Float64Array
  /** Start timestamps, 0 where none is known: there if somebody wants them, and grown as the rest. */
  startsMs?: Float64Array | undefined
  grow(capacity: number): void
  /** Stands on columns that another has read, of which the first samples are what was asked for. */
  borrow?(timestampsMs: Float64Array, values: Float64Array, samples: number): void
}

/**
 * Stands on one histogram after the other, in order of time: next() first. Valid until the next one
 * of its set is asked for.
 */
export interface HistogramCursor {
  /** Of the histogram at hand. */
  readonly timestampMs: TimestampMs
  /** The start timestamp of the histogram at hand, 0 where none is known. */
  readonly startMs: TimestampMs
  /** To the next one; false behind the last. Throws TSDB_CORRUPTION. */
  next(): boolean
  /**
   * Copies the histogram at hand: bucket counts absolute, those of integer histograms whole. A stale
   * marker comes as one without buckets. The hint `notReset` holds beside the one handed out before.
   */
  fill(into: NativeHistogram): void
  /**
   * The histogram at hand and those behind it in its chunk that are earlier than a time, where they
   * are at hand as rows and none is a stale marker; afterwards it stands on the last one of them.
   */
  rows?(beforeMs: TimestampMs): HistogramRows | undefined
}

/**
 * Histograms of one layout, a row of `width` doubles each from `from` on: time, count, count of the
 * zero bucket, sum, and the absolute counts of the buckets, positive ones first.
 */
export interface HistogramRows {
  readonly layout: HistogramLayout
  readonly cells: Float64Array
  readonly width: number
  from: number
  count: number
  /** The hint of the first one, and of all others. */
  firstHint: ResetHint
  readonly hint: ResetHint
}

/**
 * What a select found: columns, not objects. One shape for every reader. Valid while its querier
 * is open.
 */
export interface ChunkSeriesSet {
  readonly seriesCount: number
  readonly labels: LabelColumns
  readonly chunks: ChunkColumns
  /**
   * Decodes the float samples of one series with minTimeMs <= t <= maxTimeMs, merged by time
   * (in-order wins over out-of-order, newer source over older), tombstones applied, stale markers
   * kept as bits; writes them from index `from` on (0 where none is given), keeps what stands before,
   * and answers the index behind the last. A time has one sample, of whatever kind. Ends a cursor over
   * histograms of the set.
   */
  readFloats(
    series: number,
    minTimeMs: TimestampMs,
    maxTimeMs: TimestampMs,
    into: SampleColumns,
    from?: number,
  ): number
  /**
   * Writes the newest sample of the range to index 0 where that is a float, the newest of the series,
   * and known without decoding anything; else answers false, and samples are to be read.
   */
  takeNewest?(
    series: number,
    minTimeMs: TimestampMs,
    maxTimeMs: TimestampMs,
    into: SampleColumns,
  ): boolean
  /** The native histograms of one series, by the rules of readFloats, which leaves them out. */
  readHistograms(series: number, minTimeMs: TimestampMs, maxTimeMs: TimestampMs): HistogramCursor
  /**
   * Whether `chunks` hold more of the series than is read of it, since something is deleted or comes
   * from elsewhere; absent where nothing does.
   */
  hidesSamples?(series: number): boolean
  /** How many chunks of histograms readFloats has passed over so far. */
  readonly histogramChunksPassed: number
  /** What the answer lacks, such as a corrupt block, in words for the user. */
  readonly warnings: readonly string[]
  /** For another thread to read the same samples of; undefined where it could not. */
  share?(): SharedSeries | undefined
}

/** A consistent view of the database; pins what it reads until closed. */
export interface Querier {
  readonly symbols: SymbolTable
  /**
   * Before the first select, with the matchers of all that will follow: they then see one state of
   * what is still being appended to, though commits go on in between (row T4.8). A select of other
   * series sees them as they are by then.
   */
  prepare?(sets: readonly (readonly Matcher[])[]): Promise<void>
  select(request: SelectRequest): Promise<ChunkSeriesSet>
  /**
   * The label sets of series with samples in the range that any of the sets of matchers selects,
   * each once; by label set where there are several sources or sets, else in the storage's order.
   */
  labelSets(request: LabelSetsRequest): Promise<LabelSets>
  /**
   * Symbols in the order of their bytes, at most `limit` (0 = all), of the series that match all and
   * of sources that meet the range: as upstream, no closer is looked at times.
   */
  labelNames(matchers: readonly Matcher[], range: TimeRange, limit: number): Promise<LabelList>
  labelValues(
    name: string,
    matchers: readonly Matcher[],
    range: TimeRange,
    limit: number,
  ): Promise<LabelList>
  close(): void
}

export interface TimeRange {
  readonly minTimeMs: TimestampMs
  readonly maxTimeMs: TimestampMs
}

export interface LabelSetsRequest extends TimeRange {
  /** At least one; of each set of matchers one does not match the empty value. */
  readonly sets: readonly (readonly Matcher[])[]
  readonly sorted: boolean
  /** No more than so many will be asked for: where they need not be sorted, the others are not looked for. */
  readonly most?: number | undefined
}

/**
 * Stands on one label set after the other, next() first, which are made as they are asked for: the
 * memory of an answer does not grow with the labels. Throws TSDB_CORRUPTION.
 */
export interface LabelSets {
  next(): boolean
  /** Of the one at hand, ids of names and values in turn: ids[0 .. length). Used again by next(). */
  readonly ids: Uint32Array
  readonly length: number
  /** What the answer lacks: whole behind the last. */
  readonly warnings: readonly string[]
}

export interface LabelList {
  readonly ids: Uint32Array
  /** True when the limit cut it. */
  readonly truncated: boolean
  readonly warnings: readonly string[]
}

export interface Queryable {
  querier(range: TimeRange): Promise<Querier>
}
