import type { Counter, MetricsRegistry } from '../base/self-metrics.ts'

/** Counts transactions, by upstream's names; they are numbered from 1 on. */
export class TransactionMetrics {
  readonly #created: Counter
  #newest = 0
  #open = 0

  constructor(registry: MetricsRegistry) {
    const gauge = (name: string, help: string, read: () => number) =>
      registry.observed(`prometheus_tsdb_${name}`, 'gauge', help, read)
    this.#created = registry.counter(
      'prometheus_tsdb_head_appenders_created_total',
      'Transactions that were begun.',
    )
    gauge('head_active_appenders', 'Transactions that are open.', () => this.#open)
    gauge('isolation_high_watermark', 'The number of the newest transaction.', () => this.#newest)
    gauge(
      'isolation_low_watermark',
      'The number of the oldest transaction that is open, of the newest where none is.',
      () => this.#newest - Math.max(this.#open - 1, 0),
    )
  }

  begin(): void {
    this.#created.add()
    this.#newest++
    this.#open++
  }

  end(): void {
    this.#open--
  }
}
