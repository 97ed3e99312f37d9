import { hostname } from 'node:os'
import { systemClock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { nodeFileSystem } from '../base/node-file-system.ts'
import type { MetricsRegistry } from '../base/self-metrics.ts'
import type { Tracer } from '../base/tracer.ts'
import type { Config } from '../config/config.ts'
import { DiscoveryManager } from '../discovery/manager.ts'
import type { DiscoveryMechanisms } from '../discovery/mechanisms.ts'
import { Resolver } from '../http/resolver.ts'
import type { ParseOptions } from '../promql/parse/parse-options.ts'
import { RuleManager } from '../rules/manager.ts'
import { Notifier } from '../rules/notifier.ts'
import type { RulesView } from '../rules/rules-view.ts'
import type { Appendable } from '../storage/appender.ts'
import type { QueryBounds, QueryRunner } from '../storage/query-runner.ts'
import { externalUrlText } from './external-url.ts'
import type { Flags } from './flags.ts'

export interface AlertingPartsOptions {
  readonly flags: Flags
  readonly logger: Logger
  readonly metrics: MetricsRegistry
  readonly tracer: Tracer
  readonly appendable: Appendable
  readonly runner: QueryRunner
  readonly bounds: () => QueryBounds
  readonly language: ParseOptions
  readonly broken: (thrown: unknown) => void
  /** Those of scraping: their metrics are registered once. */
  readonly mechanisms: DiscoveryMechanisms
}

/** The rules, and the notifier that they tell their alerts to. */
export class AlertingParts implements RulesView {
  readonly #rules: RuleManager
  readonly #notifier: Notifier

  constructor(options: AlertingPartsOptions) {
    const { flags, logger, metrics } = options
    const shared = { fs: nodeFileSystem, clock: systemClock, metrics }
    const url = externalUrlText(flags, hostname())
    this.#notifier = new Notifier({
      ...shared,
      logger: logger.with({ component: 'notifier' }),
      resolver: new Resolver(shared),
      discovery: new DiscoveryManager({
        ...shared,
        name: 'notify',
        mechanisms: options.mechanisms,
        logger: logger.with({ component: 'discovery manager notify' }),
      }),
      tracer: options.tracer,
      externalUrl: url,
      queueCapacity: flags.number('alertmanager.notification-queue-capacity'),
      batchSize: batchSizeOf(flags),
      drains: flags.isOn('alertmanager.drain-notification-queue-on-shutdown'),
    })
    this.#rules = new RuleManager({
      ...options,
      ...shared,
      logger: logger.with({ component: 'rule manager' }),
      externalUrl: url,
      notify: (query, alerts) => this.#notifier.send(query, alerts),
      restoring: {
        outageToleranceMs: flags.durationMs('rules.alert.for-outage-tolerance'),
        gracePeriodMs: flags.durationMs('rules.alert.for-grace-period'),
      },
      resendDelayMs: flags.durationMs('rules.alert.resend-delay'),
      concurrentEvaluationsMax: flags.isFeatureOn('concurrent-rule-eval')
        ? flags.number('rules.max-concurrent-evals')
        : 0,
    })
  }

  groups(): ReturnType<RuleManager['groups']> {
    return this.#rules.groups()
  }

  alertmanagers(): ReturnType<RulesView['alertmanagers']> {
    const { activeUrls, droppedUrls } = this.#notifier
    return { activeUrls, droppedUrls }
  }

  notifyBy(config: Config): void {
    this.#notifier.apply(config)
  }

  /** Throws CONFIG_INVALID where a rule file is wrong: then the rules stay as they were. */
  applyRules(config: Config): void {
    this.#rules.apply(config)
  }

  /** Rules first: what they tell last is sent still. */
  async stop(): Promise<void> {
    await this.#rules.stop()
    await this.#notifier.stop()
  }
}

/** As upstream: the default where the flag is no size. */
function batchSizeOf(flags: Flags): number {
  const size = flags.number('alertmanager.notification-batch-size')
  return size > 0 ? size : 256
}
