import type {
  Histogram,
  HistogramFamily,
  MetricsRegistry,
  Summary,
  SummaryFamily,
} from '../base/self-metrics.ts'
import { goDuration } from '../model/go-duration.ts'

const quantiles = [0.01, 0.05, 0.5, 0.9, 0.99]
const upperBoundsSeconds = [0.01, 0.1, 1, 10]

/** How long scrapes are apart, and how long pools take for targets and configurations. */
export class ScrapeLengths {
  readonly #registry: MetricsRegistry
  readonly #intervals = new Map<number, readonly (Summary | Histogram)[]>()
  readonly #intervalSummaries: SummaryFamily
  readonly #intervalHistograms: HistogramFamily
  readonly #reloadSummaries: SummaryFamily
  readonly #syncs = new Map<string, JobSyncs>()
  readonly #syncSummaries: SummaryFamily
  readonly #syncHistograms: HistogramFamily

  constructor(registry: MetricsRegistry) {
    this.#registry = registry
    const summaries = (name: string, help: string) =>
      registry.summaries(`prometheus_target_${name}`, help, quantiles)
    const histograms = (name: string, help: string) =>
      registry.histograms(`prometheus_target_${name}`, help, upperBoundsSeconds)
    const intervalHelp = 'Actual intervals between scrapes.'
    this.#intervalSummaries = summaries('interval_length_seconds', intervalHelp)
    this.#intervalHistograms = histograms('interval_length_histogram_seconds', intervalHelp)
    this.#reloadSummaries = summaries(
      'reload_length_seconds',
      'Actual interval to reload the scrape pool with a given configuration.',
    )
    const syncHelp = 'Actual interval to sync the scrape pool.'
    this.#syncSummaries = summaries('sync_length_seconds', syncHelp)
    this.#syncHistograms = histograms('sync_length_histogram_seconds', syncHelp)
    this.#watchSyncs()
  }

  /** Actual seconds between two scrapes that should be `intervalMs` apart. */
  observeInterval(intervalMs: number, seconds: number): void {
    const observers = this.#intervals.get(intervalMs) ?? this.#observeNewInterval(intervalMs)
    for (const observer of observers) observer.observe(seconds)
  }

  /** A pool with this interval took a changed configuration over. */
  observeReload(intervalMs: number, seconds: number): void {
    this.#reloadSummaries.of({ interval: goDuration(intervalMs) }).observe(seconds)
  }

  /** A job's targets were compared with its loops; so many of them could not be made. */
  observeSync(jobName: string, seconds: number, failed: number): void {
    const before = this.#syncs.get(jobName) ?? { synced: 0, failed: 0 }
    this.#syncs.set(jobName, { synced: before.synced + 1, failed: before.failed + failed })
    this.#syncSummaries.of({ scrape_job: jobName }).observe(seconds)
    this.#syncHistograms.of({ scrape_job: jobName }).observe(seconds)
  }

  /** The job is no more: nothing is told of it any longer. */
  forgetJob(jobName: string): void {
    this.#syncs.delete(jobName)
    this.#syncSummaries.forget({ scrape_job: jobName })
    this.#syncHistograms.forget({ scrape_job: jobName })
  }

  #observeNewInterval(intervalMs: number): readonly (Summary | Histogram)[] {
    const labels = { interval: goDuration(intervalMs) }
    const observers = [this.#intervalSummaries.of(labels), this.#intervalHistograms.of(labels)]
    this.#intervals.set(intervalMs, observers)
    return observers
  }

  #watchSyncs(): void {
    const counter = (name: string, help: string, read: (syncs: JobSyncs) => number) =>
      this.#registry.observed(`prometheus_target_${name}`, 'counter', help, () =>
        [...this.#syncs].map(([job, syncs]) => [{ scrape_job: job }, read(syncs)] as const),
      )
    counter(
      'scrape_pool_sync_total',
      'Total number of syncs that were executed on a scrape pool.',
      ({ synced }) => synced,
    )
    counter('sync_failed_total', 'Total number of target sync failures.', ({ failed }) => failed)
  }
}

interface JobSyncs {
  readonly synced: number
  readonly failed: number
}
