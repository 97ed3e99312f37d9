import type { Clock } from '../base/clock.ts'
import { type ErrorCode, NarthexError } from '../base/errors.ts'
import type { EvaluatedRequest } from '../promql/engine.ts'
import type { EngineFlags } from '../promql/engine-flags.ts'
import type { QueryBounds, QueryErrorType, QueryReply } from '../storage/query-runner.ts'
import type { Database } from '../tsdb/db.ts'
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
import { InProcessRunner } from './in-process-runner.ts'
import { rowsOfNotation, rowsOfSeries } from './sample-rows.ts'

interface Settings {
  readonly bounds: QueryBounds
  readonly engine: EngineFlags
  /** Called when nothing holds a file any more. */
  readonly closed: () => void
}

/** What `open` answers: appends and queries in the thread of the program. */
export class OpenedDatabase implements Narthex {
  readonly #database: Database
  readonly #runner: InProcessRunner
  readonly #clock: Clock
  readonly #settings: Settings
  #isClosed = false

  constructor(database: Database, clock: Clock, settings: Settings) {
    this.#database = database
    this.#runner = new InProcessRunner(database, clock, settings.engine)
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
    await this.#runner.close()
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
    return answerOf(replyBody(await this.#runner.run(request, signal)))
  }

  #demandOpen(): void {
    if (this.#isClosed) throw new NarthexError('CLOSED', 'the database is closed')
  }
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
