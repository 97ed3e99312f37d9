import { onTestFinished } from 'vitest'
import type { ApiOptions, Notification } from '../../src/api/api-options.ts'
import { HttpMetrics } from '../../src/api/http-metrics.ts'
import { createHttpServer, type HttpServer } from '../../src/api/http-server.ts'
import { NotificationFeed } from '../../src/api/notification-feed.ts'
import { systemClock } from '../../src/base/clock.ts'
import { Gate } from '../../src/base/gate.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { NodeProfiler } from '../../src/base/node-profiler.ts'
import { MetricsRegistry } from '../../src/base/self-metrics.ts'
import { Tracer } from '../../src/base/tracer.ts'
import type { Consoles } from '../../src/rules/console-contract.ts'
import type { TargetsView } from '../../src/scrape/target-state.ts'
import type { QueryRunner } from '../../src/storage/query-runner.ts'
import { SimClock } from '../sim/sim-clock.ts'
import type { AtEnd } from './temporary-directory.ts'

/** 2023-11-14T22:13:20Z, when all these servers live. */
export const nowMs = 1_700_000_000_000

export const noTargets: TargetsView = {
  poolNames: () => [],
  activeTargets: () => [],
  droppedTargets: () => [],
  droppedCounts: () => new Map(),
  poolConfig: () => undefined,
  eachTargetMetadata: () => undefined,
}

const noQueries: QueryRunner = {
  run: async () => ({ ok: false, errorType: 'unavailable', message: 'nothing to query here' }),
}

/** Tells these notifications, whatever happens to the list, to two subscribers at most. */
export function feedOf(notifications: readonly Notification[]): NotificationFeed {
  const tools = { clock: systemClock, metrics: new MetricsRegistry(), subscribersMax: 2 }
  return new NotificationFeed(() => notifications, tools)
}

const noConsoles: Consoles = {
  page: async ({ path }) => ({ ok: false, kind: 'not found', message: `${path} is not here` }),
  has: () => false,
}

const externalUrl = {
  text: 'http://prometheus.example:9090',
  scheme: 'http',
  host: 'prometheus.example:9090',
  path: '',
}

/** Options of a server that is ready, knows nothing and allows everything. */
export function apiOptions(changes: Partial<ApiOptions> = {}): ApiOptions {
  const metrics = changes.metrics ?? new MetricsRegistry()
  const feed = feedOf([])
  return {
    clock: new SimClock(nowMs),
    logger: silentLogger,
    metrics,
    httpMetrics: changes.httpMetrics ?? new HttpMetrics(metrics),
    assets: { get: () => undefined },
    isReady: () => true,
    runner: () => noQueries,
    targets: () => noTargets,
    rules: () => ({ groups: () => [], alertmanagers: () => ({ activeUrls: [], droppedUrls: [] }) }),
    backtests: () => ({
      run: async () => ({ ok: false, errorType: 'unavailable', message: 'nothing to test here' }),
      running: () => [],
    }),
    consoles: () => noConsoles,
    metadata: () => [],
    exemplars: () => ({ async *select() {} }),
    head: () => ({
      series: 0,
      chunks: 0,
      labelPairs: 0,
      minTimeMs: undefined,
      maxTimeMs: undefined,
    }),
    statistics: () => ({
      cardinality: async () => ({
        labelPairs: 0,
        seriesByMetricName: [],
        valuesByLabelName: [],
        bytesByLabelName: [],
        seriesByLabelPair: [],
      }),
      blocks: () => [],
    }),
    walReplay: () => ({ min: 0, max: 3, current: 3 }),
    configText: () => 'global:\n  scrape_interval: 1m\n',
    notificationFeed: () => feed,
    features: () => ({}),
    crossOrigin: undefined,
    routePrefix: '',
    externalPath: '',
    ownAddress: { listenPort: 9090, externalUrl },
    userAssets: undefined,
    flags: new Map([['web.enable-lifecycle', 'true']]),
    buildInfo: {
      version: '3.14.0',
      revision: '',
      branch: '',
      buildUser: '',
      buildDate: '',
      goVersion: '',
      narthexVersion: '0.1.0',
      nodeVersion: 'v20.20.0',
    },
    runtimeInfo: () => ({
      gogc: 75,
      startTimeMs: nowMs - 60_000,
      workingDirectory: '/srv',
      hostname: 'host',
      reloadSucceeded: true,
      lastReloadMs: nowMs - 59_500,
      corruptions: 0,
      storageRetention: '',
      processors: 2,
    }),
    queryDefaults: () => ({
      timeoutMs: 120_000,
      lookbackMs: 300_000,
      samplesMax: 50_000_000,
      subqueryStepMs: 60_000,
    }),
    externalLabels: () => [],
    search: { limitMax: 50 },
    remoteRead: {
      samplesMax: 50_000_000,
      gate: new Gate({ widthMax: 10, waitingMax: 10 }),
      frameBytesMax: 1_048_576,
    },
    writeReceiver: () => ({ receive: async () => ({ status: 204, text: '' }) }),
    admin: undefined,
    lifecycle: { reload: async () => undefined, quit: () => undefined },
    security: undefined,
    accessLog: false,
    tracer: changes.tracer ?? new Tracer(systemClock),
    profiler: new NodeProfiler(systemClock),
    connectionsMax: 512,
    readTimeoutMs: 300_000,
    ...changes,
  }
}

export interface ListeningApi {
  readonly url: string
  readonly port: number
  readonly server: HttpServer
}

/** A listening server; it is closed at the end, by the system's clock where the options have none. */
export async function startApi(
  changes: Partial<ApiOptions> = {},
  atEnd: AtEnd = onTestFinished,
): Promise<ListeningApi> {
  const server = createHttpServer(apiOptions({ clock: systemClock, ...changes }))
  const port = await server.listen({ host: '127.0.0.1', port: 0 })
  atEnd(() => server.close())
  return { url: `http://127.0.0.1:${port}`, port, server }
}
