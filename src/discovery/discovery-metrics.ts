import type { Counter, MetricsRegistry, Summary } from '../base/self-metrics.ts'

/** What file discovery counts, by upstream's names. */
export class FileDiscoveryMetrics {
  readonly #errors: Counter
  readonly #watchErrors: Counter
  readonly #scans: Summary
  readonly #mtimes = new Map<string, number>()

  constructor(registry: MetricsRegistry) {
    this.#errors = registry.counter(
      'prometheus_sd_file_read_errors_total',
      'The number of File-SD read errors.',
    )
    this.#watchErrors = registry.counter(
      'prometheus_sd_file_watcher_errors_total',
      'The number of File-SD errors caused by filesystem watch failures.',
    )
    this.#scans = registry.summary(
      'prometheus_sd_file_scan_duration_seconds',
      'The duration of the File-SD scan in seconds.',
      [0.5, 0.9, 0.99],
    )
    registry.observed(
      'prometheus_sd_file_mtime_seconds',
      'gauge',
      'Timestamp (mtime) of files read by FileSD. Timestamp is set at read time.',
      () => [...this.#mtimes].map(([filename, seconds]) => [{ filename }, seconds] as const),
    )
  }

  readError(): void {
    this.#errors.add()
  }

  watchError(): void {
    this.#watchErrors.add()
  }

  scanSeconds(seconds: number): void {
    this.#scans.observe(seconds)
  }

  fileRead(file: string, mtimeSeconds: number): void {
    this.#mtimes.set(file, mtimeSeconds)
  }

  forgetFile(file: string): void {
    this.#mtimes.delete(file)
  }
}

/** What the manager counts, by upstream's names; `name` tells its managers apart. */
export class DiscoveryManagerMetrics {
  readonly received: Counter
  readonly delayed: Counter
  readonly sent: Counter

  constructor(
    registry: MetricsRegistry,
    name: string,
    discoveredTargets: () => ReadonlyMap<string, number>,
    lastUpdateSeconds: () => number,
  ) {
    const labels = { name }
    this.received = registry.counter(
      'prometheus_sd_received_updates_total',
      'Total number of update events received from the SD providers.',
      labels,
    )
    this.delayed = registry.counter(
      'prometheus_sd_updates_delayed_total',
      "Total number of update events that couldn't be sent immediately.",
      labels,
    )
    this.sent = registry.counter(
      'prometheus_sd_updates_total',
      'Total number of update events sent to the SD consumers.',
      labels,
    )
    registry.gauge(
      'prometheus_sd_failed_configs',
      'Current number of service discovery configurations that failed to load.',
      labels,
    )
    registry.observed(
      'prometheus_sd_discovered_targets',
      'gauge',
      'Current number of discovered targets.',
      () => [...discoveredTargets()].map(([config, count]) => [{ name, config }, count] as const),
    )
    registry.observed(
      'prometheus_sd_last_update_timestamp_seconds',
      'gauge',
      'Timestamp of the last update sent to the SD consumers.',
      () => [[labels, lastUpdateSeconds()]],
    )
  }
}
