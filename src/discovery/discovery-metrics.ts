import type { Counter, Gauge, MetricsRegistry } from '../base/self-metrics.ts'

/** What the manager counts, by upstream's names; `name` tells its managers apart. */
export class DiscoveryManagerMetrics {
  readonly received: Counter
  readonly sent: Counter
  readonly failedConfigs: Gauge

  constructor(
    registry: MetricsRegistry,
    name: string,
    discoveredTargets: () => ReadonlyMap<string, number>,
    lastUpdateSeconds: () => ReadonlyMap<string, number>,
  ) {
    const labels = { name }
    this.received = registry.counter(
      'prometheus_sd_received_updates_total',
      'Total number of update events received from the SD providers.',
      labels,
    )
    // Of a consumer that is busy with the update before: here it has taken one by the time it is sent.
    registry.counter(
      'prometheus_sd_updates_delayed_total',
      "Total number of update events that couldn't be sent immediately.",
      labels,
    )
    this.sent = registry.counter(
      'prometheus_sd_updates_total',
      'Total number of update events sent to the SD consumers.',
      labels,
    )
    this.failedConfigs = registry.gauge(
      'prometheus_sd_failed_configs',
      'Current number of service discovery configurations that failed to load.',
      labels,
    )
    registry.observed(
      'prometheus_sd_discovered_targets',
      'gauge',
      'Current number of discovered targets.',
      () => [...discoveredTargets()].map(([config, count]) => [{ config, name }, count] as const),
    )
    registry.observed(
      'prometheus_sd_last_update_timestamp_seconds',
      'gauge',
      'Timestamp of the last update sent to the SD consumers.',
      () => [...lastUpdateSeconds()].map(([config, s]) => [{ config, name }, s] as const),
    )
  }
}
