import { ExpositionTwin } from '../src/kernels/exposition-twin.ts'
import type { PageScanner } from '../src/kernels/known-lines.ts'
import { Labels } from '../src/model/labels.ts'
import { PageColumns } from '../src/scrape/page-columns.ts'
import type { PageTally, RowOptions } from '../src/scrape/page-rows.ts'
import { TextParser } from '../src/scrape/parse-text.ts'
import { readPage } from '../src/scrape/read-page.ts'
import { SeriesCache } from '../src/scrape/series-cache.ts'

const rounds = 100
const some = Labels.of([['__name__', 'some']])

/** Reads the pages round after round as one target's; each is timed, and its fastest time counts. */
export function measureReaders(pages: readonly Uint8Array[], kernel: PageScanner) {
  return new Map([
    ['narthex', measure(pages, kernel, true)],
    ['twin', measure(pages, new ExpositionTwin(), true)],
    ['parser', measure(pages, new ExpositionTwin(), false)],
  ])
}

function measure(pages: readonly Uint8Array[], scanner: PageScanner, keepsCache: boolean) {
  const columns = new PageColumns()
  const tally = { total: 0, added: 0, newSeries: 0, duplicates: 0, known: 0, overBucketLimit: 0 }
  let cache = new SeriesCache()
  const fastestMs = pages.map(() => Infinity)
  const bytes = pages.reduce((sum, page) => sum + page.length, 0)
  for (let round = 0; round < (keepsCache ? rounds : rounds / 10); round++) {
    tally.total = 0
    tally.known = 0
    for (const [index, page] of pages.entries()) {
      if (!keepsCache) cache = new SeriesCache()
      const beganMs = performance.now()
      readOne(page, scanner, cache, columns, tally)
      fastestMs[index] = Math.min(fastestMs[index] ?? 0, performance.now() - beganMs)
    }
  }
  const ms = fastestMs.reduce((sum, one) => sum + one, 0)
  return {
    'ns a sample': (ms * 1e6) / tally.total,
    'MB/s': bytes / ms / 1e3,
    'known lines, %': (100 * tally.known) / tally.total,
  }
}

function readOne(
  page: Uint8Array,
  scanner: PageScanner,
  cache: SeriesCache,
  columns: PageColumns,
  tally: PageTally,
): void {
  const bytes = scanner.reserve(page.length, cache)
  bytes.set(page)
  const rows: RowOptions = {
    scanner,
    cache,
    columns,
    tally,
    scrapeTimeMs: 1_000,
    honorTimestamps: true,
    trackTimestamps: false,
    samplesMax: 0,
    seriesMetadata: 'none',
    sink: { admit: () => some, seriesMetadata: () => undefined, metadata: () => 1 },
  }
  const parser = new TextParser(bytes, page.length)
  readPage(rows, { page: { bytes, lengthBytes: page.length, isOpenMetrics: false }, parser })
  for (const entry of columns.newEntries) cache.ids[entry] = entry
  if (cache.seenCount < cache.size - 1) cache.sweep(() => undefined)
  cache.fit()
}
