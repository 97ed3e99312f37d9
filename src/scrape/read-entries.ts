import { unresolvedId } from '../kernels/known-lines.ts'
import type { NativeHistogram } from '../model/histogram.ts'
import { faultOfHistogram } from '../model/histogram-validity.ts'
import { EntryHash } from './entry-hash.ts'
import type { EntrySource } from './entry-source.ts'
import { type EntryKind, entryKind } from './exposition.ts'
import { PageRows, type RowOptions, takenStartMs } from './page-rows.ts'
import type { Page } from './read-page.ts'
import { StartSynthesis, type SynthesisOptions } from './start-synthesis.ts'

/** What the reader of entries needs beyond what rows need. */
export interface OpenedEntries {
  readonly page: Page
  readonly source: EntrySource
  /** Makes a histogram as coarse as the job wants it; false where it has too many buckets still. */
  readonly fitHistogram: (histogram: NativeHistogram) => boolean
  readonly takesStarts: boolean
  /** Where start timestamps are made up for what tells none. */
  readonly synthesis?: SynthesisOptions | undefined
}

/**
 * Reads a page of any format into columns, starting a new generation of the cache: what readPage
 * does for lines of text. Labels are read of what the cache does not know only. Throws what the
 * source and the sink throw.
 */
export function readEntries(options: RowOptions, opened: OpenedEntries): void {
  const { cache, columns, scanner } = options
  const { page, source, takesStarts } = opened
  cache.beginGeneration()
  columns.clear()
  columns.hasOrder = opened.synthesis !== undefined
  columns.hasStarts = takesStarts || columns.hasOrder
  const rows = new PageRows(options, page)
  scanner.begin(rows.scan)
  try {
    const reader = new EntryReader(options, opened, rows)
    for (let kind = source.next(); kind !== entryKind.end; kind = source.next()) reader.take(kind)
  } finally {
    scanner.close()
  }
}

class EntryReader {
  readonly #options: RowOptions
  readonly #opened: OpenedEntries
  readonly #rows: PageRows
  readonly #synthesis: StartSynthesis | undefined
  readonly #hash = new EntryHash()

  constructor(options: RowOptions, opened: OpenedEntries, rows: PageRows) {
    const { synthesis } = opened
    this.#options = options
    this.#opened = opened
    this.#rows = rows
    this.#synthesis = synthesis && new StartSynthesis(options, rows, synthesis)
  }

  take(kind: EntryKind): void {
    if (kind === entryKind.comment) return
    const { cache, columns, tally } = this.#options
    const { source } = this.#opened
    const newBefore = tally.newSeries
    const labelsBefore = columns.newLabels.length
    const length = source.hash(this.#hash)
    let entry = this.#rows.findHash(this.#hash.words, length)
    if (kind !== entryKind.series && kind !== entryKind.histogram) {
      this.#rows.metadata(kind, entry, length, source)
      return
    }
    if (entry === 0 || cache.ids[entry] === unresolvedId) {
      entry = this.#rows.admitted(entry, length, source)
    }
    const isCounted = tally.newSeries > newBefore
    const isNew = columns.newLabels.length > labelsBefore
    const row =
      kind === entryKind.histogram
        ? this.#histogram(entry, isNew, isCounted)
        : this.#float(entry, isNew)
    if (row === undefined) return
    this.#noteLimit()
    const { exemplars } = columns
    for (const exemplar of source.exemplars()) {
      // Without a time nobody could tell whether an exemplar of a histogram came before.
      const isTaken = kind === entryKind.series || exemplar.timestampMs !== undefined
      if (isTaken) exemplars.push({ row, exemplar })
    }
    this.#rows.addMetadata(row, entry, source)
  }

  #noteLimit(): void {
    const { columns, samplesMax } = this.#options
    if (columns.count + columns.histograms.count === samplesMax) {
      columns.floatsWithinLimit = columns.count
    }
  }

  /** The row of a float, if it becomes one. */
  #float(entry: number, isNew: boolean): number | undefined {
    const { columns } = this.#options
    const { source } = this.#opened
    const row = columns.count
    if (row === columns.values.length) columns.grow()
    columns.halves[row * 2] = source.valueHalves[0] ?? 0
    columns.halves[row * 2 + 1] = source.valueHalves[1] ?? 0
    this.#rows.addRow(entry, source.timestampMs)
    if (columns.count === row) {
      this.#synthesis?.forget(entry)
      return undefined
    }
    const startMs = this.#toldStart()
    columns.startsMs[row] = takenStartMs(startMs)
    columns.inOrder[row] = 0
    if (startMs !== 0) this.#synthesis?.forget(entry)
    else if (this.#synthesis?.takeFloat(entry, isNew, source) === false) return undefined
    return row
  }

  /** What the page tells, 0 for nothing. */
  #toldStart(): number {
    return this.#opened.takesStarts ? this.#opened.source.startMs() : 0
  }

  /** The inverted row of a histogram; `isCounted` where its series was counted as new. */
  #histogram(entry: number, isNew: boolean, isCounted: boolean): number | undefined {
    const { columns } = this.#options
    const { fitHistogram, source } = this.#opened
    const { histograms } = columns
    const row = histograms.count
    if (!this.#rows.addHistogram(entry, source.timestampMs, source.histogram)) {
      this.#synthesis?.forget(entry)
      return undefined
    }
    const startMs = this.#toldStart()
    histograms.startsMs[row] = takenStartMs(startMs)
    if (this.#synthesis !== undefined) {
      // The page ends in front of it.
      if (faultOfHistogram(histograms.at(row)) !== undefined) this.#synthesis.end()
      if (startMs !== 0) this.#synthesis.forget(entry)
      else if (!this.#synthesis.takeHistogram(entry, isNew, source)) return undefined
    }
    if (!fitHistogram(histograms.at(row))) this.#refuse(entry, row, isCounted)
    return ~row
  }

  /** A histogram of too many buckets: the series is not alive by it, nor new. */
  #refuse(entry: number, row: number, isCounted: boolean): void {
    const { columns, tally } = this.#options
    tally.overBucketLimit++
    this.#synthesis?.forget(entry)
    columns.histograms.entries[row] = ~entry
    if (isCounted) tally.newSeries--
  }
}
