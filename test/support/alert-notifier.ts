import { type Clock, systemClock } from '../../src/base/clock.ts'
import { type Logger, silentLogger } from '../../src/base/logger.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { MetricsRegistry } from '../../src/base/self-metrics.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { DiscoveryJob, DiscoverySource, TargetGroup } from '../../src/discovery/discoverer.ts'
import { Resolver } from '../../src/http/resolver.ts'
import { Labels } from '../../src/model/labels.ts'
import { Notifier } from '../../src/rules/notifier.ts'
import type { SendSettings } from '../../src/rules/send-loop.ts'

/** Finds the static targets of each job, at once. */
class StaticDiscovery implements DiscoverySource {
  #call: (groupsByJob: ReadonlyMap<string, readonly TargetGroup[]>) => void = () => undefined

  subscribe(call: (groupsByJob: ReadonlyMap<string, readonly TargetGroup[]>) => void): void {
    this.#call = call
  }

  apply(jobs: readonly DiscoveryJob[]): void {
    const groupsOf = ({ name, configs }: DiscoveryJob): readonly TargetGroup[] =>
      configs.flatMap((config) =>
        config.mechanism === 'static'
          ? config.groups.map(({ targets, labels }, index) => ({
              source: `${name}/${index}`,
              targets: targets.map((address) => Labels.of({ __address__: address })),
              labels,
            }))
          : [],
      )
    this.#call(new Map(jobs.map((job) => [job.name, groupsOf(job)])))
  }

  stop(): void {}
}

/** A notifier whose Alertmanagers are those of static_configs, with what it logs and counts. */
export class AlertNotifier {
  readonly lines: string[] = []
  readonly registry = new MetricsRegistry()
  readonly notifier: Notifier

  constructor(settings: Partial<SendSettings & { clock: Clock; externalUrl: string }> = {}) {
    const clock = settings.clock ?? systemClock
    const logger: Logger = { ...silentLogger, with: () => logger, warn: keep, error: keep }
    const { lines } = this
    function keep(message: string, fields: object = {}) {
      lines.push(`${message} ${JSON.stringify(fields)}`)
    }
    this.notifier = new Notifier({
      fs: nodeFileSystem,
      clock,
      logger,
      metrics: this.registry,
      resolver: new Resolver({ fs: nodeFileSystem, clock }),
      discovery: new StaticDiscovery(),
      externalUrl: 'http://here',
      queueCapacity: 10_000,
      batchSize: 256,
      drains: true,
      ...settings,
    })
  }

  apply(config: string): void {
    this.notifier.apply(loadConfig(config, '/prometheus.yml'))
  }

  /** Of the Alertmanager at this host and port; undefined where it is not known. */
  metric(name: string, host: string): number | undefined {
    const family = this.registry
      .families()
      .find((one) => one.name === `prometheus_notifications_${name}`)
    const url = Labels.of({ alertmanager: `http://${host}/api/v2/alerts` })
    return family?.metrics.find(({ labels }) => Labels.of(labels).equals(url))?.value
  }
}
