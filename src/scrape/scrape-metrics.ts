import type { Counter, MetricsRegistry, Summary } from '../base/self-metrics.ts'
import { printDurationMs } from '../model/duration.ts'

const quantiles = [0.01, 0.05, 0.5, 0.9, 0.99]

/** What the server counts about scraping, by upstream's names. */
export class ScrapeMetrics {
  readonly poolsCreated: Counter
  readonly poolReloads: Counter
  readonly overTargetLimit: Counter
  readonly overBodySizeLimit: Counter
  readonly overSampleLimit: Counter
  readonly overLabelLimits: Counter
  readonly overBucketLimit: Counter
  readonly cacheFlushForced: Counter
  readonly duplicate: Counter
  readonly outOfOrder: Counter
  readonly outOfBounds: Counter
  readonly exemplarsOutOfOrder: Counter
  /** Series lines that the exposition kernel knew, and those that went through the parser. */
  readonly linesKnown: Counter
  readonly linesParsed: Counter
  readonly #registry: MetricsRegistry
  readonly #intervals = new Map<number, Summary>()
  readonly #syncs = new Map<string, JobMetrics>()

  constructor(registry: MetricsRegistry) {
    this.#registry = registry
    const counter = (name: string, help: string) =>
      registry.counter(`prometheus_target_${name}`, help)
    this.poolsCreated = counter(
      'scrape_pools_total',
      'Total number of scrape pool creation attempts.',
    )
    counter('scrape_pools_failed_total', 'Total number of scrape pool creations that failed.')
    this.poolReloads = counter('scrape_pool_reloads_total', 'Total number of scrape pool reloads.')
    counter('scrape_pool_reloads_failed_total', 'Total number of failed scrape pool reloads.')
    this.overTargetLimit = counter(
      'scrape_pool_exceeded_target_limit_total',
      'Total number of times scrape pools hit the target limit, during sync or config reload.',
    )
    this.overLabelLimits = counter(
      'scrape_pool_exceeded_label_limits_total',
      'Total number of times scrape pools hit the label limits, during sync or config reload.',
    )
    this.overBodySizeLimit = counter(
      'scrapes_exceeded_body_size_limit_total',
      'Total number of scrapes that hit the body size limit',
    )
    this.overSampleLimit = counter(
      'scrapes_exceeded_sample_limit_total',
      'Total number of scrapes that hit the sample limit and were rejected.',
    )
    this.overBucketLimit = counter(
      'scrapes_exceeded_native_histogram_bucket_limit_total',
      'Total number of scrapes that hit the native histogram bucket limit and were rejected.',
    )
    this.cacheFlushForced = counter(
      'scrapes_cache_flush_forced_total',
      'How many times a scrape cache was flushed due to getting big while scrapes are failing.',
    )
    this.duplicate = counter(
      'scrapes_sample_duplicate_timestamp_total',
      'Total number of samples rejected due to duplicate timestamps but different values.',
    )
    this.outOfOrder = counter(
      'scrapes_sample_out_of_order_total',
      'Total number of samples rejected due to not being out of the expected order.',
    )
    this.outOfBounds = counter(
      'scrapes_sample_out_of_bounds_total',
      'Total number of samples rejected due to timestamp falling outside of the time bounds.',
    )
    const lines = (result: string) =>
      registry.counter(
        'narthex_exposition_lines_total',
        'Series lines of text pages by how they were read: known from the page before, or parsed whole.',
        { result },
      )
    this.linesKnown = lines('known')
    this.linesParsed = lines('parsed')
    this.exemplarsOutOfOrder = counter(
      'scrapes_exemplar_out_of_order_total',
      'Total number of exemplar rejected due to not being out of the expected order.',
    )
  }

  /** Actual seconds between two scrapes that should be `intervalMs` apart. */
  interval(intervalMs: number): Summary {
    const known = this.#intervals.get(intervalMs)
    if (known !== undefined) return known
    const summary = this.#registry.summary(
      'prometheus_target_interval_length_seconds',
      'Actual intervals between scrapes.',
      quantiles,
      { interval: printDurationMs(intervalMs) },
    )
    this.#intervals.set(intervalMs, summary)
    return summary
  }

  job(name: string): JobMetrics {
    const known = this.#syncs.get(name)
    if (known !== undefined) return known
    const labels = { scrape_job: name }
    const metrics = {
      syncs: this.#registry.counter(
        'prometheus_target_scrape_pool_sync_total',
        'Total number of syncs that were executed on a scrape pool.',
        labels,
      ),
      syncFailed: this.#registry.counter(
        'prometheus_target_sync_failed_total',
        'Total number of target sync failures.',
        labels,
      ),
      syncSeconds: this.#registry.summary(
        'prometheus_target_sync_length_seconds',
        'Actual interval to sync the scrape pool.',
        quantiles,
        labels,
      ),
    }
    this.#syncs.set(name, metrics)
    return metrics
  }

  /** Gauges of the pools as they are when somebody looks. */
  watchPools(
    pools: () => Iterable<{ jobName: string; targets: number; targetsMax: number }>,
  ): void {
    const rows = (read: (pool: { targets: number; targetsMax: number }) => number) => () =>
      [...pools()].map((pool) => [{ scrape_job: pool.jobName }, read(pool)] as const)
    this.#registry.observed(
      'prometheus_target_scrape_pool_targets',
      'gauge',
      'Current number of targets in this scrape pool.',
      rows((pool) => pool.targets),
    )
    this.#registry.observed(
      'prometheus_target_scrape_pool_target_limit',
      'gauge',
      'Maximum number of targets allowed in this scrape pool.',
      rows((pool) => pool.targetsMax),
    )
  }
}

export interface JobMetrics {
  readonly syncs: Counter
  readonly syncFailed: Counter
  readonly syncSeconds: Summary
}
