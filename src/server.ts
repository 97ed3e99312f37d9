import { availableParallelism, hostname } from 'node:os'
import type { ApiOptions, Notification } from './api/api-options.ts'
import { HttpMetrics } from './api/http-metrics.ts'
import { rehearseHttpSoon } from './api/http-rehearsal.ts'
import { createHttpServer, type HttpServer } from './api/http-server.ts'
import { NotificationFeed } from './api/notification-feed.ts'
import type { RemoteReadBounds } from './api/read-route.ts'
import { systemClock, type Timer } from './base/clock.ts'
import { messageOf } from './base/errors.ts'
import { Lazy } from './base/lazy.ts'
import type { Logger } from './base/logger.ts'
import { nodeFileSystem } from './base/node-file-system.ts'
import { MetricsRegistry } from './base/self-metrics.ts'
import type { Config } from './config/config.ts'
import { configText } from './config/print.ts'
import { DiscoveryManager } from './discovery/manager.ts'
import { DiscoveryMechanisms } from './discovery/mechanisms.ts'
import { fullHostName } from './http/host-name.ts'
import { WriteReceiver } from './remote/write-receiver.ts'
import { readRuleFiles } from './rules/rule-files.ts'
import { ScrapeManager } from './scrape/manager.ts'
import type { QueryBounds } from './storage/query-runner.ts'
import { AlertingParts } from './tool/alerting-parts.ts'
import { applyConfig, type ConfiguredPart } from './tool/apply-config.ts'
import { AutoReload } from './tool/auto-reload.ts'
import { backtestParts } from './tool/backtest-parts.ts'
import type { BacktestThreads } from './tool/backtest-thread.ts'
import { buildInfo } from './tool/build-info.ts'
import { consoleParts } from './tool/console-parts.ts'
import type { ConsoleThread } from './tool/console-thread.ts'
import type { Flags } from './tool/flags.ts'
import { parseListenAddress } from './tool/listen-address.ts'
import { listenOn } from './tool/listen-on.ts'
import { present } from './tool/present.ts'
import { QueryParts } from './tool/query-parts.ts'
import { readConfig, rereadConfig } from './tool/read-config.ts'
import { ReloadState } from './tool/reload-state.ts'
import { acceptedMessages, remoteReadBounds } from './tool/remote-endpoints.ts'
import { retentionText } from './tool/retention.ts'
import { discoveryDelayMsMax, scrapeAlignMs, scrapeFeatures } from './tool/scrape-features.ts'
import { ServerDatabase } from './tool/server-database.ts'
import { registerSelfMetrics } from './tool/server-metrics.ts'
import { TracingParts } from './tool/tracing-parts.ts'
import { webOptions } from './tool/web-options.ts'
import { type OpenWebSecurity, openWebSecurity } from './tool/web-security.ts'
import type { Database } from './tsdb/db.ts'
import type { WorkerPool } from './workers/pool.ts'

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
 * Throws CONFIG_INVALID, NOT_BUILT_YET, DIRECTORY_LOCKED, DIRECTORY_UNUSABLE or
 * ADDRESS_UNUSABLE.
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  const config = readConfig(options.flags, options.logger)
  const parts = new ServerParts(options, config)
  try {
    await parts.start()
  } catch (thrown) {
    await parts.close()
    throw thrown
  }
  return parts
}

