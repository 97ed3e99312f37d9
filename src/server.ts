import { availableParallelism, hostname } from 'node:os'
import type { ApiOptions, Notification, QueryDefaults, WalReplay } from './api/api-options.ts'
import { HttpMetrics } from './api/http-metrics.ts'
import { createHttpServer, type HttpServer } from './api/http-server.ts'
import { NotificationFeed } from './api/notification-feed.ts'
import type { RemoteReadBounds } from './api/read-route.ts'
import { systemClock } from './base/clock.ts'
import { messageOf, NarthexError } from './base/errors.ts'
import { limits } from './base/limits.ts'
import type { Logger } from './base/logger.ts'
import { lockDirectory } from './base/node-directory-lock.ts'
import { nodeFileSystem } from './base/node-file-system.ts'
import { type Gauge, MetricsRegistry } from './base/self-metrics.ts'
import type { Config } from './config/config.ts'
import { loadConfig } from './config/load.ts'
import { configText } from './config/print.ts'
import { DiscoveryManager } from './discovery/manager.ts'
import { DiscoveryMechanisms } from './discovery/mechanisms.ts'
import { type EngineFlags, engineFlags } from './promql/engine-flags.ts'
import { WriteReceiver } from './remote/write-receiver.ts'
import { ScrapeManager } from './scrape/manager.ts'
import { AlertingParts } from './tool/alerting-parts.ts'
import { applyConfig, type ConfiguredPart } from './tool/apply-config.ts'
import { AutoReload } from './tool/auto-reload.ts'
import { buildInfo } from './tool/build-info.ts'
import { builtFiles } from './tool/built-files.ts'
import type { Flags } from './tool/flags.ts'
import { parseListenAddress } from './tool/listen-address.ts'
import { ReloadState } from './tool/reload-state.ts'
import { acceptedMessages, remoteReadBounds } from './tool/remote-endpoints.ts'
import { longestBlockMs, retentionOfFlags, retentionText } from './tool/retention.ts'
import {
  configDefaults,
  discoveryDelayMsMax,
  scrapeAlignMs,
  scrapeFeatures,
} from './tool/scrape-features.ts'
import { registerSelfMetrics } from './tool/server-metrics.ts'
import { storageEncodings } from './tool/storage-encodings.ts'
import { demandCapacity, storageSettings, tellDisk } from './tool/storage-settings.ts'
import { webOptions } from './tool/web-options.ts'
import { type OpenWebSecurity, openWebSecurity } from './tool/web-security.ts'
import { backgroundWorkerSource, logReaderSource, queryWorkerSource } from './tool/worker-source.ts'
import { Database } from './tsdb/db.ts'
import { ActiveQueries } from './workers/active-queries.ts'
import { BackgroundThread } from './workers/background-thread.ts'
import { EngineMetrics } from './workers/engine-metrics.ts'
import { LogReaderThread } from './workers/log-reader-thread.ts'
import { type QueryObserver, WorkerPool } from './workers/pool.ts'
import { QueryLog } from './workers/query-log.ts'

export interface ServerOptions {
  readonly flags: Flags
  readonly logger: Logger
  /** Ends the process: something is broken for good, or a client asked for it. */
  readonly quit: (reason: 'asked' | 'broken') => void
}

/** A running server. */
export interface Server {
  /** Ports that are listened on, in the order of --web.listen-address. */
  readonly ports: readonly number[]
  /** Loads the configuration file again; on failure the last good one stays, and this rejects. */
  reload(): Promise<void>
  /** Closes in the reverse order of the data flow. */
  close(): Promise<void>
}

