import type { StaticDiscoveryConfig } from '../config/discovery-config.ts'
import { Labels } from '../model/labels.ts'
import type { Discoverer, TargetGroup } from './discoverer.ts'

/** static_configs: reports once (row C3.14). */
export class StaticDiscoverer implements Discoverer {
  readonly #config: StaticDiscoveryConfig

  constructor(config: StaticDiscoveryConfig) {
    this.#config = config
  }

  start(report: (groups: readonly TargetGroup[]) => void): void {
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
