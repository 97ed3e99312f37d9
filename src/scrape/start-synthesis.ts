import { unresolvedId, writeNormalNan } from '../kernels/known-lines.ts'
import { metricNameLabel } from '../model/labels.ts'
import type { MetricType } from '../storage/metadata.ts'
import type { CounterStarts } from './counter-starts.ts'
import type { NamedSeries } from './exposition.ts'
import { type PageRows, type RowOptions, takenStartMs } from './page-rows.ts'

export interface SynthesisOptions {
  readonly starts: CounterStarts
  /** What the family with that number is said to be. */
  readonly typeOf: (family: number) => MetricType
}

/** Rows of floats or of histograms. */
interface Rows {
  count: number
  readonly startsMs: Float64Array
  readonly entries: Int32Array
}

/** Types whose series count, as numbers. */
const cumulative: Partial<Readonly<Record<MetricType, number>>> = {
  counter: 1,
  histogram: 2,
  summary: 3,
}

/**
 * Makes up the start timestamps of one page's rows where the page tells none (row S4.12): of counters,
 * histograms, and what summaries count. What a series is, is asked only while it is not followed.
 */
export class StartSynthesis {
  readonly #options: RowOptions
  readonly #rows: PageRows
  readonly #starts: CounterStarts
  readonly #typeOf: (family: number) => MetricType
  /** The rest of the page is not stored. */
  #isOver = false

  constructor(options: RowOptions, rows: PageRows, { starts, typeOf }: SynthesisOptions) {
    this.#options = options
    this.#rows = rows
    this.#starts = starts
    this.#typeOf = typeOf
  }

  /**
   * The latest row of floats, whose start the page does not tell; false where it is a first sample,
   * and taken back. `isNew`: its labels were read for it.
   */
  takeFloat(entry: number, isNew: boolean, series: NamedSeries): boolean {
    const { columns } = this.#options
    const row = columns.count - 1
    columns.inOrder[row] = 1
    if (!this.#isFollowed(entry, isNew, series)) return true
    const timestampMs = columns.timestampsMs[row] ?? 0
    const value = this.#starts.takeFloat(entry, columns.values[row] ?? 0, timestampMs)
    if (value === undefined) return this.#holdBack(columns, entry, isNew)
    if (Number.isNaN(value)) writeNormalNan(columns.halves, row)
    else columns.values[row] = value
    return this.#keep(columns, entry)
  }

  /** As takeFloat(), of a histogram that is valid. */
  takeHistogram(entry: number, isNew: boolean, series: NamedSeries): boolean {
    const { histograms } = this.#options.columns
    const row = histograms.count - 1
    histograms.inOrder[row] = 1
    if (!this.#isFollowed(entry, isNew, series)) return true
    const timestampMs = histograms.timestampsMs[row] ?? 0
    const isLater = this.#starts.takeHistogram(entry, histograms.at(row), timestampMs)
    return isLater ? this.#keep(histograms, entry) : this.#holdBack(histograms, entry, isNew)
  }

  /** The page tells since when a series counts, or has a sample of it that is not taken. */
  forget(entry: number): void {
    if (!this.#isOver) this.#starts.forget(entry)
  }

  /** What makes the page fail is met: the rest of it is as if it had not come. */
  end(): void {
    this.#isOver = true
  }

  /** The row stays, and its series is alive by it, whosever time it has. */
  #keep(rows: Rows, entry: number): true {
    const { samplesMax, columns } = this.#options
    rows.startsMs[rows.count - 1] = takenStartMs(this.#starts.startMs(entry))
    rows.entries[rows.count - 1] = entry
    const isOver = samplesMax > 0 && columns.count + columns.histograms.count > samplesMax
    if (isOver) this.#starts.forget(entry)
    return true
  }

  #isFollowed(entry: number, isNew: boolean, series: NamedSeries): boolean {
    if (this.#isOver) return false
    if (this.#starts.startMs(entry) !== 0) return true
    const { family } = this.#rows
    if (family === 0) return false
    const kind = cumulative[this.#typeOf(family)]
    if (kind === undefined) return false
    const key = family * 4 + kind
    if (this.#starts.isPassedOver(entry, key)) return false
    const { columns, sink } = this.#options
    const labels = isNew ? columns.newLabels.at(-1) : sink.admit(series.labelPairs())
    const name = labels?.get(metricNameLabel) ?? ''
    const metadata = sink.seriesMetadata(family, name)
    const counts = metadata?.type !== 'summary' || name.endsWith('_count') || name.endsWith('_sum')
    if (metadata !== undefined && counts) return true
    this.#starts.passOver(entry, key)
    return false
  }

  /** No sample is stored: a series that the database does not know is made with the next one. */
  #holdBack(held: Rows, entry: number, isNew: boolean): false {
    const { cache, columns, samplesMax, tally } = this.#options
    held.count--
    if (isNew) {
      columns.newEntries.pop()
      columns.newLabels.pop()
    }
    columns.heldBack.add(entry)
    const rows = columns.count + columns.histograms.count
    // It was taken for one over the limit, and does not count for it.
    if (cache.refused.delete(entry) && rows <= samplesMax && tally.overBucketLimit === 0) {
      tally.newSeries++
      columns.addedEntries.push(entry)
    }
    if (cache.ids[entry] !== unresolvedId) columns.aliveEntries.push(entry)
    return false
  }
}
