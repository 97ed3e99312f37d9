import {
  addRow,
  countLine,
  findLine,
  hasHash,
  lineKind,
  type PageScanner,
  rootEntry,
  type ScanOptions,
  type ScanTally,
} from '../kernels/known-lines.ts'
import type { NativeHistogram } from '../model/histogram.ts'
import { type Labels, metricNameLabel } from '../model/labels.ts'
import type { MetricMetadata, MetricType } from '../storage/metadata.ts'
import { type EntryKind, entryKind, type FamilyEntry, type NamedSeries } from './exposition.ts'
import type { PageColumns } from './page-columns.ts'
import type { SeriesCache } from './series-cache.ts'

/** What the reader needs to know about new lines. */
export interface PageSink {
  /**
   * The labels to store a new series under, or undefined where relabelling drops it. Throws
   * ScrapeFault where the scrape must fail.
   */
  admit(labelPairs: readonly string[]): Labels | undefined
  /** A new line of metadata; answers the number that SeriesCache.metadataSlot gives back. */
  metadata(kind: EntryKind, family: FamilyEntry): number
  /**
   * What a series of that name is by the lines of metadata before it, the latest of which has this
   * number; undefined where they are another family's.
   */
  seriesMetadata(slot: number, name: string): MetricMetadata | undefined
}

/** Counts that hold even where the reading ends in an error. */
export interface PageTally extends ScanTally {
  /** Within the sample limit, and before a histogram of too many buckets. */
  newSeries: number
  /** Series lines of text that the scanner took. */
  known: number
  /** Histograms with more buckets than may be, however coarse. */
  overBucketLimit: number
}

/** What becomes rows, and how. */
export interface RowOptions {
  /** Holds the page. */
  readonly scanner: PageScanner
  readonly cache: SeriesCache
  readonly columns: PageColumns
  readonly sink: PageSink
  readonly tally: PageTally
  readonly scrapeTimeMs: number
  readonly honorTimestamps: boolean
  readonly trackTimestamps: boolean
  /** The job's sample limit, 0 = none: what is over it is counted, but in vain. */
  readonly samplesMax: number
  /** Whether metadata of series is wanted: of those that are new or whose metadata is, or of all. */
  readonly seriesMetadata: 'none' | 'new' | 'all'
}

type ScannedPage = Pick<ScanOptions, 'lengthBytes' | 'isOpenMetrics'>

const noHash = new Int32Array(4)

/** By the number that the cache keeps, less one. */
export const metricTypes: readonly MetricType[] = [
  'counter',
  'gauge',
  'histogram',
  'gaugehistogram',
  'summary',
  'info',
  'stateset',
  'unknown',
]

/** What is no time of this era is none. */
export function takenStartMs(startMs: number): number {
  return startMs > 0 && startMs <= 8.64e15 ? startMs : 0
}

/** What the entries of a page, however they are read, become: rows, and what the cache knows. */
export class PageRows {
  /** Number of the last line of metadata; 0 before the first. */
  family = 0
  /** What the scanner is to be told of the page. */
  readonly scan: ScanOptions
  readonly #options: RowOptions
  readonly #scanner: PageScanner
  readonly #cache: SeriesCache
  readonly #columns: PageColumns
  readonly #tally: PageTally
  /** Families that the page tells something new of, where metadata of series is wanted. */
  #changed: Set<number> | undefined
  /** Of the text that find() looked for last. */
  #hash: Int32Array = noHash
  /** The entry before this one, as far as it did not come by the scanner. */
  #last = rootEntry

  constructor(options: RowOptions, { lengthBytes, isOpenMetrics }: ScannedPage) {
    this.#options = options
    // Field by field: a spread of so many costs as much as reading a hundred lines.
    this.scan = {
      lengthBytes,
      isOpenMetrics,
      lines: options.cache,
      rows: options.columns,
      tally: options.tally,
      scrapeTimeMs: options.scrapeTimeMs,
      honorTimestamps: options.honorTimestamps,
      trackTimestamps: options.trackTimestamps,
    }
    this.#scanner = options.scanner
    this.#cache = options.cache
    this.#columns = options.columns
    this.#tally = options.tally
  }

  /** Whether known series may have to be told what they are: then none may be passed over. */
  tellsNew(): boolean {
    return this.#options.seriesMetadata === 'all' || this.#changed !== undefined
  }

