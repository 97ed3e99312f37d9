import type { HistogramLayoutJson } from '../model/histogram-layout.ts'
import { type QueryStatistics, unpackedStatistics } from '../model/query-statistics.ts'
import type { QueryErrorType } from './query-runner.ts'

/**
 * What queries of rules answered, in columns: rows of the first query, then of the second, and so
 * on. It crosses threads as it is, and value bits survive that.
 */
export interface VectorAnswers {
  /** One of each query, up to the last that was evaluated: a timeout ends the run. */
  readonly answers: readonly (PlainAnswer | VectorAnswer)[]
  /** Of all rows; 0 for histograms. */
  readonly values: Float64Array<ArrayBuffer>
  /** See packStatistics. */
  readonly statistics: Float64Array<ArrayBuffer>
  /** Series that were read, where they are others than the request foretold. */
  readonly reads: Uint32Array<ArrayBuffer> | undefined
}

/**
 * The rows of an answer that has floats alone, of the label sets that the asker knows: mostly there is
 * nothing else to tell, and a number crosses threads in a tenth of an object's time.
 */
type PlainAnswer = number

/** Where nothing is wrong, `error` is undefined. */
export interface VectorAnswer {
  readonly error: { readonly type: QueryErrorType; readonly message: string } | undefined
  readonly rows: number
  /**
   * Equal for equal label sets in equal order, whichever thread answered; '' where there is none: then
   * they always come along.
   */
  readonly labelsKey: string
  /** Undefined where the asker knows them: the request had this key. */
  readonly labels: LabelTable | undefined
  readonly histograms: readonly HistogramRow[]
}

/** Label sets of rows: `pairs[row]` of them for each, name and value in turn, names by bytes. */
export interface LabelTable {
  readonly pairs: Uint32Array<ArrayBuffer>
  readonly texts: readonly string[]
}

/** A row that is a histogram. Infinities survive a message, as they do not JSON. */
export interface HistogramRow {
  readonly row: number
  readonly count: number
  readonly sum: number
  readonly layout: HistogramLayoutJson
}

export function errorOf(answer: PlainAnswer | VectorAnswer | undefined): VectorAnswer['error'] {
  return typeof answer === 'object' ? answer.error : undefined
}

/** The statistics of each query that was answered. */
export function* statisticsOf(
  { answers, statistics }: VectorAnswers,
  queuedMs: number,
): Iterable<QueryStatistics> {
  for (const index of answers.keys()) yield unpackedStatistics(statistics, index, queuedMs)
}
