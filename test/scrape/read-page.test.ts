import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createPageScanner } from '../../src/kernels/exposition.ts'
import { Labels } from '../../src/model/labels.ts'
import { entryKind } from '../../src/scrape/exposition.ts'
import { PageColumns } from '../../src/scrape/page-columns.ts'
import type { RowOptions } from '../../src/scrape/page-rows.ts'
import { OpenMetricsParser } from '../../src/scrape/parse-openmetrics.ts'
import { TextParser } from '../../src/scrape/parse-text.ts'
import { readPage } from '../../src/scrape/read-page.ts'
import { SeriesCache } from '../../src/scrape/series-cache.ts'

const scrapeTimeMs = 1_000
/** One for all: what a target's pages have taught is in its cache. */
const scanner = createPageScanner()

/** Reads pages as one target's loop does, giving every label set an id of its own. */
class Reader {
  readonly cache = new SeriesCache()
  readonly scanner = scanner
  readonly columns = new PageColumns()
  readonly ids = new Map<string, number>()
  admitted = 0
  readonly isOpenMetrics: boolean

  constructor(isOpenMetrics = false) {
    this.isOpenMetrics = isOpenMetrics
  }

  /** Rows as [labels, timestamp, value], in the page's order. */
  read(text: string): readonly (readonly [string, number, number])[] {
    const page = new TextEncoder().encode(text)
    const bytes = this.scanner.reserve(page.length, this.cache)
    bytes.set(page)
    const parser = this.isOpenMetrics
      ? new OpenMetricsParser(bytes, page.length, { skipCreated: false, typeAndUnitLabels: false })
      : new TextParser(bytes, page.length)
    const { isOpenMetrics } = this
    const rows: RowOptions = {
      scanner: this.scanner,
      cache: this.cache,
      columns: this.columns,
      tally: { total: 0, added: 0, newSeries: 0, duplicates: 0, known: 0, overBucketLimit: 0 },
      scrapeTimeMs,
      honorTimestamps: true,
      trackTimestamps: false,
      samplesMax: 0,
      seriesMetadata: 'none',
      sink: {
        admit: (pairs) => {
          this.admitted++
          const entries: [string, string][] = []
          for (let at = 0; at < pairs.length; at += 2) {
            entries.push([pairs[at] ?? '', pairs[at + 1] ?? ''])
          }
          return Labels.of(entries)
        },
        seriesMetadata: () => undefined,
        metadata: () => 1,
      },
    }
    readPage(rows, { page: { bytes, lengthBytes: page.length, isOpenMetrics }, parser })
    this.columns.newEntries.forEach((entry, index) => {
      const key = this.columns.newLabels[index]?.key() ?? ''
      if (!this.ids.has(key)) this.ids.set(key, this.ids.size)
      this.cache.ids[entry] = this.ids.get(key) ?? 0
    })
    const names = [...this.ids.keys()]
    return Array.from({ length: this.columns.count }, (_, row) => {
      const entry = this.columns.entries[row] ?? 0
      const id = this.cache.ids[entry < 0 ? ~entry : entry] ?? 0
      return [
        names[id] ?? '',
        this.columns.timestampsMs[row] ?? 0,
        this.columns.values[row] ?? 0,
      ] as const
    })
  }
}

const page = `# HELP a Some help.
# TYPE a counter
a{x="1"} 1
a{x="2",} 2
a_b 3 5000
# A comment.

{"quoted name","ü"="{}\\"} 9"} 4
last NaN
`

