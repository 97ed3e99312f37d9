import type { HistogramFamily, MetricsRegistry, SummaryFamily } from '../base/self-metrics.ts'

/** What is told of one Alertmanager. */
export class SendCounts {
  sent = 0
  errors = 0
  dropped = 0
  queued = 0

  constructor(readonly url: string) {}
}

const perAlertmanager = [
  ['counter', 'sent_total', 'Total number of alerts sent.', (counts: SendCounts) => counts.sent],
  [
    'counter',
    'errors_total',
    'Total number of sent alerts affected by errors.',
    (counts: SendCounts) => counts.errors,
  ],
  [
    'counter',
    'dropped_total',
    'Total number of alerts dropped due to errors when sending to Alertmanager.',
    (counts: SendCounts) => counts.dropped,
  ],
  [
    'gauge',
    'queue_length',
    'The number of alert notifications in the queue.',
    (counts: SendCounts) => counts.queued,
  ],
] as const

/** Metrics of notifications under upstream's names, with the label alertmanager=URL (row R5.7). */
export class NotifierMetrics {
  readonly #summaries: SummaryFamily
  readonly #histograms: HistogramFamily

  constructor(registry: MetricsRegistry, queueCapacity: number, all: () => readonly SendCounts[]) {
    const prefix = 'prometheus_notifications_'
    for (const [kind, name, help, read] of perAlertmanager) {
      registry.observed(prefix + name, kind, help, () =>
        all().map((counts) => [{ alertmanager: counts.url }, read(counts)] as const),
      )
    }
    registry
      .gauge(`${prefix}queue_capacity`, 'The capacity of the alert notifications queue.')
      .set(queueCapacity)
    registry.observed(
      `${prefix}alertmanagers_discovered`,
      'gauge',
      'The number of alertmanagers discovered and active.',
      () => all().length,
    )
    this.#summaries = registry.summaries(
      `${prefix}latency_seconds`,
      'Latency quantiles for sending alert notifications.',
      [0.5, 0.9, 0.99],
    )
    this.#histograms = registry.histograms(
      `${prefix}latency_histogram_seconds`,
      'Latency histogram for sending alert notifications.',
      [0.01, 0.1, 1, 10],
    )
  }

  took({ url }: SendCounts, durationMs: number): void {
    this.#summaries.of({ alertmanager: url }).observe(durationMs / 1_000)
    this.#histograms.of({ alertmanager: url }).observe(durationMs / 1_000)
  }

  forget({ url }: SendCounts): void {
    this.#summaries.forget({ alertmanager: url })
    this.#histograms.forget({ alertmanager: url })
  }
}
