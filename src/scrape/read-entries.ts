import { unresolvedId } from '../kernels/known-lines.ts'
import type { NativeHistogram } from '../model/histogram.ts'
import { EntryHash } from './entry-hash.ts'
import type { EntrySource } from './entry-source.ts'
import { type EntryKind, entryKind } from './exposition.ts'
import { PageRows, type RowOptions } from './page-rows.ts'
import type { Page } from './read-page.ts'

/** What the reader of entries needs beyond what rows need. */
export interface OpenedEntries {
  readonly page: Page
  readonly source: EntrySource
  /** Makes a histogram as coarse as the job wants it; false where it has too many buckets still. */
  readonly fitHistogram: (histogram: NativeHistogram) => boolean
  readonly takesStarts: boolean
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
  columns.hasStarts = takesStarts
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
  readonly #hash = new EntryHash()

  constructor(options: RowOptions, opened: OpenedEntries, rows: PageRows) {
    this.#options = options
    this.#opened = opened
    this.#rows = rows
  }

  take(kind: EntryKind): void {
    if (kind === entryKind.comment) return
    const { cache, tally } = this.#options
    const { source } = this.#opened
    const newBefore = tally.newSeries
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
    const row =
      kind === entryKind.histogram ? this.#histogram(entry, isCounted) : this.#float(entry)
    if (row === undefined) return
    this.#noteLimit()
    const { exemplars } = this.#options.columns
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
  #float(entry: number): number | undefined {
    const { columns } = this.#options
    const { source, takesStarts } = this.#opened
    const row = columns.count
    if (row === columns.values.length) columns.grow()
    columns.halves[row * 2] = source.valueHalves[0] ?? 0
    columns.halves[row * 2 + 1] = source.valueHalves[1] ?? 0
    this.#rows.addRow(entry, source.timestampMs)
    if (columns.count === row) return undefined
    if (takesStarts) columns.startsMs[row] = startOf(source)
    return row
  }

  /** The inverted row of a histogram; `isCounted` where its series was counted as new. */
  #histogram(entry: number, isCounted: boolean): number | undefined {
    const { columns } = this.#options
    const { fitHistogram, source, takesStarts } = this.#opened
    const { histograms } = columns
    const row = histograms.count
    if (!this.#rows.addHistogram(entry, source.timestampMs, source.histogram)) return undefined
    if (!fitHistogram(histograms.at(row))) this.#refuse(entry, row, isCounted)
    if (takesStarts) histograms.startsMs[row] = startOf(source)
    return ~row
  }

  /** A histogram of too many buckets: the series is not alive by it, nor new. */
  #refuse(entry: number, row: number, isCounted: boolean): void {
    const { columns, tally } = this.#options
    tally.overBucketLimit++
    columns.histograms.entries[row] = ~entry
    if (isCounted) tally.newSeries--
  }
}

/** What is no time of this era is none. */
function startOf(source: EntrySource): number {
  const startMs = source.startMs()
  return startMs > 0 && startMs <= 8.64e15 ? startMs : 0
}
