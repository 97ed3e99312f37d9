import { unresolvedId } from '../kernels/known-lines.ts'
import { type Labels, LabelsBuilder, metricNameLabel } from '../model/labels.ts'
import { seriesId } from '../model/samples.ts'
import { writeStaleAt } from '../model/stale-nan.ts'
import type { Appender, AppendOptions } from '../storage/appender.ts'
import type { PageColumns } from './page-columns.ts'

/** What one scrape tells about itself, in the order of `reportMetrics` (rows S4.4, S4.5). */
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

interface ReportMetric {
  readonly name: string
  readonly unit: string
  readonly help: string
}

/** With what Prometheus says of them: clients see it as metadata. */
const reportMetrics: readonly ReportMetric[] = [
  {
    name: 'up',
    unit: 'targets',
    help: 'Health of the scrape target. 1 means the target is healthy, 0 if the scrape failed.',
  },
  {
    name: 'scrape_duration_seconds',
    unit: 'seconds',
    help: 'Duration of the last scrape in seconds.',
  },
  { name: 'scrape_samples_scraped', unit: 'samples', help: 'Number of samples last scraped.' },
  {
    name: 'scrape_samples_post_metric_relabeling',
    unit: 'samples',
    help: 'Number of samples remaining after metric relabeling was applied.',
  },
  { name: 'scrape_series_added', unit: 'series', help: 'Number of series in the last scrape.' },
]

const extraReportMetrics: readonly ReportMetric[] = [
  {
    name: 'scrape_timeout_seconds',
    unit: 'seconds',
    help: 'The configured scrape timeout for a target.',
  },
  {
    name: 'scrape_sample_limit',
    unit: 'samples',
    help: 'The configured sample limit for a target. Returns zero if there is no limit configured.',
  },
  {
    name: 'scrape_body_size_bytes',
    unit: 'bytes',
    help:
      'The uncompressed size of the last scrape response, if successful. Scrapes failing because ' +
      'body_size_limit is exceeded report -1, other scrape failures report 0.',
  },
]

/** The report series of one target; their ids are kept from scrape to scrape. */
export class ReportSeries {
  readonly #labels: readonly Labels[]
  readonly #metrics: readonly ReportMetric[]
  readonly #ids: Uint32Array
  /** The database was told what these series are. */
  #isMetadataTold = false

  constructor(targetLabels: Labels, hasExtra: boolean) {
    this.#metrics = hasExtra ? [...reportMetrics, ...extraReportMetrics] : reportMetrics
    this.#labels = this.#metrics.map(({ name }) =>
      new LabelsBuilder(targetLabels).set(metricNameLabel, name).build(),
    )
    this.#ids = new Uint32Array(this.#metrics.length).fill(unresolvedId)
  }

  forgetIds(): void {
    this.#ids.fill(unresolvedId)
    this.#isMetadataTold = false
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
    if (this.#isMetadataTold || !appender.takesMetadata) return
    this.#isMetadataTold = true
    this.#metrics.forEach(({ unit, help }, row) => {
      appender.appendMetadata(seriesId(columns.ids[row] ?? 0), { type: 'gauge', unit, help })
    })
  }

  appendStale(appender: Appender, columns: PageColumns, timeMs: number): void {
    columns.clear()
    for (let row = 0; row < this.#ids.length; row++) writeStaleAt(columns.halves, row)
    // Behind reports of a target that took the series over they would end what goes on.
    this.#stage(appender, columns, timeMs, { discardOutOfOrder: true })
  }

  #stage(appender: Appender, columns: PageColumns, timeMs: number, options?: AppendOptions): void {
    this.#labels.forEach((labels, row) => {
      if (this.#ids[row] === unresolvedId) this.#ids[row] = appender.series(labels)
      columns.ids[row] = this.#ids[row] ?? 0
      columns.timestampsMs[row] = timeMs
    })
    columns.count = this.#labels.length
    const { ids, timestampsMs, values, count } = columns
    appender.append(ids, timestampsMs, values, count, undefined, options)
  }
}
