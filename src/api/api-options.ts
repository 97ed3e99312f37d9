import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { Profiler } from '../base/profiler.ts'
import type { MetricsRegistry } from '../base/self-metrics.ts'
import type { Tracer } from '../base/tracer.ts'
import type { Backtests } from '../rules/backtest-contract.ts'
import type { Consoles } from '../rules/console-contract.ts'
import type { RulesView } from '../rules/rules-view.ts'
import type { TargetsView } from '../scrape/target-state.ts'
import type { StorageAdmin } from '../storage/admin.ts'
import type { ExemplarSource } from '../storage/exemplars.ts'
import type { MetadataSource } from '../storage/metadata.ts'
import type { ExternalLabels, QueryRunner } from '../storage/query-runner.ts'
import type { StatisticsSource } from '../storage/statistics.ts'
import type { AssetSource } from './assets.ts'
import type { CrossOrigin } from './cross-origin.ts'
import type { OwnAddress } from './global-url.ts'
import type { HttpMetrics } from './http-metrics.ts'
import type { NotificationFeed } from './notification-feed.ts'
import type { RemoteReadBounds } from './read-route.ts'
import type { WebSecurity } from './web-guard.ts'

/** What the server is; rows A4 of the API. */
export interface BuildInfo {
  /** The version of Prometheus whose behaviour this is: clients judge by it. */
  readonly version: string
  readonly revision: string
  readonly branch: string
  readonly buildUser: string
  readonly buildDate: string
  readonly goVersion: string
  /** Our own version, beside the fields of upstream. */
  readonly narthexVersion: string
  readonly nodeVersion: string
}

export interface RuntimeInfo {
  readonly startTimeMs: number
  readonly workingDirectory: string
  readonly hostname: string
  readonly reloadSucceeded: boolean
  readonly lastReloadMs: number
  readonly corruptions: number
  readonly storageRetention: string
  readonly processors: number
  /** As configured: it means nothing here. */
  readonly gogc: number
}

export interface HeadSummary {
  readonly series: number
  readonly chunks: number
  readonly labelPairs: number
  readonly minTimeMs: number | undefined
  readonly maxTimeMs: number | undefined
}

export interface WalReplay {
  readonly min: number
  readonly max: number
  readonly current: number
}

/** What the user should know about the running server (row A4.1 of notifications). */
export interface Notification {
  readonly text: string
  readonly sinceMs: number
}

/** Takes remote-write bodies; status and text of the answer. */
export interface WriteReceiver {
  receive(
    /** In one piece, or in those that it came in. */
    body: Uint8Array | readonly Uint8Array[],
    headers: { readonly contentType: string; readonly contentEncoding: string },
  ): Promise<{
    readonly status: number
    readonly text: string
    /** Of version 2. */
    readonly written?: {
      readonly samples: number
      readonly histograms: number
      readonly exemplars: number
    }
  }>
}

export interface QueryDefaults {
  readonly timeoutMs: number
  readonly lookbackMs: number
  readonly samplesMax: number
  /** Resolution of subqueries that name none. */
  readonly subqueryStepMs: number
}

/** Everything that the HTTP API is handed; it owns none of it. */
export interface ApiOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: MetricsRegistry
  /** Shared by every address that is listened on. */
  readonly httpMetrics: HttpMetrics
  readonly assets: AssetSource
  /** False while the log is replayed: everything but health, metrics and the page answers 503. */
  readonly isReady: () => boolean
  readonly runner: () => QueryRunner
  readonly targets: () => TargetsView
  readonly rules: () => RulesView
  readonly backtests: () => Backtests
  readonly consoles: () => Consoles
  readonly metadata: () => readonly MetadataSource[]
  readonly exemplars: () => ExemplarSource
  readonly head: () => HeadSummary
  readonly statistics: () => StatisticsSource
  readonly walReplay: () => WalReplay
  readonly configText: () => string
  readonly notificationFeed: () => NotificationFeed
  /** By category and name, whether it is on (row A6.9). */
  readonly features: () => Readonly<Record<string, Readonly<Record<string, boolean>>>>
  /** Undefined where --web.cors.origin is not given. */
  readonly crossOrigin: CrossOrigin | undefined
  /** Where all paths begin; '' at the root. */
  readonly routePrefix: string
  /** The path that browsers see in front, where a proxy adds one; '' for none. */
  readonly externalPath: string
  readonly ownAddress: OwnAddress
  /** Files below /user/; undefined where there are none. */
  readonly userAssets: AssetSource | undefined
  readonly flags: ReadonlyMap<string, string>
  readonly buildInfo: BuildInfo
  readonly runtimeInfo: () => RuntimeInfo
  readonly queryDefaults: () => QueryDefaults
  /** What is added to the labels of what leaves the server. */
  readonly externalLabels: () => ExternalLabels
  /** Undefined where --enable-feature=search-api is not given; 0 as the bound is none. */
  readonly search: { readonly limitMax: number } | undefined
  readonly remoteRead: RemoteReadBounds
  /** Undefined where --web.enable-remote-write-receiver is not given. */
  readonly writeReceiver: (() => WriteReceiver) | undefined
  /** Undefined where --web.enable-admin-api is not given. */
  readonly admin: (() => StorageAdmin) | undefined
  /** Undefined where --web.enable-lifecycle is not given; reload rejects with the reason. */
  readonly lifecycle: { reload(): Promise<void>; quit(): void } | undefined
  /** Undefined where --web.config.file is not given. */
  readonly security: WebSecurity | undefined
  /** Whether every request is logged. */
  readonly accessLog: boolean
  readonly profiler: Profiler
  readonly tracer: Tracer
  readonly connectionsMax: number
  readonly readTimeoutMs: number
}
