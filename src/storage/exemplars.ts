import type { Exemplar } from '../model/exemplar.ts'
import type { Labels } from '../model/labels.ts'
import type { Matcher } from '../model/matcher.ts'
import type { TimeRange } from './querier.ts'

/** The exemplars of one series, by time; the labels of each are bytes of their own. */
export interface SeriesExemplars {
  readonly labels: Labels
  readonly exemplars: readonly Exemplar[]
}

/** Where exemplars are read. */
export interface ExemplarSource {
  /**
   * Series that satisfy all matchers of any set and have exemplars in the range, both ends included,
   * sorted by labels. Lets other work go on in between: what comes meanwhile may be in it or not.
   */
  select(sets: readonly (readonly Matcher[])[], range: TimeRange): AsyncIterable<SeriesExemplars>
}

/** What is stored, for the metrics of upstream's names (tsdb/exemplar.go). */
export interface ExemplarStats {
  /** Since the start, those of the log included. */
  readonly appended: number
  readonly outOfOrder: number
  readonly stored: number
  readonly series: number
  readonly capacity: number
  /** Of the exemplar that the next one would push out, or the first; 0 where there is none. */
  readonly oldestMs: number
}
