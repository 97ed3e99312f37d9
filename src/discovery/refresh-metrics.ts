import type { Histogram, MetricsRegistry, Summary, SummaryFamily } from '../base/self-metrics.ts'

interface RefreshLabels {
  readonly mechanism: string
  readonly config: string
}

/** What one refreshing discoverer counts. */
export interface RefreshCounts {
  observe(seconds: number): void
  failed(): void
  /** No more: the series vanish with the last discoverer that has their labels. */
  release(): void
}

interface SharedCounts {
  readonly labels: RefreshLabels
  readonly seconds: Summary
  failures: number
  users: number
}

/** What refreshing discoverers count, by upstream's names (row D1.5). */
export class RefreshMetrics {
  readonly #registry: MetricsRegistry
  readonly #seconds: SummaryFamily
  readonly #histograms = new Map<string, Histogram>()
  readonly #shared = new Map<string, SharedCounts>()

  constructor(registry: MetricsRegistry) {
    this.#registry = registry
    this.#seconds = registry.summaries(
      'prometheus_sd_refresh_duration_seconds',
      'The duration of a refresh in seconds for the given SD mechanism.',
      [0.5, 0.9, 0.99],
    )
    registry.observed(
      'prometheus_sd_refresh_failures_total',
      'counter',
      'Number of refresh failures for the given SD mechanism.',
      () => [...this.#shared.values()].map(({ labels, failures }) => [{ ...labels }, failures]),
    )
  }

  of(mechanism: string, config: string): RefreshCounts {
    const labels = { config, mechanism }
    const key = JSON.stringify(labels)
    const shared = this.#shared.get(key) ?? {
      labels,
      seconds: this.#seconds.of(labels),
      failures: 0,
      users: 0,
    }
    shared.users++
    this.#shared.set(key, shared)
    const histogram = this.#histogramOf(mechanism)
    return {
      observe: (seconds) => {
        shared.seconds.observe(seconds)
        histogram.observe(seconds)
      },
      failed: () => {
        shared.failures++
      },
      release: () => {
        shared.users--
        if (shared.users > 0) return
        this.#shared.delete(key)
        this.#seconds.forget(labels)
      },
    }
  }

  #histogramOf(mechanism: string): Histogram {
    const known = this.#histograms.get(mechanism)
    if (known !== undefined) return known
    const histogram = this.#registry.histogram(
      'prometheus_sd_refresh_duration_histogram_seconds',
      'The duration of a refresh for the given SD mechanism.',
      [0.01, 0.1, 1, 10],
      { mechanism },
    )
    this.#histograms.set(mechanism, histogram)
    return histogram
  }
}
