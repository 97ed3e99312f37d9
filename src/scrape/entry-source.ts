import type { NativeHistogram } from '../model/histogram.ts'
import type { EntryHash } from './entry-hash.ts'
import type { EntryKind, Exemplar, FamilyEntry, NamedSeries } from './exposition.ts'

/**
 * A page of any format, entry by entry, as it is stored: with histograms, their exemplars and start
 * timestamps. For pages that the reader of text lines does not serve. What an entry has holds until
 * the next call of next().
 */
export interface EntrySource extends FamilyEntry, NamedSeries {
  /** Throws ExpositionError, ScrapeFault or NarthexError BODY_INVALID. */
  next(): EntryKind
  /** Hashes what names the series, or what a line of metadata says; answers a length that goes with it. */
  hash(into: EntryHash): number
  /** The value of a series: the two halves of a double. */
  readonly valueHalves: Uint32Array
  /** Of a histogram; the reader may change it. */
  readonly histogram: NativeHistogram
  /** The time that the page tells, NaN where it tells none. */
  readonly timestampMs: number
  exemplars(): readonly Exemplar[]
  /** Since when the series counts, 0 where the page does not tell. */
  startMs(): number
}

/** How a page is to be understood, by its target and by flags. */
export interface PageRules {
  /** The parts of histograms that classic ones don't have are passed over. */
  readonly ignoresNative: boolean
  /** Classic histograms are stored although they are stored as native ones, too. */
  readonly keepsClassic: boolean
  /** Classic histograms become native ones with custom buckets (row S4.10). */
  readonly convertsClassic: boolean
  /** Series are told __type__ and __unit__ (row S3.5). */
  readonly typeAndUnitLabels: boolean
  /** Start timestamps are wanted: _created lines are no series then (row S4.12). */
  readonly takesStarts: boolean
  /** Start timestamps are made up where the page tells none: every row needs to be looked at. */
  readonly synthesizesStarts: boolean
}
