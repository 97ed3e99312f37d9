import type { Exemplar } from '../model/exemplar.ts'
import type { NativeHistogram } from '../model/histogram.ts'
import type { LabelTexts } from '../model/label-texts.ts'
import type { Labels } from '../model/labels.ts'
import { type SeriesId, seriesId, type TimestampMs } from '../model/samples.ts'
import type { MetricMetadata } from './metadata.ts'

/** Why one sample was refused; codes of a column, words are made where a person reads them. */
export const refusal = {
  outOfOrder: 1, // older than the series' newest, no out-of-order window
  outOfBounds: 2, // older than the head takes
  duplicateTimestamp: 3, // same timestamp as the newest, another value
  tooFarAhead: 4, // more than the tolerated distance in the future
  unknownSeries: 5, // the id is not of this epoch
  invalidHistogram: 6, // see faultOfHistogram in model/histogram-validity.ts, which has words for it
  histogramTooLarge: 7, // over limits.histogramPartsMax
  tooOld: 8, // out of order, and older than the out-of-order window
} as const

/** Why an exemplar was refused. */
export const exemplarRefusal = {
  outOfOrder: 1, // older than the series' newest
  labelsTooLong: 2, // over exemplarCharactersMax in model/exemplar.ts
  unknownSeries: 3, // the id is not of this epoch
  outOfBounds: 4, // its time is over exemplarTimeMsMax in model/exemplar.ts
} as const

/** Whether a series is made for a first sample that fared so: as upstream, one that is too old makes it. */
export function makesSeries(code: RefusalCode | 0): boolean {
  return code === 0 || code === refusal.tooOld
}

/** What stands for a series that was not made, since its samples are refused whatever it has. */
export const unmadeSeries: SeriesId = seriesId(0xffff_fffd)

export type ExemplarRefusalCode = (typeof exemplarRefusal)[keyof typeof exemplarRefusal]

export type RefusalCode = (typeof refusal)[keyof typeof refusal]

export interface AppendOptions {
  /** Samples out of order are refused as such, though there may be a window for them. */
  readonly discardOutOfOrder?: boolean
  /** The same of the rows that have 1 here. */
  readonly inOrderRows?: Uint8Array
  /** What follows the first sample that is refused is neither looked at nor counted. */
  readonly untilRefused?: boolean
}

/** Of one append call: what was staged and, as two parallel columns, what was refused and why. */
export interface AppendOutcome {
  readonly staged: number
  readonly refused: number
  /** Indexes into the call's columns, ascending; valid until the next append. */
  readonly refusedIndex: Uint32Array
  readonly refusedCode: Uint8Array
}

/**
 * A transaction of samples. Nothing is visible, nor in the WAL, before commit; commit writes the
 * WAL first and is one synchronous step, so that no reader sees half of it. Use from the main
 * thread only; end it with commit or rollback within the same turn of the event loop.
 */
export interface Appender {
  /** Samples that are later are refused as tooFarAhead; exemplars are not. */
  readonly newestMs: TimestampMs
  /**
   * The id of the series with these labels, created when new. Labels must be valid: at least one
   * pair. Throws NarthexError LIMIT_EXCEEDED where the head takes no new series.
   */
  series(labels: Labels): SeriesId
  /** The same where a series is made for a sample of this time; else unmadeSeries. */
  seriesAt(labels: Labels, firstMs: TimestampMs): SeriesId
  /** Why a sample of this time, or this histogram, is refused where its series has none; 0 where not. */
  refusalOfFirst(timestampMs: TimestampMs, histogram?: NativeHistogram): RefusalCode | 0
  /** The same of texts that are such a label set: names ascend by bytes and none is empty. */
  seriesOfTexts(texts: LabelTexts): SeriesId
  /** The id of the series with these labels, if there is one. */
  find(labels: Labels): SeriesId | undefined
  /**
   * Stages `count` samples of the columns: ids, whole milliseconds, values bit for bit.
   * A sample equal to the newest in timestamp and bits is accepted silently (upstream's rule).
   * `startsMs` are start timestamps, 0 for none, which a database that does not store them ignores.
   */
  append(
    ids: Uint32Array,
    timestampsMs: Float64Array,
    values: Float64Array,
    count: number,
    startsMs?: Float64Array,
    options?: AppendOptions,
  ): AppendOutcome
  /**
   * Stages one native histogram, whose counts are whole numbers up to 2^53 where it is not one of
   * floats, copied: the caller may use it again. Answers why it was refused, 0 when it was not; one
   * equal to the newest, in timestamp too, is accepted silently. Series may change between floats
   * and histograms: a stale marker among the floats of a series whose newest sample is a histogram
   * becomes a stale histogram of its kind.
   */
  appendHistogram(
    id: SeriesId,
    timestampMs: TimestampMs,
    histogram: NativeHistogram,
    startMs?: number,
    options?: Pick<AppendOptions, 'discardOutOfOrder'>,
  ): RefusalCode | 0
  /** False where exemplars are not kept: then there is no use in offering them. */
  readonly takesExemplars: boolean
  /**
   * Stages an exemplar, copied. Answers why it was refused, 0 when it was not; the series' newest
   * once more, or any where none is kept, is accepted silently.
   */
  appendExemplar(id: SeriesId, exemplar: Exemplar): ExemplarRefusalCode | 0
  /** False where metadata of series is not kept: then there is no use in offering it. */
  readonly takesMetadata: boolean
  /** Stages what a series' metric is, where that is new; what tells nothing is passed over. */
  appendMetadata(id: SeriesId, metadata: MetricMetadata): void
  /** The value of a series' newest sample, for words about one of its time; undefined of a histogram. */
  newestFloat(id: SeriesId): number | undefined
  /**
   * Throws NarthexError TSDB_READ_ONLY when a log cannot be written: then nothing was added; or where
   * it is only the log of out-of-order samples, what is in order was, and may be sent again.
   */
  commit(): void
  rollback(): void
}

/** A database that takes samples. */
export interface Appendable {
  /**
   * Changes whenever ids handed out before may have been reused; caches of ids compare it before
   * each use and start over when it moved.
   */
  readonly epoch: number
  appender(): Appender
}
