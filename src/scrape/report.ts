import { type Labels, LabelsBuilder, metricNameLabel } from '../model/labels.ts'
import { writeStaleAt } from '../model/stale-nan.ts'
import type { Appender } from '../storage/appender.ts'
import type { PageColumns } from './page-columns.ts'
import { unresolvedId } from './series-cache.ts'

/** What one scrape tells about itself, in the order of `reportNames` (rows S4.4, S4.5). */
export interface ScrapeReport {
  readonly up: boolean
  readonly durationSeconds: number
  readonly samplesScraped: number
  readonly samplesAfterRelabeling: number
  readonly seriesAdded: number
  readonly timeoutSeconds: number
  readonly samplesMax: number
  /** -1 where the body was over its limit, 0 where there was none. */
  readonly bodyBytes: number
}

const reportNames = [
  'up',
  'scrape_duration_seconds',
  'scrape_samples_scraped',
  'scrape_samples_post_metric_relabeling',
  'scrape_series_added',
] as const

const extraReportNames = [
  'scrape_timeout_seconds',
  'scrape_sample_limit',
  'scrape_body_size_bytes',
] as const

/** The report series of one target; their ids are kept from scrape to scrape. */
export class ReportSeries {
  readonly #labels: readonly Labels[]
  readonly #ids: Uint32Array

  constructor(targetLabels: Labels, hasExtra: boolean) {
    const names = hasExtra ? [...reportNames, ...extraReportNames] : reportNames
    this.#labels = names.map((name) =>
      new LabelsBuilder(targetLabels).set(metricNameLabel, name).build(),
    )
    this.#ids = new Uint32Array(names.length).fill(unresolvedId)
  }

  forgetIds(): void {
    this.#ids.fill(unresolvedId)
  }

  /** Stages the report; refusals mean that newer ones are there already. */
  append(appender: Appender, columns: PageColumns, timeMs: number, report: ScrapeReport): void {
    columns.clear()
    columns.values.set([
      report.up ? 1 : 0,
      report.durationSeconds,
      report.samplesScraped,
      report.samplesAfterRelabeling,
      report.seriesAdded,
      report.timeoutSeconds,
      report.samplesMax,
      report.bodyBytes,
    ])
    this.#stage(appender, columns, timeMs)
  }

  appendStale(appender: Appender, columns: PageColumns, timeMs: number): void {
    columns.clear()
    for (let row = 0; row < this.#ids.length; row++) writeStaleAt(columns.halves, row)
    this.#stage(appender, columns, timeMs)
  }

  #stage(appender: Appender, columns: PageColumns, timeMs: number): void {
    this.#labels.forEach((labels, row) => {
      if (this.#ids[row] === unresolvedId) this.#ids[row] = appender.series(labels)
      columns.ids[row] = this.#ids[row] ?? 0
      columns.timestampsMs[row] = timeMs
    })
    columns.count = this.#labels.length
    appender.append(columns.ids, columns.timestampsMs, columns.values, columns.count)
  }
}
