import type { Clock } from '../base/clock.ts'
import type { FileSystem } from '../base/file-system.ts'
import type { Logger } from '../base/logger.ts'
import type { MetricsRegistry } from '../base/self-metrics.ts'
import type { Tracer } from '../base/tracer.ts'
import type { AlertmanagerConfig } from '../config/alerting-config.ts'
import type { Config } from '../config/config.ts'
import { alertmanagerIdentity } from '../config/identity.ts'
import type { DiscoverySource } from '../discovery/discoverer.ts'
import { type DialCounts, DialerMetrics } from '../http/dialer-metrics.ts'
import { HttpClient } from '../http/http-client.ts'
import type { RequestUrl } from '../http/request-url.ts'
import type { Resolver } from '../http/resolver.ts'
import { Labels } from '../model/labels.ts'
import type { RelabelRule } from '../model/relabel.ts'
import type { Alert } from './alert.ts'
import { AlertmanagerSet } from './alertmanager-set.ts'
import { notifiedAlert, relabeledAlerts } from './notifier-alert.ts'
import { NotifierMetrics } from './notifier-metrics.ts'
import { SendLoop, type SendSettings } from './send-loop.ts'

export interface NotifierOptions extends SendSettings {
  readonly fs: FileSystem
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: MetricsRegistry
  readonly resolver: Resolver
  /** Where Alertmanagers come from; the notifier applies its jobs to it and stops it. */
  readonly discovery: DiscoverySource
  readonly externalUrl: string
  /** Where what is sent is traced. */
  readonly tracer?: Tracer
}

/**
 * Sends alerts to all Alertmanagers. Protocol: apply() for every configuration, stop() at the end.
 * Sections that did not change keep their queues.
 */
export class Notifier {
  readonly #options: NotifierOptions
  readonly #metrics: NotifierMetrics
  readonly #dials: DialCounts
  /** By the name of the discovery job. */
  #sets = new Map<string, AlertmanagerSet>()
  #externalLabels = Labels.empty
  #relabelRules: readonly RelabelRule[] = []

  constructor(options: NotifierOptions) {
    this.#options = options
    this.#dials = DialerMetrics.of(options.metrics).named('alertmanager')
    const counts = () =>
      [...this.#sets.values()].flatMap((set) => [...set.loops].map((loop) => loop.counts))
    this.#metrics = new NotifierMetrics(options.metrics, options.queueCapacity, counts)
    options.discovery.subscribe((groups) => {
      for (const [job, found] of groups) this.#sets.get(job)?.sync(found)
    })
  }

  /** URLs of those that alerts go to. */
  get activeUrls(): readonly string[] {
    return [...this.#sets.values()].flatMap(({ urls }) => urls)
  }

  /** URLs of those that relabelling dropped. */
  get droppedUrls(): readonly string[] {
    return [...this.#sets.values()].flatMap(({ dropped }) => dropped)
  }

  apply(config: Config): void {
    const { alerting, global } = config
    this.#externalLabels = global.externalLabels
    this.#relabelRules = alerting.alertRelabelRules
    const before = [...this.#sets.values()].map((set) => ({
      identity: alertmanagerIdentity(set.config),
      set,
    }))
    this.#sets = new Map()
    for (const [index, section] of alerting.alertmanagers.entries()) {
      const identity = alertmanagerIdentity(section)
      const at = before.findIndex((old) => old.identity === identity)
      const [kept] = at < 0 ? [] : before.splice(at, 1)
      this.#sets.set(`config-${index}`, kept?.set ?? this.#newSet(section))
    }
    for (const { set } of before) void set.stop()
    this.#options.discovery.apply(
      [...this.#sets].map(([name, set]) => ({ name, configs: set.config.discovery })),
    )
  }

  /** Queues alerts that a query found, for everybody (rows R5.2 and R5.4). */
  send(query: string, alerts: readonly Alert[]): void {
    const { externalUrl } = this.#options
    const notified = alerts.map((alert) => notifiedAlert(alert, query, externalUrl))
    const kept = relabeledAlerts(notified, this.#externalLabels, this.#relabelRules)
    if (kept.length === 0) return
    for (const set of this.#sets.values()) set.send(kept)
  }

  /** Sends what is queued, unless the flag says otherwise. */
  async stop(): Promise<void> {
    this.#options.discovery.stop()
    await Promise.all([...this.#sets.values()].map((set) => set.stop()))
  }

  #newSet(config: AlertmanagerConfig): AlertmanagerSet {
    const { logger } = this.#options
    return new AlertmanagerSet(config, (url, of) => this.#newLoop(url, of), logger)
  }

  #newLoop(url: RequestUrl, { http, timeoutMs }: AlertmanagerConfig): SendLoop {
    const { fs, clock, resolver, queueCapacity, batchSize, drains } = this.#options
    return new SendLoop({
      url,
      timeoutMs,
      queueCapacity,
      batchSize,
      drains,
      clock,
      logger: this.#options.logger.with({ alertmanager: url.text }),
      metrics: this.#metrics,
      tracer: this.#options.tracer,
      client: new HttpClient({ config: http, fs, clock, resolver, dials: this.#dials }),
    })
  }
}
