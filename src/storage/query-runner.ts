import type { Looks } from '../base/looks.ts'
import type { TraceContext } from '../base/tracer.ts'
import type { ExactTimes } from '../model/exact-time.ts'
import type { ExpositionKind } from '../model/exposition-kind.ts'
import type { EscapingScheme } from '../model/name-escaping.ts'
import type { QueryStatistics } from '../model/query-statistics.ts'
import type { TimestampMs } from '../model/samples.ts'
import type { SearchTerms } from './search-terms.ts'
import type { VectorAnswers } from './vector-answers.ts'

/** Limits of one query; the caller has already capped them by the flags. */
export interface QueryBounds {
  readonly timeoutMs: number
  readonly lookbackMs: number
  readonly samplesMax: number
  /** Resolution of subqueries that name none: the global evaluation interval; else a minute. */
  readonly subqueryStepMs?: number
  /** At most this many series in the answer, with a warning when cut; 0 = all. */
  readonly limit: number
}

/** How an answer may be compressed, where its reader takes that. */
export type AnswerCoding = 'gzip'

export type QueryStatsDetail = 'none' | 'totals' | 'all'

interface Answered {
  /** Where it is long enough for that. */
  readonly coding?: AnswerCoding | undefined
}

/** Who asks, for the query log (row Q12.7); the queries of rules go before all others. */
export type QueryOrigin =
  | {
      readonly kind: 'http'
      readonly clientAddress: string
      readonly method: string
      readonly path: string
    }
  | { readonly kind: 'rule'; readonly file: string; readonly group: string }

/** What instant and range queries share. */
interface Evaluated extends Answered {
  readonly origin?: QueryOrigin
  /** Whose part it is, where that is traced. */
  readonly trace?: TraceContext | undefined
  readonly query: string
  readonly bounds: QueryBounds
  readonly stats: QueryStatsDetail
  /**
   * Instead of the result the answer has the plan: alone, or with what each operator did while the
   * query ran.
   */
  readonly explain?: 'plan' | 'analyze' | undefined
  /** The times that the request names, where one is beyond the safe integers: those are the nearest floats. */
  readonly exact?: ExactTimes | undefined
  /** Histograms in the answer have their `layout`, too, from which they can be stored again. */
  readonly keepsLayout?: boolean
  /** Warnings about the request itself, which go into the answer beside the query's own. */
  readonly notices?: readonly string[]
}

/** Everything that is answered from samples or the index, as text: parsed where it runs. */
export type QueryRequest =
  | ({ readonly kind: 'instant'; readonly timeMs: TimestampMs } & Evaluated)
  | ({
      readonly kind: 'range'
      readonly startMs: TimestampMs
      readonly endMs: TimestampMs
      readonly stepMs: number
    } & Evaluated)
  | RulesRequest
  | QueryTextRequest
  | ({ readonly kind: 'series' } & MetadataRequest)
  | ({ readonly kind: 'label-names' } & MetadataRequest)
  | ({ readonly kind: 'label-values'; readonly label: string } & MetadataRequest)
  | SearchRequest
  | AlertHistoryRequest
  | FederateRequest
  | RemoteReadRequest

/**
 * Instant queries at one time, of which none reads what another one's answer becomes. Answered by
 * `vectors`; the bounds hold for each of them, but for the time.
 */
export interface RulesRequest extends Answered {
  readonly kind: 'rules'
  /** The same array whenever the same are asked, so that they need not be told again. */
  readonly queries: readonly string[]
  /** For each query the key of label sets that the asker has already, '' for none. */
  readonly known: readonly string[]
  readonly timeMs: TimestampMs
  readonly bounds: QueryBounds
  readonly origin: QueryOrigin
  /** An answer of more rows is an error. */
  readonly rowsMax: number
  /** Whose part each query is, where that is traced. */
  readonly traces?: readonly (TraceContext | undefined)[]
  /** What the latest answer of the same queries said that they read: they get it in advance. */
  readonly reads: Uint32Array<ArrayBuffer> | undefined
  /** Whether whoever asks hands the answer on: its rows are in the body then; see forwarded-vectors. */
  readonly isForwarded?: boolean | undefined
}

/**
 * What is said of a query's text, which is not evaluated: where queries are read, since deep nesting
 * takes a stack that other threads have not. `selectors` is answered as JSON without an envelope:
 * for each selector its matchers, each as operator, name and value.
 */
