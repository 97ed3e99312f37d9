import { type Labels, metricNameLabel } from '../model/labels.ts'
import type { MetricMetadata, MetricType } from '../storage/metadata.ts'
import { type EntryKind, entryKind, type FamilyEntry, type NamedSeries } from './exposition.ts'
import type { PageColumns } from './page-columns.ts'
import { lanes, lineKind, rootEntry, type SeriesCache } from './series-cache.ts'

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
export interface PageTally {
  /** Series lines. */
  total: number
  /** Those left after relabelling. */
  added: number
  newSeries: number
  /** The same series twice without timestamps of their own. */
  duplicates: number
}

/** What becomes rows, and how. */
export interface RowOptions {
  readonly cache: SeriesCache
  readonly columns: PageColumns
  readonly sink: PageSink
  readonly tally: PageTally
  readonly scrapeTimeMs: number
  readonly honorTimestamps: boolean
  readonly trackTimestamps: boolean
  /** Whether metadata of series is wanted: of those that are new or whose metadata is, or of all. */
  readonly seriesMetadata: 'none' | 'new' | 'all'
}

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

/** What the entries of a page, however they are read, become: rows, and what the cache knows. */
export class PageRows {
  /** Number of the last line of metadata; 0 before the first. */
  family = 0
  /** The entry of the line before, whose successor the next line is expected to be. */
  previous = rootEntry
  readonly #options: RowOptions
  readonly #cache: SeriesCache
  readonly #columns: PageColumns
  readonly #tally: PageTally
  /** Families that the page tells something new of, where metadata of series is wanted. */
  readonly #changed = new Set<number>()

  constructor(options: RowOptions) {
    this.#options = options
    this.#cache = options.cache
    this.#columns = options.columns
    this.#tally = options.tally
  }

  /** Whether series of the family at hand are to be told what they are, known or not. */
  tellsNew(): boolean {
    const { seriesMetadata } = this.#options
    return this.family !== 0 && (seriesMetadata === 'all' || this.#changed.has(this.family))
  }

  /** What a series is, where the database wants to know. */
  addMetadata(row: number, entry: number, series: NamedSeries): void {
    const { seriesMetadata, sink } = this.#options
    const isNew = this.#columns.newEntries.at(-1) === entry
    if (seriesMetadata === 'none' || this.family === 0) return
    if (!isNew && !this.tellsNew()) return
    const labels = isNew ? this.#columns.newLabels.at(-1) : sink.admit(series.labelPairs())
    if (labels === undefined) return
    const metadata = sink.seriesMetadata(this.family, labels.get(metricNameLabel))
    if (metadata !== undefined) this.#columns.metadata.push({ row, metadata })
  }

  /**
   * The entry of a series whose labels have to be read: new, or known without its id. Its hash is
   * in `lanes`. The line counts even where taking its labels in fails the scrape.
   */
  admitted(known: number, length: number, series: NamedSeries): number {
    const cache = this.#cache
    const [hashA = 0, hashB = 0] = lanes
    const isPending = known !== 0 && cache.seen[known] === cache.generation
    if (isPending || (known !== 0 && cache.kinds[known] === lineKind.dropped)) return known
    let labels: Labels | undefined
    try {
      labels = this.#options.sink.admit(series.labelPairs())
    } catch (thrown) {
      this.#tally.total++
      throw thrown
    }
    const kind = labels === undefined ? lineKind.dropped : lineKind.series
    const entry = known !== 0 ? known : cache.add(hashA, hashB, length, kind)
    if (labels === undefined) return entry
    if (known === 0) this.#tally.newSeries++
    this.#columns.newEntries.push(entry)
    this.#columns.newLabels.push(labels)
    return entry
  }

  /** A value stands in the next row's column; whether it becomes a row is decided here. */
  addRow(entry: number, timestampMs: number): void {
    const cache = this.#cache
    const columns = this.#columns
    const tally = this.#tally
    const wasSeen = this.#see(entry)
    tally.total++
    if (cache.kinds[entry] === lineKind.dropped) return
    tally.added++
    const hasOwnTime = this.#options.honorTimestamps && !Number.isNaN(timestampMs)
    if (wasSeen && !hasOwnTime) {
      tally.duplicates++
      return
    }
    const row = columns.count++
    columns.ids[row] = cache.ids[entry] ?? 0
    columns.timestampsMs[row] = hasOwnTime ? timestampMs : this.#options.scrapeTimeMs
    columns.entries[row] = hasOwnTime && !this.#options.trackTimestamps ? ~entry : entry
  }

  /** A line of metadata, whose hash is in `lanes`. */
  metadata(kind: EntryKind, length: number, family: FamilyEntry): void {
    const cache = this.#cache
    const [hashA = 0, hashB = 0] = lanes
    let entry = cache.find(hashA, hashB, length)
    if (entry === 0) {
      entry = cache.add(hashA, hashB, length, lineKind.metadata)
      const type = kind === entryKind.type ? metricTypes.indexOf(family.metricType) + 1 : 0
      const slot = this.#options.sink.metadata(kind, family)
      cache.setMetadata(entry, type, slot)
      if (this.#options.seriesMetadata !== 'none') this.#changed.add(slot)
    }
    this.seeMetadata(entry)
  }

  seeMetadata(entry: number): void {
    this.family = this.#cache.metadataSlot(entry) || this.family
    this.#see(entry)
  }

  /** Whether the page had the line before; remembers what it came after. */
  #see(entry: number): boolean {
    const cache = this.#cache
    if (cache.next[this.previous] !== entry) cache.next[this.previous] = entry
    this.previous = entry
    if (cache.seen[entry] === cache.generation) return true
    cache.seen[entry] = cache.generation
    cache.seenCount++
    return false
  }
}
