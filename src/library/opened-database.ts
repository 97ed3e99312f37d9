import type { Clock } from '../base/clock.ts'
import { type ErrorCode, NarthexError } from '../base/errors.ts'
import { nodeFileSystem } from '../base/node-file-system.ts'
import type { EvaluatedRequest } from '../promql/engine.ts'
import { defaultEngineFlags } from '../promql/engine-flags.ts'
import type { QueryBounds, QueryErrorType, QueryReply } from '../storage/query-runner.ts'
import { DatabaseReader } from '../tsdb/database-reader.ts'
import type { Database } from '../tsdb/db.ts'
import { answerRequest } from '../workers/answer-request.ts'
import { controlState, controlWord, controlWords } from '../workers/protocol.ts'
import { Turns } from '../workers/turns.ts'
import { answerOf } from './answer.ts'
import { appendRows } from './append-rows.ts'
import type {
  AppendResult,
  LoadInput,
  Narthex,
  QueryOptions,
  QueryResult,
  RangeOptions,
  SeriesInput,
} from './contract.ts'
import { rowsOfNotation, rowsOfSeries } from './sample-rows.ts'

interface Settings {
  readonly bounds: QueryBounds
  /** Called when nothing holds a file any more. */
  readonly closed: () => void
}

/** What `open` answers: appends and queries in the thread of the program. */
export class OpenedDatabase implements Narthex {
  readonly #database: Database
  readonly #reader: DatabaseReader
  readonly #turns: Turns
  readonly #clock: Clock
  readonly #settings: Settings
  /** The control words of queries that run. */
  readonly #running = new Map<Int32Array, Promise<QueryReply>>()
  #isClosed = false

  constructor(database: Database, clock: Clock, settings: Settings) {
    this.#database = database
    this.#reader = new DatabaseReader(nodeFileSystem, database.directory)
    this.#turns = new Turns(clock)
    this.#clock = clock
    this.#settings = settings
  }

  append(series: Iterable<SeriesInput>): AppendResult {
    this.#demandOpen()
    return appendRows(this.#database, rowsOfSeries(series))
  }

  load(input: LoadInput): AppendResult {
    this.#demandOpen()
    return appendRows(this.#database, rowsOfNotation(input))
  }

  query(expr: string, options: QueryOptions = {}): Promise<QueryResult> {
    const timeMs = Math.floor(options.timeMs ?? this.#clock.wallMs())
    const bounds = this.#boundsOf(options)
    return this.#ask({ kind: 'instant', query: expr, timeMs, bounds, stats: 'none' }, options)
  }

  queryRange(expr: string, options: RangeOptions): Promise<QueryResult> {
    const { startMs, endMs, stepMs } = options
    if (!(stepMs > 0) || !(endMs >= startMs)) {
      const words = `a range from ${startMs} to ${endMs} by ${stepMs} has no steps`
      return Promise.reject(new NarthexError('PARAMETER_INVALID', words))
    }
    const times = { startMs, endMs, stepMs }
    const bounds = this.#boundsOf(options)
    return this.#ask({ kind: 'range', query: expr, ...times, bounds, stats: 'none' }, options)
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const words of this.#running.keys()) stop(words, controlState.canceled)
    await Promise.all(this.#running.values())
    await this.#database.close()
    this.#settings.closed()
  }

  #boundsOf({ timeoutMs }: { readonly timeoutMs?: number }): QueryBounds {
    const { bounds } = this.#settings
    return timeoutMs === undefined ? bounds : { ...bounds, timeoutMs }
  }

  async #ask(
    request: EvaluatedRequest,
    { signal }: { readonly signal?: AbortSignal },
  ): Promise<QueryResult> {
    this.#demandOpen()
    const memory = new SharedArrayBuffer(controlWords * 4)
    const words = new Int32Array(memory)
    const abort = () => stop(words, controlState.canceled)
    if (signal?.aborted === true) abort()
    signal?.addEventListener('abort', abort, { once: true })
    const timer = this.#clock.after(request.bounds.timeoutMs, () =>
      stop(words, controlState.timedOut),
    )
    const answered = this.#evaluate(request, memory)
    this.#running.set(words, answered)
    try {
      return answerOf(replyBody(await answered))
    } finally {
      this.#running.delete(words)
      timer.cancel()
      signal?.removeEventListener('abort', abort)
    }
  }

  async #evaluate(request: EvaluatedRequest, memory: SharedArrayBuffer): Promise<QueryReply> {
    const database = this.#database
    this.#reader.apply(database.updateSince(this.#reader.version))
    const unpin = database.pin()
    const control = this.#turns.control(memory, false)
    const snapshot = async (ids: Uint32Array, count: number, since: number) =>
      database.snapshot(ids, count, since)
    try {
      return await answerRequest(request, {
        queryable: { querier: async (range) => this.#reader.querier(range, { snapshot }) },
        control,
        engine: defaultEngineFlags,
        queuedMs: 0,
      })
    } finally {
      control.end()
      unpin()
    }
  }

  #demandOpen(): void {
    if (this.#isClosed) throw new NarthexError('CLOSED', 'the database is closed')
  }
}

function stop(words: Int32Array, state: number): void {
  Atomics.store(words, controlWord.state, state)
}

const codes: Readonly<Record<QueryErrorType, ErrorCode>> = {
  bad_data: 'QUERY_PARSE',
  execution: 'QUERY_EXECUTION',
  timeout: 'QUERY_TIMEOUT',
  canceled: 'QUERY_CANCELED',
  internal: 'QUERY_EXECUTION',
  unavailable: 'QUERY_QUEUE_FULL',
}

function replyBody(reply: QueryReply): readonly Uint8Array[] {
  if (reply.ok) return reply.body
  throw new NarthexError(codes[reply.errorType], reply.message)
}