/**
 * Builds the server in the order in which data flows, and starts it. It listens before the log is
 * replayed, so that health and progress can be asked for; all else answers 503 until then.
 * Throws CONFIG_INVALID, NOT_BUILT_YET, DIRECTORY_LOCKED or DIRECTORY_UNUSABLE.
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  const config = readConfig(options)
  const parts = new ServerParts(options, config)
  try {
    await parts.start()
  } catch (thrown) {
    await parts.close()
    throw thrown
  }
  return parts
}

function readConfig({ flags, logger }: ServerOptions): Config {
  const path = flags.text('config.file')
  let text: string
  try {
    text = new TextDecoder().decode(nodeFileSystem.readFile(path))
  } catch (thrown) {
    const words = `configuration file ${path} cannot be read: ${messageOf(thrown)}`
    throw new NarthexError('CONFIG_INVALID', words, { cause: thrown })
  }
  return loadConfigText(text, path, flags, logger)
}

function loadConfigText(text: string, path: string, flags: Flags, logger: Logger): Config {
  const config = loadConfig(text, path, {
    fs: nodeFileSystem,
    environment: process.env,
    emptyVariable: (name) => logger.warn('Empty environment variable', { name }),
    ...configDefaults(flags),
    allowUnimplemented: flags.isOn('narthex.allow-unimplemented'),
    retention: retentionOfFlags(flags),
    exemplarsMax: flags.isFeatureOn('exemplar-storage') ? exemplarsMaxAtFirst : undefined,
  })
  // Refuses what does not go together.
  storageEncodings(config.storage, flags)
  for (const notice of config.notices) logger.warn(notice)
  if (config.storage.exemplarsMax !== undefined && !flags.isFeatureOn('exemplar-storage')) {
    logger.warn('storage.exemplars does nothing without --enable-feature=exemplar-storage')
  }
  return config
}

/** Upstream's, for files that do not say it. */
const exemplarsMaxAtFirst = 100_000