describe('reading a page', () => {
  it('what is known is read without its labels, and comes out the same', () => {
    const reader = new Reader()
    const first = reader.read(page)
    expect(first).toEqual([
      ['["__name__","a","x","1"]', scrapeTimeMs, 1],
      ['["__name__","a","x","2"]', scrapeTimeMs, 2],
      ['["__name__","a_b"]', 5_000, 3],
      ['["__name__","quoted name","ü","{}\\"} 9"]', scrapeTimeMs, 4],
      ['["__name__","last"]', scrapeTimeMs, Number.NaN],
    ])
    expect(reader.read(page)).toEqual(first)
    expect(reader.admitted).toBe(5)
  })

  it('a name is not taken for a longer one that begins with it', () => {
    const reader = new Reader()
    reader.read('ab 1\n')
    expect(reader.read('ab{x="1"} 2\nab  {x="2"} 3\nabc 4\nab 5\n')).toEqual([
      ['["__name__","ab","x","1"]', scrapeTimeMs, 2],
      ['["__name__","ab","x","2"]', scrapeTimeMs, 3],
      ['["__name__","abc"]', scrapeTimeMs, 4],
      ['["__name__","ab"]', scrapeTimeMs, 5],
    ])
  })

  it('the same series twice leaves its first sample, unless both have times of their own', () => {
    const reader = new Reader()
    for (let round = 0; round < 2; round++) {
      expect(
        reader.read('a 1\na 2\nb 1 10\nb 2 20\n').map(([, time, value]) => [time, value]),
      ).toEqual([
        [scrapeTimeMs, 1],
        [10, 1],
        [20, 2],
      ])
    }
  })

  it('a NaN of a page is the one NaN of Prometheus, whether its line is known or not', () => {
    const reader = new Reader()
    for (let round = 0; round < 2; round++) {
      reader.read('a NaN\n')
      expect([reader.columns.halves[0], reader.columns.halves[1]]).toEqual([1, 0x7ff80000])
    }
  })

  it('the type of a known line normalises the buckets of a new one', () => {
    const reader = new Reader()
    reader.read('# TYPE h histogram\nh_bucket{le="1"} 1\n')
    expect(reader.read('# TYPE h histogram\nh_bucket{le="2"} 1\n')[0]?.[0]).toContain('"2.0"')
  })

  it('a known page of OpenMetrics still has to end in # EOF', () => {
    const reader = new Reader(true)
    reader.read('a 1\n# EOF\n')
    expect(() => reader.read('a 1\n')).toThrow('data does not end with # EOF')
    expect(() => reader.read('a 1\n# EOF\nb 1\n')).toThrow('unexpected data after # EOF')
  })

  it('an error tells line and column', () => {
    expect(() => new Reader().read('a 1\nb{x="1} 2\n')).toThrow(
      expect.objectContaining({ line: 2, column: 5 }),
    )
  })

  it('pages read with any memory give what they give with none', () => {
    const value = fc.oneof(
      fc.double({ noNaN: true }).map((number) => {
        if (number === Infinity) return '+Inf'
        return number === -Infinity ? '-Inf' : String(number)
      }),
      fc.constantFrom('NaN', '1', '2.50', '1e3', '123456789012345678'),
    )
    const name = fc.constantFrom('a', 'ab', 'a_b', 'abc')
    const labels = fc.constantFrom(
      '',
      '{}',
      '{x="1"}',
      '{x="1",}',
      '{ x="1" }',
      '{x="\\"}"}',
      ' {x="2"}',
    )
    const line = fc.oneof(
      {
        weight: 8,
        arbitrary: fc
          .tuple(
            name,
            labels,
            fc.constantFrom(' ', '\t', '  '),
            value,
            fc.constantFrom('', ' 12', ' 99 ', ' '),
          )
          .map((parts) => parts.join('')),
      },
      {
        weight: 1,
        arbitrary: fc.constantFrom('# HELP a b', '# TYPE a gauge', '#', '# x', '', ' '),
      },
    )
    const pages = fc.array(
      fc.array(line, { maxLength: 12 }).map((lines) => `${lines.join('\n')}\n`),
      {
        maxLength: 5,
      },
    )
    fc.assert(
      fc.property(pages, (texts) => {
        const warm = new Reader()
        for (const text of texts) expect(warm.read(text)).toEqual(new Reader().read(text))
      }),
      { numRuns: 500 },
    )
  })
})

describe('the parser alone', () => {
  it('reads HELP, TYPE and UNIT', () => {
    const text =
      '# HELP m_s x\\ny\n# TYPE m_s gauge\n# UNIT m_s s\nm_s 1 2.5 # {a="b"} 3 4\n# EOF\n'
    const bytes = new TextEncoder().encode(text)
    const options = { skipCreated: false, typeAndUnitLabels: false }
    const parser = new OpenMetricsParser(bytes, bytes.length, options)
    expect([parser.next(), parser.familyName(), parser.entryText()]).toEqual([
      entryKind.help,
      'm_s',
      'x\ny',
    ])
    expect([parser.next(), parser.metricType]).toEqual([entryKind.type, 'gauge'])
    expect([parser.next(), parser.entryText()]).toEqual([entryKind.unit, 's'])
    expect([parser.next(), parser.value, parser.timestampMs]).toEqual([entryKind.series, 1, 2_500])
    expect(parser.exemplar).toEqual({ labelPairs: ['a', 'b'], value: 3, timestampMs: 4_000 })
    expect(parser.next()).toBe(entryKind.end)
  })
})
