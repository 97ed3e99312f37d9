import type { Clock } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { LineFile } from '../base/line-file.ts'
import type { Logger } from '../base/logger.ts'
import type { Counter, Gauge, MetricsRegistry } from '../base/self-metrics.ts'
import { type QueryStatistics, statisticsFields } from '../model/query-statistics.ts'
import { timestampMsMax } from '../model/samples.ts'
import type { EvaluatedRequest } from '../promql/engine.ts'
import type { QueryOrigin } from '../storage/query-runner.ts'

/** A query that has its answer. */
export interface FinishedQuery {
  readonly request: EvaluatedRequest
  readonly statistics: QueryStatistics
  /** Undefined where it was answered. */
  readonly error: string | undefined
  /** From its turn to its answer; its last moment is now. */
  readonly tookMs: number
}

/**
 * The query log (row Q12.7): a line of JSON for each query that was evaluated, as upstream writes it
 * but for `source`, a place in upstream's code.
 */
export class QueryLog {
  readonly #fileSystem: FileSystem
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #enabled: Gauge
  readonly #failures: Counter
  #isFailing = false
  #file: LineFile | undefined

  constructor(tools: {
    readonly fileSystem: FileSystem
    readonly clock: Clock
    readonly logger: Logger
    readonly metrics: MetricsRegistry
  }) {
    this.#fileSystem = tools.fileSystem
    this.#clock = tools.clock
    this.#logger = tools.logger
    const { metrics } = tools
    this.#enabled = metrics.gauge('prometheus_engine_query_log_enabled', 'State of the query log.')
    this.#failures = metrics.counter(
      'prometheus_engine_query_log_failures_total',
      'The number of query log failures.',
    )
  }

  /** Writes there from now on; nowhere where it is ''. Throws what opening the file throws. */
  use(path: string): void {
    const file = path === '' ? undefined : new LineFile(this.#fileSystem, path)
    this.#file?.close()
    this.#file = file
    this.#enabled.set(file === undefined ? 0 : 1)
  }

  log(query: FinishedQuery): void {
    if (this.#file === undefined) return
    const time = new Date(this.#clock.wallMs()).toISOString()
    try {
      this.#file.append(queryLogLine(time, query))
      this.#isFailing = false
    } catch (thrown) {
      this.#failures.add()
      if (!this.#isFailing) this.#logger.error("can't log query", { err: messageOf(thrown) })
      this.#isFailing = true
    }
  }

  close(): void {
    this.use('')
  }
}

/** One line, without its end. */
export function queryLogLine(time: string, { request, statistics, error }: FinishedQuery): string {
  // JavaScript has no dates beyond.
  const date = (ms: number) =>
    Math.abs(ms) > timestampMsMax ? `${ms / 1000} s` : new Date(ms).toISOString()
  const times =
    request.kind === 'instant'
      ? { startMs: request.timeMs, endMs: request.timeMs, stepMs: 0 }
      : request
  return JSON.stringify({
    time,
    level: 'INFO',
    msg: 'promql query logged',
    params: {
      end: date(times.endMs),
      query: request.query,
      start: date(times.startMs),
      step: Math.trunc(times.stepMs / 1_000),
    },
    error,
    stats: statisticsFields(statistics),
    spanID: request.trace?.spanId ?? '0'.repeat(16),
    traceID: request.trace?.traceId ?? '0'.repeat(32),
    ...originFields(request.origin),
  })
}

function originFields(origin: QueryOrigin | undefined): object {
  switch (origin?.kind) {
    case 'http': {
      const { clientAddress, method, path } = origin
      return { httpRequest: { clientIP: clientAddress, method, path } }
    }
    case 'rule':
      return { ruleGroup: { file: origin.file, name: origin.group } }
    case undefined:
      return {}
  }
}
