// What a program that imports narthex sees. The build ships this text as its types: nothing is
// imported here.

export interface OpenOptions {
  /**
   * Where samples are kept, in Prometheus' formats; the directory is locked. Without it they are in
   * a temporary directory that goes at close().
   */
  readonly directory?: string
  /**
   * How much older than the newest sample others may be; 0 where there is a directory, unlimited
   * where there is none.
   */
  readonly outOfOrderWindowMs?: number
  /** How far back a selector looks for its newest sample; five minutes. */
  readonly lookbackMs?: number
  /** How long a query may take; two minutes. */
  readonly timeoutMs?: number
  /** Whether queries may say `@`; true. */
  readonly atModifier?: boolean
  /** Whether queries may look ahead of their time by a negative offset; true. */
  readonly negativeOffset?: boolean
  /** Samples that one query may hold; 50 million. */
  readonly samplesMax?: number
  /** What time it is, in milliseconds since 1970; the system's clock. */
  readonly now?: () => number
}

/** Labels by name; `__name__` is the metric's. */
export type LabelMap = Readonly<Record<string, string>>

/** Milliseconds since 1970 and a value; 'stale' says that the series ended there. */
export type SampleInput = readonly [timeMs: number, value: number | 'stale']

export interface SeriesInput {
  readonly labels: LabelMap
  readonly samples: readonly SampleInput[]
}

export interface LoadInput {
  /** Of the first value; 0 where it is absent. */
  readonly startMs?: number
  /** Between two values. */
  readonly stepMs: number
  /**
   * Lines in the notation of Prometheus' rule tests, such as `up{job="a"} 1 0+2x10 _ stale` or
   * `h {{schema:0 sum:5 count:4 buckets:[1 2 1]}}x3`.
   */
  readonly series: string | readonly string[]
}

export interface Refused {
  readonly labels: LabelMap
  readonly timeMs: number
  /** Such as "out of order". */
  readonly reason: string
}

export interface AppendResult {
  /** Samples that are stored now. */
  readonly appended: number
  readonly refused: readonly Refused[]
}

export interface QueryOptions {
  /** Now, where it is absent. */
  readonly timeMs?: number
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

export interface RangeOptions {
  readonly startMs: number
  readonly endMs: number
  readonly stepMs: number
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

export interface HistogramBucket {
  readonly lower: number
  readonly upper: number
  /** Which bounds belong to the bucket. */
  readonly lowerIncluded: boolean
  readonly upperIncluded: boolean
  readonly count: number
}

/** A native histogram. */
export interface Histogram {
  readonly count: number
  readonly sum: number
  readonly buckets: readonly HistogramBucket[]
}

export interface Sample {
  readonly timeMs: number
  readonly value: number | Histogram
}

export interface Series {
  readonly labels: LabelMap
  /** By time; exactly one in a vector. */
  readonly samples: readonly Sample[]
}

interface Answered {
  readonly warnings: readonly string[]
  readonly infos: readonly string[]
  /** A scalar is one series without labels, as it is in a range; a string is none. */
  readonly series: readonly Series[]
}

export type QueryResult = Answered &
  (
    | { readonly type: 'scalar'; readonly timeMs: number; readonly value: number }
    | { readonly type: 'string'; readonly timeMs: number; readonly value: string }
    | { readonly type: 'vector' | 'matrix' }
  )

/** An open database. Errors have a stable `code`: QUERY_PARSE, QUERY_EXECUTION, CLOSED, ... */
export interface Narthex {
  /** Stores samples, in one step: a query sees all of them or none. */
  append(series: Iterable<SeriesInput>): AppendResult
  /** The same, written down briefly. */
  load(input: LoadInput): AppendResult
  /** Evaluates PromQL at one time. Long queries let others run every ten milliseconds. */
  query(expr: string, options?: QueryOptions): Promise<QueryResult>
  /** Evaluates PromQL at every step. */
  queryRange(expr: string, options: RangeOptions): Promise<QueryResult>
  /** Ends what runs, writes what is to be kept, and lets go of the directory. */
  close(): Promise<void>
}
