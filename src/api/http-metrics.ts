import type { Counter, Histogram, MetricsRegistry } from '../base/self-metrics.ts'

/** Upper bounds of upstream's histograms. */
const durationSeconds = [0.1, 0.2, 0.4, 1, 3, 8, 20, 60, 120]
const sizeBytes = [1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9]

/** Counts answers by route and status, how long they took and how large they are, under upstream's names. */
export class HttpMetrics {
  readonly federationErrors: Counter
  readonly federationWarnings: Counter
  readonly connectionsAccepted: Counter
  readonly connectionsClosed: Counter
  readonly #registry: MetricsRegistry
  readonly #pages: Readonly<Record<200 | 500, Counter>>
  readonly #counts = new Map<string, Counter>()
  readonly #durations = new Map<string, Histogram>()
  readonly #sizes = new Map<string, Histogram>()

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
    const listener = { listener_name: 'http' }
    this.connectionsAccepted = registry.counter(
      'net_conntrack_listener_conn_accepted_total',
      'Total number of connections opened to the listener of a given name.',
      listener,
    )
    this.connectionsClosed = registry.counter(
      'net_conntrack_listener_conn_closed_total',
      'Total number of connections closed that were made to the listener of a given name.',
      listener,
    )
    const name = 'promhttp_metric_handler_requests_total'
    const help = 'Total number of scrapes by HTTP status code.'
    this.#pages = {
      200: registry.counter(name, help, { code: '200' }),
      500: registry.counter(name, help, { code: '500' }),
    }
  }

  /** A page of our own metrics, with its status. */
  pageSent(status: 200 | 500): void {
    this.#pages[status].add()
  }

  /** There are no answers of it yet: so that its rate is known from the first one on. */
  serves(handler: string): void {
    this.#count(handler, '200')
  }

  /** `handler` is the pattern of a route: requests cannot make new ones. */
  answered(handler: string, status: number, seconds: number): void {
    this.#count(handler, String(status)).add()
    const name = 'prometheus_http_request_duration_seconds'
    const help = 'Histogram of latencies for HTTP requests.'
    this.#histogram(this.#durations, handler, [name, help, durationSeconds]).observe(seconds)
  }

  /** The body as it was sent, compressed where it was. */
  sent(handler: string, bytes: number): void {
    const name = 'prometheus_http_response_size_bytes'
    const help = 'Histogram of response size for HTTP requests.'
    this.#histogram(this.#sizes, handler, [name, help, sizeBytes]).observe(bytes)
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

  #histogram(
    known: Map<string, Histogram>,
    handler: string,
    [name, help, bounds]: readonly [string, string, readonly number[]],
  ): Histogram {
    let histogram = known.get(handler)
    if (histogram === undefined) {
      histogram = this.#registry.histogram(name, help, bounds, { handler })
      known.set(handler, histogram)
    }
    return histogram
  }
}
