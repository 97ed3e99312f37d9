import type { Counter, Histogram, MetricsRegistry } from '../base/self-metrics.ts'
import { ScrapeLengths } from './scrape-lengths.ts'

/** What the server counts about scraping, by upstream's names. */
export class ScrapeMetrics {
  readonly poolsCreated: Counter
  readonly poolReloads: Counter
  readonly overTargetLimit: Counter
  readonly overBodySizeLimit: Counter
  /** Pages of more than limits.scrapeBodyBytesWarned. */
  readonly largeBodies: Counter
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
  /** Seconds from a scrape's start to its commit, of jobs with extra_scrape_metrics. */
  readonly scrapeSeconds: Histogram
  readonly lengths: ScrapeLengths
  readonly #registry: MetricsRegistry

  constructor(registry: MetricsRegistry) {
    this.#registry = registry
    this.lengths = new ScrapeLengths(registry)
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
    this.largeBodies = registry.counter(
      'narthex_scrapes_large_body_total',
      'Scrapes whose page has more than 64 MiB after decompression.',
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
    this.scrapeSeconds = registry.histogram(
      'prometheus_target_scrape_duration_seconds',
      'Total duration of the scrape from start to commit completion in seconds.',
      [],
    )
  }

  /** Gauges of the pools as they are when somebody looks. */
  watchPools(pools: () => Iterable<PoolSize>): void {
    const gauge = (name: string, help: string, read: (pool: PoolSize) => number) =>
      this.#registry.observed(`prometheus_target_${name}`, 'gauge', help, () =>
        [...pools()].map((pool) => [{ scrape_job: pool.jobName }, read(pool)] as const),
      )
    gauge(
      'scrape_pool_targets',
      'Current number of targets in this scrape pool.',
      (pool) => pool.targets,
    )
    gauge(
      'scrape_pool_target_limit',
      'Maximum number of targets allowed in this scrape pool.',
      (pool) => pool.targetsMax,
    )
    gauge(
      'metadata_cache_entries',
      'Total number of metric metadata entries in the cache',
      (pool) => pool.metadataEntries,
    )
    gauge(
      'metadata_cache_bytes',
      'The number of bytes that are currently used for storing metric metadata in the cache',
      (pool) => pool.metadataBytes,
    )
  }
}

/** A pool as its gauges show it. */
export interface PoolSize {
  readonly jobName: string
  readonly targets: number
  readonly targetsMax: number
  /** Families that its targets told of, each counted at every target, and the bytes of the texts. */
  readonly metadataEntries: number
  readonly metadataBytes: number
}
