import type { Counter, Histogram, MetricsRegistry } from '../base/self-metrics.ts'

/** Upper bounds of upstream's histogram. */
const durationSeconds = [0.1, 0.2, 0.4, 1, 3, 8, 20, 60, 120]

/** Counts answers by route and status, and how long they took, under upstream's names. */
export class HttpMetrics {
  readonly federationErrors: Counter
  readonly federationWarnings: Counter
  readonly #registry: MetricsRegistry
  readonly #counts = new Map<string, Counter>()
  readonly #durations = new Map<string, Histogram>()

  constructor(registry: MetricsRegistry) {
    this.#registry = registry
    this.federationErrors = registry.counter(
      'prometheus_web_federation_errors_total',
      'Total number of errors that occurred while sending federation responses.',
    )
    this.federationWarnings = registry.counter(
      'prometheus_web_federation_warnings_total',
      'Total number of warnings that occurred while sending federation responses.',
    )
  }

  /** `handler` is the pattern of a route: requests cannot make new ones. */
  answered(handler: string, status: number, seconds: number): void {
    this.#count(handler, String(status)).add()
    this.#duration(handler).observe(seconds)
  }

  #count(handler: string, code: string): Counter {
    const key = `${code} ${handler}`
    let counter = this.#counts.get(key)
    if (counter === undefined) {
      const help = 'Counter of HTTP requests.'
      const labels = { code, handler }
      counter = this.#registry.counter('prometheus_http_requests_total', help, labels)
      this.#counts.set(key, counter)
    }
    return counter
  }

  #duration(handler: string): Histogram {
    let histogram = this.#durations.get(handler)
    if (histogram === undefined) {
      const name = 'prometheus_http_request_duration_seconds'
      const help = 'Histogram of latencies for HTTP requests.'
      histogram = this.#registry.histogram(name, help, durationSeconds, { handler })
      this.#durations.set(handler, histogram)
    }
    return histogram
  }
}
