import type { Counter, Histogram, MetricsRegistry, Summary } from '../base/self-metrics.ts'
import type { QueryStatistics } from '../model/query-statistics.ts'

const slices = ['queue_time', 'prepare_time', 'inner_eval', 'result_sort'] as const
type Slice = (typeof slices)[number]

/** Upstream's metrics of the engine, prometheus_engine_*, but for those of the query log. */
export class EngineMetrics {
  readonly #summaries: ReadonlyMap<Slice, Summary>
  readonly #histograms: ReadonlyMap<Slice, Histogram>
  readonly #looked: Counter
  readonly #read: Counter

  constructor(metrics: MetricsRegistry, concurrencyMax: number, queries: () => number) {
    metrics.observed(
      'prometheus_engine_queries',
      'gauge',
      'The current number of queries being executed or waiting.',
      queries,
    )
    metrics
      .gauge('prometheus_engine_queries_concurrent_max', 'The max number of concurrent queries.')
      .set(concurrencyMax)
    this.#summaries = new Map(
      slices.map((slice) => {
        const name = 'prometheus_engine_query_duration_seconds'
        return [slice, metrics.summary(name, 'Query timings', [0.5, 0.9, 0.99], { slice })]
      }),
    )
    this.#histograms = new Map(
      slices.map((slice) => {
        const name = 'prometheus_engine_query_duration_histogram_seconds'
        const help = 'The duration of various parts of PromQL query execution.'
        return [slice, metrics.histogram(name, help, [0.01, 0.1, 1, 10], { slice })]
      }),
    )
    this.#looked = metrics.counter(
      'prometheus_engine_query_samples_total',
      'The total number of samples loaded by all queries (full window per step for range-vector).',
    )
    this.#read = metrics.counter(
      'prometheus_engine_query_samples_read_total',
      'The total number of samples read by all queries (only new points per step for range-vector).',
    )
  }

  count({ queuedMs, preparationMs, evaluationMs, sortMs, samples }: QueryStatistics): void {
    this.#observe('queue_time', queuedMs)
    this.#observe('prepare_time', preparationMs)
    this.#observe('inner_eval', evaluationMs)
    if (sortMs !== undefined) this.#observe('result_sort', sortMs)
    this.#looked.add(samples.looked)
    this.#read.add(samples.read)
  }

  #observe(slice: Slice, ms: number): void {
    this.#summaries.get(slice)?.observe(ms / 1_000)
    this.#histograms.get(slice)?.observe(ms / 1_000)
  }
}