class ServerParts implements Server {
  readonly #options: ServerOptions
  readonly #metrics = new MetricsRegistry()
  readonly #tracing: TracingParts
  readonly #httpMetrics = new HttpMetrics(this.#metrics)
  readonly #mechanisms = new DiscoveryMechanisms(this.#metrics, {
    fs: nodeFileSystem,
    clock: systemClock,
  })
  readonly #reloads: ReloadState
  readonly #storage: ServerDatabase
  readonly #queries: QueryParts
  readonly #backtests: BacktestThreads
  readonly #consoles: ConsoleThread
  readonly #remoteRead: RemoteReadBounds
  readonly #notificationFeed: NotificationFeed
  readonly #startedMs = systemClock.wallMs()
  readonly #security: OpenWebSecurity | undefined
  /** For all addresses and the rehearsal: it holds the page's files. */
  readonly #apiOptions = new Lazy(() => this.#newApiOptions())
  #config: Config
  #http: HttpServer[] = []
  #scrapes: ScrapeManager | undefined
  #alerting: AlertingParts | undefined
  #receiver: WriteReceiver | undefined
  #autoReload: AutoReload | undefined
  #rehearsal: Timer | undefined
  #isReady = false
  ports: readonly number[] = []

  constructor(options: ServerOptions, config: Config) {
    this.#options = options
    this.#config = config
    this.#security = openWebSecurity(options.flags, options.logger)
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
    const { flags, logger, quit } = options
    this.#storage = new ServerDatabase({
      flags,
      metrics: this.#metrics,
      logger: logger.with({ component: 'tsdb' }),
      config: () => this.#config,
      replayBegins: () => this.#queries.begin(),
    })
    this.#tracing = new TracingParts({ logger, metrics: this.#metrics })
    this.#queries = new QueryParts({
      tracer: this.#tracing.tracer,
      flags,
      logger,
      metrics: this.#metrics,
      database: () => this.#storage.database,
      broken: () => quit('broken'),
    })
    this.#backtests = backtestParts({
      flags,
      engine: this.#queries.engine,
      config: () => this.#config,
      bounds: (config) => this.#queries.defaults(config),
      database: () => this.#storage.database,
    })
    this.#consoles = consoleParts(flags, {
      runner: { run: (request, signal) => this.#queries.pool.run(request, signal) },
      logger: logger.with({ component: 'consoles' }),
      settings: () => ({
        bounds: this.#ruleBounds(),
        externalLabels: [...this.#config.global.externalLabels.entries()],
      }),
    })
  }

  /** Of queries whose whole answer is read. */
  #ruleBounds(): QueryBounds {
    return { ...this.#queries.defaults(this.#config), limit: 0 }
  }

  async start(): Promise<void> {
    const { logger, flags } = this.#options
    const { narthexVersion: version, nodeVersion: node } = buildInfo()
    const { platform, arch, pid } = process
    logger.info('Starting Narthex', { version, node, platform: `${platform}/${arch}`, pid })
    this.#demandRules()
    this.#queries.logBy(this.#config)
    this.#tracing.apply(this.#config)
    await this.#listen()
    const around = { fs: nodeFileSystem, clock: systemClock }
    const hostName = fullHostName(hostname(), around)
    const database = await this.#storage.open()
    const pool = this.#queries.start()
    this.#scrapes = this.#startScraping(database, await hostName)
    if (flags.isOn('web.enable-remote-write-receiver')) {
      const component = logger.with({ component: 'remote write receiver' })
      this.#receiver = new WriteReceiver({
        appendable: database,
        logger: component,
        metrics: this.#metrics,
        acceptedMessages: acceptedMessages(flags),
        typeAndUnitLabels: flags.isFeatureOn('type-and-unit-labels'),
      })
    }
    registerSelfMetrics(this.#metrics, {
      database,
      pool,
      build: buildInfo(),
      retention: () => this.#config.storage.retention,
    })
    this.#alerting = this.#startAlerting(database, pool)
    this.#alerting.notifyBy(this.#config)
    this.#alerting.applyRules(this.#config)
    this.#scrapes.apply(this.#config)
    this.#reloads.succeeded()
    logger.info('Completed loading of configuration file', { filename: this.#config.file })
    this.#autoReload = this.#startAutoReload()
    this.#isReady = true
    this.#rehearsal = this.#rehearseSoon(pool)
    logger.info('Server is ready to receive web requests.')
  }

  /** Before a long log is replayed, not behind it. Throws CONFIG_INVALID. */
  #demandRules(): void {
    const logger = this.#options.logger.with({ component: 'rule manager' })
    const { language } = this.#queries.engine
    readRuleFiles(this.#config, { fs: nodeFileSystem, logger, language })
  }

  #rehearseSoon(pool: WorkerPool): Timer {
    const fail = (thrown: unknown) => {
      setImmediate(() => {
        throw thrown
      })
    }
    return rehearseHttpSoon(this.#apiOptions.value, () => pool.isIdle, fail)
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

  #startScraping(database: Database, hostName: string): ScrapeManager {
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
      hostName,
      appendable: database,
      discovery,
      features: scrapeFeatures(flags),
      alignMs: scrapeAlignMs(flags),
      tracer: this.#tracing.tracer,
      logger: logger.with({ component: 'scrape manager' }),
    })
  }

  #startAlerting(appendable: Database, runner: WorkerPool): AlertingParts {
    return new AlertingParts({
      ...this.#options,
      tracer: this.#tracing.tracer,
      metrics: this.#metrics,
      mechanisms: this.#mechanisms,
      appendable,
      runner,
      bounds: () => this.#ruleBounds(),
      language: this.#queries.engine.language,
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
      const server = createHttpServer(this.#apiOptions.value)
      this.#http.push(server)
      ports.push(await listenOn(server, address))
      this.#options.logger.info('Listening on', { address: `${address.host}:${ports.at(-1)}` })
    }
    this.ports = ports
  }

  #newApiOptions(): ApiOptions {
    const { flags, logger, quit } = this.#options
    const lifecycle = { reload: () => this.reload(), quit: () => quit('asked') }
    return {
      ...webOptions(flags),
      clock: systemClock,
      logger: logger.with({ component: 'web' }),
      security: this.#security,
      metrics: this.#metrics,
      tracer: this.#tracing.tracer,
      httpMetrics: this.#httpMetrics,
      isReady: () => this.#isReady,
      runner: () => this.#queries.pool,
      targets: () => present(this.#scrapes),
      rules: () => present(this.#alerting),
      backtests: () => this.#backtests,
      consoles: () => this.#consoles,
      metadata: () => [this.#scrapes, this.#receiver].filter((source) => source !== undefined),
      exemplars: () => this.#storage.database.exemplars,
      head: () => {
        const { series, chunks, labelPairs, minTimeMs, maxTimeMs } = this.#storage.database.stats()
        return { series, chunks, labelPairs, minTimeMs, maxTimeMs }
      },
      statistics: () => this.#storage.database.statistics,
      walReplay: () => this.#storage.walReplay,
      configText: () => configText(this.#config),
      notificationFeed: () => this.#notificationFeed,
      buildInfo: buildInfo(),
      runtimeInfo: () => ({
        startTimeMs: this.#startedMs,
        workingDirectory: process.cwd(),
        hostname: hostname(),
        reloadSucceeded: this.#reloads.isSuccessful,
        lastReloadMs: this.#reloads.lastSuccessMs,
        corruptions: this.#storage.walCorruptions,
        storageRetention: retentionText(this.#config.storage.retention),
        processors: availableParallelism(),
        gogc: this.#config.runtime.gogc,
      }),
      queryDefaults: () => this.#queries.defaults(this.#config),
      externalLabels: () => [...this.#config.global.externalLabels.entries()],
      remoteRead: this.#remoteRead,
      writeReceiver: flags.isOn('web.enable-remote-write-receiver')
        ? () => present(this.#receiver)
        : undefined,
      admin: flags.isOn('web.enable-admin-api') ? () => this.#storage.database.admin : undefined,
      lifecycle: flags.isOn('web.enable-lifecycle') ? lifecycle : undefined,
    }
  }

  #notifications(): readonly Notification[] {
    const sinceMs = this.#reloads.lastSuccessMs
    const told = this.#config.notices.map((text) => ({ text, sinceMs }))
    if (this.#isReady && !this.#reloads.isSuccessful) {
      told.push({ text: 'Configuration reload has failed.', sinceMs: this.#reloads.lastFailureMs })
    }
    const fullSinceMs = this.#isReady ? this.#storage.database.diskFullSinceMs : undefined
    if (fullSinceMs !== undefined) {
      const text = 'The disk is full: no samples are taken until there is room.'
      told.push({ text, sinceMs: fullSinceMs })
    }
    if (!this.#isReady) {
      const text = 'Prometheus is starting and replaying the write-ahead log (WAL).'
      told.push({ text, sinceMs: this.#startedMs })
    }
    return told
  }

  /** What follows the configuration, in the order in which it is told. */
  readonly #configured: readonly ConfiguredPart[] = [
    { name: 'storage', apply: (config) => this.#storage.apply(config) },
    { name: 'query log', apply: (config) => this.#queries.logBy(config) },
    { name: 'scrape', apply: (config) => present(this.#scrapes).apply(config) },
    { name: 'notify', apply: (config) => present(this.#alerting).notifyBy(config) },
    { name: 'rules', apply: (config) => present(this.#alerting).applyRules(config) },
    { name: 'tracing', apply: (config) => this.#tracing.apply(config) },
  ]

  async reload(): Promise<void> {
    const { logger } = this.#options
    try {
      const config = rereadConfig(this.#options.flags, this.#options.logger)
      this.#storage.database.confirmClock()
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
    this.#rehearsal?.cancel()
    await Promise.all(this.#http.map((server) => server.close()))
    await this.#security?.close()
    await this.#scrapes?.stop()
    await this.#alerting?.stop()
    await this.#backtests.close()
    await this.#consoles.close()
    await this.#queries.close()
    await this.#tracing.close()
    await this.#storage.close()
  }
}
