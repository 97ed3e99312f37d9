import { describe, expect, it } from 'vitest'
import { createPageScanner } from '../../src/kernels/exposition.ts'
import { Labels } from '../../src/model/labels.ts'
import { isOfFamily } from '../../src/scrape/metric-family.ts'
import { PageColumns } from '../../src/scrape/page-columns.ts'
import type { RowOptions } from '../../src/scrape/page-rows.ts'
import { TextParser } from '../../src/scrape/parse-text.ts'
import { readPage } from '../../src/scrape/read-page.ts'
import { SeriesCache } from '../../src/scrape/series-cache.ts'
import { TargetMetadata } from '../../src/scrape/target-metadata.ts'

/** A target, page by page. */
class Pages {
  readonly #cache = new SeriesCache()
  readonly #scanner = createPageScanner()
  readonly #metadata = new TargetMetadata((name, metadata) => ({ name, metadata }))

  /** `series: type help` for what a page tells of its series. */
  read(text: string, seriesMetadata: 'none' | 'new' | 'all' = 'new'): readonly string[] {
    const lengthBytes = Buffer.byteLength(text)
    const bytes = this.#scanner.reserve(lengthBytes, this.#cache)
    bytes.set(Buffer.from(text))
    const columns = new PageColumns()
    const names: string[] = []
    const rows: RowOptions = {
      scanner: this.#scanner,
      cache: this.#cache,
      columns,
      tally: { total: 0, added: 0, newSeries: 0, duplicates: 0, known: 0, overBucketLimit: 0 },
      scrapeTimeMs: 1_000,
      honorTimestamps: true,
      trackTimestamps: false,
      samplesMax: 0,
      seriesMetadata,
      sink: {
        admit: (pairs) => Labels.of([['__name__', pairs[1] ?? '']]),
        metadata: (kind, parser) => this.#metadata.learn(kind, parser),
        seriesMetadata: (slot, name) => {
          const family = this.#metadata.of(slot)
          if (family === undefined || !isOfFamily(name, family.name, family.metadata.type)) return
          names.push(name)
          return family.metadata
        },
      },
    }
    const parser = new TextParser(bytes, lengthBytes)
    readPage(rows, { page: { bytes, lengthBytes, isOpenMetrics: false }, parser })
    for (const entry of columns.newEntries) this.#cache.ids[entry] = entry
    return columns.metadata.map(
      ({ metadata: { type, help } }, index) => `${names[index]}: ${type} ${help}`,
    )
  }
}

describe('metadata of series', () => {
  const page = '# HELP a A.\n# TYPE a counter\na_total 1\na 2\nother 3\n'

  it('comes with series that are new, and belongs to those of its family only', () => {
    const pages = new Pages()
    expect(pages.read(page)).toEqual(['a_total: counter A.', 'a: counter A.'])
    expect(pages.read(page)).toEqual([])
    expect(pages.read(`${page}# HELP b B.\nb 1\n`)).toEqual(['b: unknown B.'])
  })

  it('comes again with all series of a family whose metadata changes, and with all when asked', () => {
    const pages = new Pages()
    pages.read(page)
    expect(pages.read(page.replace('A.', 'B.'))).toEqual(['a_total: counter B.', 'a: counter B.'])
    expect(pages.read(page.replace('A.', 'B.'))).toEqual([])
    expect(pages.read(page.replace('A.', 'B.'), 'all')).toHaveLength(2)
  })

  it('is not looked for where nobody takes it', () => {
    expect(new Pages().read(page, 'none')).toEqual([])
  })

  it.each([
    ['a_total', 'a', 'counter', true],
    ['a_total', 'a_total', 'counter', true],
    ['a', 'a_total', 'counter', false],
    ['a_sum', 'a', 'summary', true],
    ['a_bucket', 'a', 'summary', false],
    ['a_bucket', 'a', 'histogram', true],
    ['a_gsum', 'a', 'gaugehistogram', true],
    ['a_info', 'a', 'info', true],
    ['a_info', 'a', 'gauge', false],
    ['a', 'a', 'stateset', true],
    ['b', 'a', 'unknown', false],
  ] as const)('%s belongs to the family %s of type %s: %s', (name, family, type, expected) => {
    expect(isOfFamily(name, family, type)).toBe(expected)
  })
})