  /** The entry of bytes of the page, or 0. */
  find(from: number, length: number): number {
    return this.findHash(this.#scanner.hash(from, length), length)
  }

  /** The entry of that hash, or 0. */
  findHash(hash: Int32Array, length: number): number {
    this.#hash = hash
    const cache = this.#cache
    // Mostly it is the one that came next the last time.
    const expected = cache.next[this.#last] ?? 0
    const isExpected = cache.lengths[expected] === length && hasHash(cache, expected, hash)
    return isExpected && expected !== 0 ? expected : findLine(cache, hash, length)
  }

  #see(entry: number): boolean {
    this.#last = entry
    return this.#scanner.see(entry)
  }

  /** What a series is, where the database wants to know; rows of histograms come inverted (~). */
  addMetadata(row: number, entry: number, series: NamedSeries): void {
    const { seriesMetadata, sink } = this.#options
    const isNew = this.#columns.newEntries.at(-1) === entry
    if (seriesMetadata === 'none' || this.family === 0) return
    if (!isNew && seriesMetadata !== 'all' && this.#changed?.has(this.family) !== true) return
    const labels = isNew ? this.#columns.newLabels.at(-1) : sink.admit(series.labelPairs())
    if (labels === undefined) return
    const metadata = sink.seriesMetadata(this.family, labels.get(metricNameLabel))
    if (metadata !== undefined) this.#columns.metadata.push({ row, metadata })
  }

  /**
   * The entry of a series whose labels have to be read: new, or known without its id, as
   * find() answered. A line whose labels can be read counts even where taking them in fails
   * the scrape.
   */
  admitted(known: number, length: number, series: NamedSeries): number {
    const cache = this.#cache
    const isHeldBack = this.#columns.heldBack.has(known)
    const isPending = known !== 0 && this.#scanner.isSeen(known) && !isHeldBack
    if (isPending || (known !== 0 && cache.kinds[known] === lineKind.dropped)) return known
    const pairs = series.labelPairs()
    let labels: Labels | undefined
    try {
      labels = this.#options.sink.admit(pairs)
    } catch (thrown) {
      this.#tally.total++
      throw thrown
    }
    const kind = labels === undefined ? lineKind.dropped : lineKind.series
    const entry = known !== 0 ? known : cache.add(this.#hash, length, kind)
    if (labels === undefined) return entry
    const isNew = known === 0 || cache.refused.delete(known)
    if (isNew) this.#countNew(entry)
    this.#columns.newEntries.push(entry)
    this.#columns.newLabels.push(labels)
    return entry
  }

  #countNew(entry: number): void {
    const { samplesMax, cache } = this.#options
    const { count, histograms, addedEntries } = this.#columns
    const isOver = samplesMax > 0 && count + histograms.count >= samplesMax
    // What no sample is taken of is new the next time again.
    if (isOver) cache.refused.add(entry)
    else if (this.#tally.overBucketLimit === 0) {
      this.#tally.newSeries++
      addedEntries.push(entry)
    }
  }

  /** A value stands in the next row's column; whether it becomes a row is decided here. */
  addRow(entry: number, timestampMs: number): void {
    addRow(this.scan, entry, timestampMs, this.#see(entry))
  }

  /** A histogram, which is copied; false where it does not become a row. */
  addHistogram(entry: number, timestampMs: number, histogram: NativeHistogram): boolean {
    const { honorTimestamps, scrapeTimeMs, trackTimestamps } = this.#options
    const hasOwnTime = honorTimestamps && !Number.isNaN(timestampMs)
    if (!countLine(this.scan, entry, hasOwnTime, this.#see(entry))) return false
    const { total: lines, added, newSeries } = this.#tally
    const row = {
      id: this.#cache.ids[entry] ?? 0,
      entry: hasOwnTime && !trackTimestamps ? ~entry : entry,
      timestampMs: hasOwnTime ? timestampMs : scrapeTimeMs,
      counts: { floats: this.#columns.count, lines, added, newSeries },
    }
    this.#columns.histograms.add(row, histogram)
    return true
  }

  /** A line of metadata: its entry, as one of the find functions answered, and its bytes. */
  metadata(kind: EntryKind, known: number, length: number, family: FamilyEntry): void {
    const cache = this.#cache
    let entry = known
    if (entry === 0) {
      const type = kind === entryKind.type ? metricTypes.indexOf(family.metricType) + 1 : 0
      // Before the line is known: where it is not valid, it is read again the next time.
      const slot = this.#options.sink.metadata(kind, family)
      entry = cache.add(this.#hash, length, lineKind.metadata)
      cache.setMetadata(entry, type, slot)
      if (this.#options.seriesMetadata !== 'none') {
        this.#changed ??= new Set()
        this.#changed.add(slot)
      }
    }
    this.family = cache.metadataSlot(entry) || this.family
    this.#see(entry)
  }
}
