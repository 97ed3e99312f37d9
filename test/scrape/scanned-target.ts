import type { LineShape, PageScanner } from '../../src/kernels/known-lines.ts'
import { Labels } from '../../src/model/labels.ts'
import { ExpositionError } from '../../src/scrape/exposition.ts'
import { LineShapes } from '../../src/scrape/line-shapes.ts'
import { PageColumns } from '../../src/scrape/page-columns.ts'
import { OpenMetricsParser } from '../../src/scrape/parse-openmetrics.ts'
import { TextParser } from '../../src/scrape/parse-text.ts'
import { readPage } from '../../src/scrape/read-page.ts'
import { SeriesCache } from '../../src/scrape/series-cache.ts'

/** What one page came to. */
export interface ReadResult {
  /** Labels, timestamp and the halves of the value, in the page's order. */
  readonly rows: readonly string[]
  /** With line and column; empty for a good page. */
  readonly error: string
  readonly counts: string
  readonly known: number
}

/** Pages of one target read one after the other, every label set with an id of its own. */
export class ScannedTarget {
  readonly #scanner: PageScanner
  readonly #isOpenMetrics: boolean
  readonly #columns = new PageColumns()
  readonly #names: string[] = []
  readonly #ids = new Map<string, number>()
  readonly #shapes: LineShapes
  #cache: SeriesCache

  constructor(scanner: PageScanner, isOpenMetrics: boolean, shapes = new LineShapes()) {
    this.#scanner = scanner
    this.#isOpenMetrics = isOpenMetrics
    this.#shapes = shapes
    this.#cache = new SeriesCache(shapes)
  }

  /** What it has in common with others that are alike; undefined for nothing yet. */
  get shape(): LineShape | undefined {
    return this.#cache.shape
  }

  /** So that every line goes through the parser. */
  forget(): void {
    this.#cache = new SeriesCache(this.#shapes)
  }

  read(page: Uint8Array): ReadResult {
    const cache = this.#cache
    const columns = this.#columns
    const bytes = this.#scanner.reserve(page.length, cache)
    bytes.set(page)
    const parser = this.#isOpenMetrics
      ? new OpenMetricsParser(bytes, page.length, { skipCreated: false, typeAndUnitLabels: false })
      : new TextParser(bytes, page.length)
    const tally = { total: 0, added: 0, newSeries: 0, duplicates: 0, known: 0, overBucketLimit: 0 }
    let error = ''
    try {
      const rows = {
        scanner: this.#scanner,
        cache,
        columns,
        tally,
        scrapeTimeMs: 1_000,
        honorTimestamps: true,
        trackTimestamps: false,
        samplesMax: 0,
        seriesMetadata: 'none' as const,
        sink: {
          admit: labelsOf,
          seriesMetadata: () => undefined,
          metadata: () => 1,
        },
      }
      const isOpenMetrics = this.#isOpenMetrics
      readPage(rows, { page: { bytes, lengthBytes: page.length, isOpenMetrics }, parser })
    } catch (thrown) {
      if (!(thrown instanceof ExpositionError)) throw thrown
      error = `${thrown.line}:${thrown.column} ${thrown.message}`
    }
    columns.newEntries.forEach((entry, index) => {
      cache.ids[entry] = this.#idOf(columns.newLabels[index]?.key() ?? '')
    })
    const counts = `${tally.total} ${tally.added} ${tally.duplicates}`
    cache.fit()
    return { rows: this.#rows(cache), error, counts, known: tally.known }
  }

  #rows(cache: SeriesCache): readonly string[] {
    const { count, entries, timestampsMs, halves } = this.#columns
    return Array.from({ length: count }, (_, row) => {
      const entry = entries[row] ?? 0
      const name = this.#names[cache.ids[entry < 0 ? ~entry : entry] ?? 0]
      const isTracked = entry > 0 ? 'tracked' : 'untracked'
      return `${name} ${timestampsMs[row]} ${halves[row * 2 + 1]} ${halves[row * 2]} ${isTracked}`
    })
  }

  #idOf(key: string): number {
    const known = this.#ids.get(key)
    if (known !== undefined) return known
    this.#ids.set(key, this.#names.length)
    return this.#names.push(key) - 1
  }
}

function labelsOf(pairs: readonly string[]): Labels {
  const entries: [string, string][] = []
  for (let at = 0; at < pairs.length; at += 2) entries.push([pairs[at] ?? '', pairs[at + 1] ?? ''])
  return Labels.of(entries)
}
