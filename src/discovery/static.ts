import type { StaticDiscoveryConfig } from '../config/discovery/static.ts'
import { Labels } from '../model/labels.ts'
import type { Discoverer, GroupSink } from './discoverer.ts'
import type { Mechanism } from './mechanism.ts'

export const staticMechanism: Mechanism<'static'> = () => (config) => new StaticDiscoverer(config)

/** static_configs: reports once (row C3.14). */
class StaticDiscoverer implements Discoverer {
  readonly #config: StaticDiscoveryConfig

  constructor(config: StaticDiscoveryConfig) {
    this.#config = config
  }

  start(report: GroupSink): void {
    report(
      this.#config.groups.map((group, index) => ({
        source: String(index),
        targets: group.targets.map((address) => Labels.of({ __address__: address })),
        labels: group.labels,
      })),
    )
  }

  stop(): void {}
}