export interface QueryTextRequest extends Answered {
  readonly kind: 'query-text'
  readonly query: string
  readonly wanted: 'formatted' | 'tree' | 'selectors'
  readonly bounds: QueryBounds
}

export interface MetadataRequest extends Answered {
  /** Selectors as text; OR between them; may be empty for label-names and label-values. */
  readonly matches: readonly string[]
  readonly startMs: TimestampMs
  readonly endMs: TimestampMs
  readonly bounds: QueryBounds
}

/** Names or values that are searched for (rows A3.1 to A3.3); bounds.limit counts results. */
export interface SearchRequest extends MetadataRequest {
  readonly kind: 'search'
  /** Whose values; undefined for the names of labels. */
  readonly label: string | undefined
  /** How results name what they found. */
  readonly key: 'name' | 'value'
  readonly search: SearchTerms
  /** By their bytes, or the best first. */
  readonly order: 'ascending' | 'descending' | 'score'
  readonly includesScore: boolean
  /** Results of one line. */
  readonly batchSize: number
}

/** When alerts were pending and firing, as rules wrote it; bounds.limit counts alerts. */
export interface AlertHistoryRequest extends MetadataRequest {
  readonly kind: 'alert-history'
}

/** The newest sample of each series, as a page for another server to scrape (row A8.8). */
export interface FederateRequest extends Answered {
  readonly kind: 'federate'
  /** Selectors as text; OR between them. */
  readonly matches: readonly string[]
  readonly timeMs: TimestampMs
  readonly bounds: QueryBounds
  readonly format: ExpositionKind
  readonly escaping: EscapingScheme
  readonly externalLabels: ExternalLabels
}

/** The body of a remote-read request as it came, compressed (rows W3.1 to W3.5). */
export interface RemoteReadRequest extends Answered {
  readonly kind: 'remote-read'
  readonly body: Uint8Array
  /** samplesMax counts for each query of a sampled answer; 0 = no limit. */
  readonly bounds: QueryBounds
  readonly frameBytesMax: number
  /** Of an answer with samples, before it is compressed: it cannot be sent before it is whole. */
  readonly sampledBytesMax: number
  readonly externalLabels: ExternalLabels
}

/** Name and value, sorted by the name's bytes. */
export type ExternalLabels = readonly (readonly [name: string, value: string])[]

/** Upstream's error types of the HTTP API; api/error-reply.ts maps them to codes (row A1.2). */
export type QueryErrorType =
  | 'bad_data'
  | 'execution'
  | 'timeout'
  | 'canceled'
  | 'internal'
  | 'unavailable'

/**
 * `body` is the whole answer, in JSON `{"status":"success","data":...}` with warnings and infos, in
 * pieces of at most limits.httpWritePieceBytesMax; with a `coding`, together they are so compressed.
 * `statistics` are there for every query that parsed.
 */
export type QueryReply = (
  | {
      readonly ok: true
      readonly body: readonly Uint8Array[]
      readonly coding?: AnswerCoding | undefined
      /** Pieces behind those of the body, made while they are taken; its failure ends the answer in its middle. */
      readonly more?: AsyncIterable<Uint8Array> | undefined
      /** Of what is not JSON. */
      readonly contentType?: string
      /** What the answer lacks, where it has no place for that itself. */
      readonly warnings?: readonly string[]
      /** Of a request of rules, whose body is empty unless they are forwarded. */
      readonly vectors?: VectorAnswers
    }
  | { readonly ok: false; readonly errorType: QueryErrorType; readonly message: string }
) & { readonly statistics?: QueryStatistics }

/** How rules and the API evaluate; the worker pool implements it, and a plain one for tests. */
export interface QueryRunner {
  /** Never rejects for anything the user can cause; an aborted signal answers `canceled`. */
  run(request: QueryRequest, signal: AbortSignal): Promise<QueryReply>
}

/**
 * What a running query asks at every batch. `checkpoint` throws NarthexError QUERY_CANCELED or
 * QUERY_TIMEOUT, and answers a promise to await when the query's turn is over. `looks` throws the
 * same, for loops that cannot wait.
 */
export interface QueryControl {
  checkpoint(): Promise<void> | undefined
  readonly looks: Looks
}
