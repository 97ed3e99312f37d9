import { availableParallelism } from 'node:os'
import type { QueryDefaults } from '../api/api-options.ts'
import { systemClock } from '../base/clock.ts'
import { messageOf, NarthexError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import type { Logger } from '../base/logger.ts'
import { nodeFileSystem } from '../base/node-file-system.ts'
import type { MetricsRegistry } from '../base/self-metrics.ts'
import type { Tracer } from '../base/tracer.ts'
import type { Config } from '../config/config.ts'
import { type EngineFlags, engineFlags } from '../promql/engine-flags.ts'
import type { Database } from '../tsdb/db.ts'
import { ActiveQueries } from '../workers/active-queries.ts'
import { EngineMetrics } from '../workers/engine-metrics.ts'
import { type QueryObserver, WorkerPool } from '../workers/pool.ts'
import { QueryLog } from '../workers/query-log.ts'
import { traceQuery } from '../workers/query-spans.ts'
import { builtFiles } from './built-files.ts'
import type { Flags } from './flags.ts'
import { present } from './present.ts'
import { queryWorkerSource } from './worker-source.ts'

export interface QueryPartsOptions {
  readonly flags: Flags
  readonly logger: Logger
  readonly metrics: MetricsRegistry
  readonly tracer: Tracer
  /** Once it is open. */
  readonly database: () => Database
  readonly broken: () => void
}

/** The workers that answer queries, the log of what they answered, and what is being asked now. */
export class QueryParts {
  readonly engine: EngineFlags
  readonly #options: QueryPartsOptions
  readonly #log: QueryLog
  #pool: WorkerPool | undefined
  #active: ActiveQueries | undefined
  /** What flags say of every query. */
  #flagged: Omit<QueryDefaults, 'subqueryStepMs'> | undefined
  #metrics: EngineMetrics | undefined

  constructor(options: QueryPartsOptions) {
    const { flags, logger, metrics } = options
    this.#options = options
    this.engine = engineFlags((feature) => flags.isFeatureOn(feature))
    this.#log = new QueryLog({
      fileSystem: nodeFileSystem,
      clock: systemClock,
      logger: logger.with({ component: 'query engine' }),
      metrics,
    })
  }

  /** Throws CLOSED before it is started. */
  get pool(): WorkerPool {
    return present(this.#pool)
  }

  /** Writes what is answered to the file that the configuration names. Throws CONFIG_INVALID. */
  logBy({ global }: Config): void {
    const file = global.queryLogFile
    try {
      this.#log.use(file)
    } catch (thrown) {
      const words = `global.query_log_file ${file} cannot be opened: ${messageOf(thrown)}`
      throw new NarthexError('CONFIG_INVALID', words, { cause: thrown })
    }
  }

  /** Starts the first worker while the database is opened: it makes itself ready meanwhile. */
  begin(): void {
    this.#pool ??= this.#newPool()
  }

  start(): WorkerPool {
    const { flags, logger, metrics } = this.#options
    const concurrencyMax = flags.number('query.max-concurrency')
    const tools = { fileSystem: nodeFileSystem, clock: systemClock }
    const engineLogger = logger.with({ component: 'query engine' })
    const folder = flags.text('storage.tsdb.path')
    this.#active = ActiveQueries.open({ ...tools, logger: engineLogger }, folder, concurrencyMax)
    this.#metrics = new EngineMetrics(metrics, concurrencyMax, () => this.#pool?.queries ?? 0)
    this.begin()
    return this.pool
  }

  #newPool(): WorkerPool {
    const { flags, logger, tracer, database, broken } = this.#options
    const observer: QueryObserver = {
      started: (slot, query) => this.#active?.started(slot, query),
      ended: (slot) => this.#active?.ended(slot),
      finished: (query) => {
        this.#metrics?.count(query.statistics)
        this.#log.log(query)
        traceQuery(tracer, query, systemClock)
      },
    }
    return new WorkerPool({
      observer,
      engine: this.engine,
      ...queryWorkerSource(builtFiles(nodeFileSystem)),
      database: {
        directory: flags.text('storage.tsdb.path'),
        updateSince: (version) => database().updateSince(version),
        snapshot: (ids, count, sinceVersion) => database().snapshot(ids, count, sinceVersion),
        pin: () => database().pin(),
      },
      clock: systemClock,
      logger: logger.with({ component: 'query workers' }),
      workersMax: Math.min(limits.workersMax, availableParallelism()),
      concurrencyMax: flags.number('query.max-concurrency'),
      failed: (reason) => {
        logger.error('Queries cannot be answered any more', { reason })
        broken()
      },
    })
  }

  /** What queries get that do not say it themselves. */
  defaults({ global }: Config): QueryDefaults {
    this.#flagged ??= boundsOfFlags(this.#options.flags)
    return { ...this.#flagged, subqueryStepMs: global.evaluationIntervalMs }
  }

  /** Ends the workers, and then what is written about them. */
  async close(): Promise<void> {
    await this.#pool?.close()
    this.#active?.close()
    this.#log.close()
  }
}

function boundsOfFlags(flags: Flags): Omit<QueryDefaults, 'subqueryStepMs'> {
  return {
    timeoutMs: flags.durationMs('query.timeout'),
    // Upstream takes 0 for the default, too.
    lookbackMs: flags.durationMs('query.lookback-delta') || limits.queryLookbackMs,
    samplesMax: flags.number('query.max-samples'),
  }
}
