import type { Matcher } from '../model/matcher.ts'
import type { TimeRange } from './querier.ts'

/** What an operator may do to a database (rows T8.1 to T8.3). All reject with what went wrong. */
export interface StorageAdmin {
  /** Samples of the range, both ends included, of series that satisfy all matchers of any set. */
  deleteSeries(sets: readonly (readonly Matcher[])[], range: TimeRange): Promise<void>
  /** Writes blocks anew without what is deleted of them. */
  cleanTombstones(): Promise<void>
  /** Puts a copy, itself a data directory, into `snapshots/NAME`; answers the name. */
  snapshot(skipHead: boolean): Promise<string>
}