class ServerParts implements Server {
  readonly #options: ServerOptions
  readonly #metrics = new MetricsRegistry()
  readonly #httpMetrics = new HttpMetrics(this.#metrics)
  readonly #mechanisms = new DiscoveryMechanisms(this.#metrics, {
    fs: nodeFileSystem,
    clock: systemClock,
  })
  readonly #reloads: ReloadState
  readonly #cleanStart: Gauge
  readonly #remoteRead: RemoteReadBounds
  readonly #notificationFeed: NotificationFeed
  readonly #queryLog: QueryLog
  readonly #startedMs = systemClock.wallMs()
  readonly #security: OpenWebSecurity | undefined
  #config: Config
  #walReplay: WalReplay = { state: 'waiting', min: 0, max: 0, current: 0 }
  #http: HttpServer[] = []
  #database: Database | undefined
  #background: BackgroundThread | undefined
  #pool: WorkerPool | undefined
  #active: ActiveQueries | undefined
  #scrapes: ScrapeManager | undefined
  #alerting: AlertingParts | undefined
  #receiver: WriteReceiver | undefined
  #autoReload: AutoReload | undefined
  #isReady = false
  ports: readonly number[] = []

  constructor(options: ServerOptions, config: Config) {
    this.#options = options
    this.#config = config
    this.#security = openWebSecurity(options.flags, options.logger)
    this.#cleanStart = this.#metrics.gauge(
      'prometheus_tsdb_clean_start',
      '-1 without a lock file, 0 where one of before was taken over, 1 where it is a new one.',
    )
    this.#cleanStart.set(-1)
    this.#notificationFeed = new NotificationFeed(() => this.#notifications(), {
      clock: systemClock,
      metrics: this.#metrics,
      subscribersMax: options.flags.number('web.max-notifications-subscribers'),
    })
    this.#metrics.observed(
      'prometheus_ready',
      'gauge',
      'Whether Prometheus startup was fully completed and the server is ready for normal operation.',
      () => (this.#isReady ? 1 : 0),
    )
    this.#remoteRead = remoteReadBounds(options.flags, this.#metrics)
    this.#reloads = new ReloadState(this.#metrics, systemClock)
    this.#queryLog = new QueryLog({
      fileSystem: nodeFileSystem,
      clock: systemClock,
      logger: options.logger.with({ component: 'query engine' }),
      metrics: this.#metrics,
    })
  }

  async start(): Promise<void> {
    this.#logQueriesOf(this.#config)
    await this.#listen()
    this.#database = await this.#openDatabase()
    await this.#database.settle()
    this.#walReplay = { ...this.#walReplay, state: 'done' }
    this.#pool = this.#startPool(this.#database)
    const { logger, flags } = this.#options
    this.#scrapes = this.#startScraping(this.#database)
    if (flags.isOn('web.enable-remote-write-receiver')) {
      const component = logger.with({ component: 'remote write receiver' })
      this.#receiver = new WriteReceiver({
        appendable: this.#database,
        logger: component,
        metrics: this.#metrics,
        acceptedMessages: acceptedMessages(flags),
      })
    }
    registerSelfMetrics(this.#metrics, {
      database: this.#database,
      pool: this.#pool,
      build: buildInfo(),
      retention: () => this.#config.storage.retention,
    })
    this.#alerting = this.#startAlerting(this.#database, this.#pool)
    this.#alerting.notifyBy(this.#config)
    this.#alerting.applyRules(this.#config)
    this.#scrapes.apply(this.#config)
    this.#reloads.succeeded()
    this.#autoReload = this.#startAutoReload()
    this.#isReady = true
    logger.info('Server is ready to receive web requests.')
  }

  #startAutoReload(): AutoReload | undefined {
    const { flags, logger } = this.#options
    if (!flags.isOn('config.auto-reload') && !flags.isFeatureOn('auto-reload-config')) return
    const autoReload = new AutoReload({
      fs: nodeFileSystem,
      clock: systemClock,
      logger,
      path: flags.text('config.file'),
      intervalMs: flags.durationMs('config.auto-reload-interval'),
      reload: () => this.reload(),
    })
    autoReload.start()
    return autoReload
  }

  #startScraping(database: Database): ScrapeManager {
    const shared = { fs: nodeFileSystem, clock: systemClock, metrics: this.#metrics }
    const { logger, flags } = this.#options
    const discovery = new DiscoveryManager({
      ...shared,
      mechanisms: this.#mechanisms,
      logger: logger.with({ component: 'discovery manager scrape' }),
      delayMsMax: discoveryDelayMsMax(flags),
    })
    return new ScrapeManager({
      ...shared,
      appendable: database,
      discovery,
      features: scrapeFeatures(flags),
      alignMs: scrapeAlignMs(flags),
      logger: logger.with({ component: 'scrape manager' }),
    })
  }

  #startAlerting(appendable: Database, runner: WorkerPool): AlertingParts {
    return new AlertingParts({
      ...this.#options,
      metrics: this.#metrics,
      mechanisms: this.#mechanisms,
      appendable,
      runner,
      bounds: () => ({ ...this.#queryDefaults(), limit: 0 }),
      language: this.#engineFlags.language,
      broken: (thrown) => {
        this.#options.logger.error('A rule group ended', { err: messageOf(thrown) })
        this.#options.quit('broken')
      },
    })
  }

  async #listen(): Promise<void> {
    const addresses = this.#options.flags.list('web.listen-address').map(parseListenAddress)
    const ports: number[] = []
    for (const address of addresses) {
      const server = createHttpServer(this.#apiOptions())
      this.#http.push(server)
      ports.push(await server.listen(address))
      this.#options.logger.info('Listening on', { address: `${address.host}:${ports.at(-1)}` })
    }
    this.ports = ports
  }

  #openDatabase(): Promise<Database> {
    const { flags, logger } = this.#options
    const log = logger.with({ component: 'tsdb' })
    const retention = () => this.#config.storage.retention
    const folder = flags.text('storage.tsdb.path')
    demandCapacity(nodeFileSystem, folder, retention(), log)
    const tools = { fileSystem: nodeFileSystem, clock: systemClock, logger: log }
    this.#background = new BackgroundThread(
      backgroundWorkerSource(builtFiles(nodeFileSystem)),
      () => present(this.#database),
    )
    return Database.open({
      ...tools,
      ...storageSettings(flags, tools),
      directory: folder,
      lock: (directory) => this.#lock(directory, log),
      blockRangeMsMax: longestBlockMs(retention(), flags),
      retention,
      metrics: this.#metrics,
      exemplarsMax: this.#exemplarsMax(this.#config),
      logsMetadata: flags.isFeatureOn('metadata-wal-records'),
      encodings: storageEncodings(this.#config.storage, flags),
      outOfOrderWindowMs: () => this.#config.storage.outOfOrderWindowMs,
      staleSeriesThreshold: () => this.#config.storage.staleSeriesThreshold,
      snapshotsMemory: flags.isFeatureOn('memory-snapshot-on-shutdown'),
      background: this.#background,
      readAhead: (paths, sizeBytes, covered) => {
        if (sizeBytes < limits.logReadAheadBytesMin) return undefined
        const source = logReaderSource(builtFiles(nodeFileSystem))
        return new LogReaderThread(source, { paths, covered }, log)
      },
      replayStatus: ({ min, max, current }) => {
        this.#walReplay = { state: 'in progress', min, max, current }
      },
    })
  }

  async #lock(directory: string, logger: Logger): Promise<{ release(): void }> {
    tellDisk(nodeFileSystem, directory, logger)
    if (this.#options.flags.isOn('storage.tsdb.no-lockfile')) return { release: () => undefined }
    const lock = await lockDirectory(directory, logger)
    this.#cleanStart.set(lock.isReplaced ? 0 : 1)
    return lock
  }

  /** None without --enable-feature=exemplar-storage, whatever the configuration says (row C7.7). */
  #exemplarsMax({ storage }: Config): number {
    const isOn = this.#options.flags.isFeatureOn('exemplar-storage')
    return isOn ? Math.max(0, storage.exemplarsMax ?? 0) : 0
  }

  /** Rejects the configuration where the file cannot be written. */
  #logQueriesOf({ global }: Config): void {
    const file = global.queryLogFile
    try {
      this.#queryLog.use(file)
    } catch (thrown) {
      const words = `global.query_log_file ${file} cannot be opened: ${messageOf(thrown)}`
      throw new NarthexError('CONFIG_INVALID', words, { cause: thrown })
    }
  }

  #startPool(database: Database): WorkerPool {
    const { flags, logger, quit } = this.#options
    const concurrencyMax = flags.number('query.max-concurrency')
    const tools = { fileSystem: nodeFileSystem, clock: systemClock }
    const engineLogger = logger.with({ component: 'query engine' })
    const folder = flags.text('storage.tsdb.path')
    const active = ActiveQueries.open({ ...tools, logger: engineLogger }, folder, concurrencyMax)
    this.#active = active
    const queries = () => this.#pool?.queries ?? 0
    const engineMetrics = new EngineMetrics(this.#metrics, concurrencyMax, queries)
    const observer: QueryObserver = {
      started: (slot, query) => active.started(slot, query),
      ended: (slot) => active.ended(slot),
      finished: (query) => {
        engineMetrics.count(query.statistics)
        this.#queryLog.log(query)
      },
    }
    return new WorkerPool({
      observer,
      engine: this.#engineFlags,
      source: queryWorkerSource(builtFiles(nodeFileSystem)),
      database,
      clock: systemClock,
      logger: logger.with({ component: 'query workers' }),
      workersMax: Math.min(limits.workersMax, availableParallelism()),
      concurrencyMax,
      failed: (reason) => {
        logger.error('Queries cannot be answered any more', { reason })
        quit('broken')
      },
    })
  }

  get #engineFlags(): EngineFlags {
    return engineFlags((feature) => this.#options.flags.isFeatureOn(feature))
  }

  #apiOptions(): ApiOptions {
    const { flags, logger, quit } = this.#options
    const lifecycle = { reload: () => this.reload(), quit: () => quit('asked') }
    return {
      ...webOptions(flags),
      clock: systemClock,
      logger: logger.with({ component: 'web' }),
      security: this.#security,
      metrics: this.#metrics,
      httpMetrics: this.#httpMetrics,
      isReady: () => this.#isReady,
      language: this.#engineFlags.language,
      runner: () => present(this.#pool),
      targets: () => present(this.#scrapes),
      rules: () => present(this.#alerting),
      metadata: () => [this.#scrapes, this.#receiver].filter((source) => source !== undefined),
      exemplars: () => present(this.#database).exemplars,
      head: () => {
        const { series, chunks, labelPairs, minTimeMs, maxTimeMs } = present(this.#database).stats()
        return { series, chunks, labelPairs, minTimeMs, maxTimeMs }
      },
      statistics: () => present(this.#database).statistics,
      walReplay: () => this.#walReplay,
      configText: () => configText(this.#config),
      notificationFeed: () => this.#notificationFeed,
      buildInfo: buildInfo(),
      runtimeInfo: () => ({
        startTimeMs: this.#startedMs,
        workingDirectory: process.cwd(),
        hostname: hostname(),
        reloadSucceeded: this.#reloads.isSuccessful,
        lastReloadMs: this.#reloads.lastSuccessMs,
        corruptions: this.#database?.stats().walCorruptions ?? 0,
        storageRetention: retentionText(this.#config.storage.retention),
        processors: availableParallelism(),
      }),
      queryDefaults: () => this.#queryDefaults(),
      externalLabels: () => [...this.#config.global.externalLabels.entries()],
      remoteRead: this.#remoteRead,
      writeReceiver: flags.isOn('web.enable-remote-write-receiver')
        ? () => present(this.#receiver)
        : undefined,
      admin: flags.isOn('web.enable-admin-api') ? () => present(this.#database).admin : undefined,
      lifecycle: flags.isOn('web.enable-lifecycle') ? lifecycle : undefined,
    }
  }

  #queryDefaults(): QueryDefaults {
    const { flags } = this.#options
    return {
      timeoutMs: flags.durationMs('query.timeout'),
      // Upstream takes 0 for the default, too.
      lookbackMs: flags.durationMs('query.lookback-delta') || limits.queryLookbackMs,
      samplesMax: flags.number('query.max-samples'),
      subqueryStepMs: this.#config.global.evaluationIntervalMs,
    }
  }

  #notifications(): readonly Notification[] {
    const sinceMs = this.#reloads.lastSuccessMs
    const told = this.#config.notices.map((text) => ({ text, sinceMs }))
    if (this.#isReady && !this.#reloads.isSuccessful) {
      told.push({ text: 'Configuration reload has failed.', sinceMs: this.#reloads.lastFailureMs })
    }
    if (!this.#isReady) {
      const text = 'Prometheus is starting and replaying the write-ahead log (WAL).'
      told.push({ text, sinceMs: this.#startedMs })
    }
    return told
  }

  /** What follows the configuration, in the order in which it is told. */
  readonly #configured: readonly ConfiguredPart[] = [
    {
      name: 'storage',
      apply: (config) => {
        const { floats } = storageEncodings(config.storage, this.#options.flags)
        present(this.#database).encodeFloats(floats)
        present(this.#database).resizeExemplars(this.#exemplarsMax(config))
      },
    },
    { name: 'query log', apply: (config) => this.#logQueriesOf(config) },
    { name: 'scrape', apply: (config) => present(this.#scrapes).apply(config) },
    { name: 'notify', apply: (config) => present(this.#alerting).notifyBy(config) },
    { name: 'rules', apply: (config) => present(this.#alerting).applyRules(config) },
  ]

  async reload(): Promise<void> {
    const { logger } = this.#options
    try {
      const config = readConfig(this.#options)
      present(this.#database).confirmClock()
      this.#config = config
      applyConfig(this.#configured, config, logger)
      this.#reloads.succeeded()
      this.#autoReload?.loaded()
      logger.info('Completed loading of configuration file', { filename: config.file })
    } catch (thrown) {
      this.#reloads.failed()
      logger.error('Configuration was not loaded; what could not be taken stays as it was', {
        err: messageOf(thrown),
      })
      throw thrown
    }
  }

  async close(): Promise<void> {
    this.#isReady = false
    this.#autoReload?.stop()
    await Promise.all(this.#http.map((server) => server.close()))
    await this.#security?.close()
    await this.#scrapes?.stop()
    await this.#alerting?.stop()
    await this.#pool?.close()
    this.#active?.close()
    this.#queryLog.close()
    await this.#background?.close()
    await this.#database?.close()
  }
}

function present<T>(part: T | undefined): T {
  if (part === undefined) throw new NarthexError('CLOSED', 'the server is not ready')
  return part
}
