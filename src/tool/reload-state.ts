import type { Clock } from '../base/clock.ts'
import type { Gauge, MetricsRegistry } from '../base/self-metrics.ts'

/** How the last load of the configuration went, for the API and as upstream's metrics. */
export class ReloadState {
  readonly #clock: Clock
  readonly #successful: Gauge
  readonly #timestamp: Gauge
  isSuccessful = false
  /** 0 before the first success. */
  lastSuccessMs = 0
  /** 0 before the first failure. */
  lastFailureMs = 0

  constructor(metrics: MetricsRegistry, clock: Clock) {
    this.#clock = clock
    this.#successful = metrics.gauge(
      'prometheus_config_last_reload_successful',
      'Whether the last configuration reload attempt was successful.',
    )
    this.#timestamp = metrics.gauge(
      'prometheus_config_last_reload_success_timestamp_seconds',
      'Timestamp of the last successful configuration reload.',
    )
  }

  succeeded(): void {
    this.isSuccessful = true
    this.lastSuccessMs = this.#clock.wallMs()
    this.#successful.set(1)
    this.#timestamp.set(this.lastSuccessMs / 1_000)
  }

  failed(): void {
    this.isSuccessful = false
    this.lastFailureMs = this.#clock.wallMs()
    this.#successful.set(0)
  }
}
