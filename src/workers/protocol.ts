import type { EngineFlags } from '../promql/engine-flags.ts'
import type { QueryReply, QueryRequest, RulesRequest } from '../storage/query-runner.ts'
import type { PartialUpdate } from '../tsdb/database-reader.ts'
import type { SharedReadingJob } from './reading-helper.ts'
import type { SnapshotAnswer, SnapshotAsk } from './snapshot-asks.ts'
import type { ForecastSnapshot } from './snapshot-forecast.ts'
import type { ToldRules } from './told-rules.ts'

/** Words of a query's control memory, shared by the main thread and its worker. */
export const controlWord = {
  /** One of controlState; only the main thread writes it. */
  state: 0,
} as const
export const controlWords = 1

export const controlState = { running: 0, canceled: 1, timedOut: 2 } as const

export interface QueryMessage {
  readonly kind: 'query'
  readonly id: number
  readonly request: Exclude<QueryRequest, RulesRequest> | ToldRules
  /** How long it waited for its turn. */
  readonly queuedMs: number
  /** Brings the worker's view of the database up to this query's beginning. */
  readonly update: PartialUpdate
  readonly control: SharedArrayBuffer
  /** What it will probably ask for; in the same step as the update. That of rules is in their request. */
  readonly forecast: ForecastSnapshot | undefined
}

/** Queries that came up at once. */
interface QueriesMessage {
  readonly kind: 'queries'
  readonly queries: readonly QueryMessage[]
}

/** Asks an idle worker to help another one; it answers with `helped` when there is nothing more. */
export interface HelpMessage {
  readonly kind: 'help'
  readonly id: number
  readonly job: SharedReadingJob
  readonly update: PartialUpdate
}

/** A piece of a streamed answer was taken, or nobody wants it any more: look at the control. */
interface MoreMessage {
  readonly kind: 'more'
  readonly id: number
}

/** The main thread has spare time: what is rehearsed for a moment takes nothing away from it. */
interface SpareTimeMessage {
  readonly kind: 'spare-time'
}

export type ToWorker =
  | QueryMessage
  | QueriesMessage
  | HelpMessage
  | MoreMessage
  | SpareTimeMessage
  | SnapshotAnswer

/** Pieces and an end follow where it is open. */
export interface ReplyMessage {
  readonly kind: 'reply'
  readonly id: number
  readonly reply: QueryReply
  readonly isOpen: boolean
}

export type FromWorker =
  | ReplyMessage
  /** To queries that came up at once. */
  | { readonly kind: 'replies'; readonly replies: readonly ReplyMessage[] }
  | { readonly kind: 'piece'; readonly id: number; readonly piece: Uint8Array }
  | { readonly kind: 'end'; readonly id: number; readonly failure: string | undefined }
  /** Of a query that runs here. */
  | { readonly kind: 'share'; readonly id: number; readonly job: SharedReadingJob }
  | { readonly kind: 'helped'; readonly id: number }
  /** Asks when there is some: it would rehearse. */
  | SpareTimeMessage
  | SnapshotAsk

/** What a worker runs: one CommonJS text, for `new Worker(source, { eval: true })`. */
export interface WorkerSource {
  readonly source: string
  /** What that text runs, where it takes what was compiled before. */
  readonly compiled?: CompiledCode | undefined
}

/** Bytes in shared memory: later workers run the same, whatever has become of the files. */
export interface CompiledCode {
  readonly code: Uint8Array
  /** By scripts/compiled-server.mjs. */
  readonly compiled: Uint8Array
}

/** What a worker is told when it starts. */
export interface WorkerStart {
  readonly dataDirectory: string
  /** Whether there may be other workers, who help. */
  readonly mayShare: boolean
  readonly engine: EngineFlags
  /** One word that counts what the worker hears and where its queries look: one that stops counting is stuck. */
  readonly beat: SharedArrayBuffer
  /** For the text that the worker begins with. */
  readonly compiled?: CompiledCode | undefined
}

/** How a host speaks with the thread that owns the head, whatever carries the messages. */
export interface HostChannel {
  send(message: FromWorker, transfer: readonly ArrayBuffer[]): void
}
