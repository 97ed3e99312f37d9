import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NarthexError } from '../../src/base/errors.ts'
import { ExpositionTwin } from '../../src/kernels/exposition-twin.ts'
import { EntryHash } from '../../src/scrape/entry-hash.ts'
import type { EntrySource, PageRules } from '../../src/scrape/entry-source.ts'
import { ExpositionError, entryKind } from '../../src/scrape/exposition.ts'
import type { PageFormat } from '../../src/scrape/negotiation.ts'
import { openPage } from '../../src/scrape/open-page.ts'
import { ProtobufScratch } from '../../src/scrape/parse-protobuf.ts'
import { ScrapeFault } from '../../src/scrape/scrape-fault.ts'
import { TextEntries } from '../../src/scrape/text-entries.ts'
import { type FamilyText, metricFamilies } from '../support/metric-families.ts'

const plain: PageRules = {
  ignoresNative: false,
  keepsClassic: false,
  convertsClassic: false,
  typeAndUnitLabels: false,
  takesStarts: true,
  synthesizesStarts: false,
}

/** One for all pages, as a server has it: nothing of a page may show in the next. */
const protobuf = new ProtobufScratch()

function sourceOf(text: Buffer, format: PageFormat, rules: PageRules): EntrySource {
  const scanner = new ExpositionTwin()
  const bytes = scanner.reserve(text.length)
  bytes.set(text)
  const page = { bytes, lengthBytes: text.length, isOpenMetrics: format === 'openmetrics' }
  const opened = openPage(page, format, { scanner, protobuf }, rules)
  return opened.by === 'entries' ? opened.source : new TextEntries(scanner, opened.parser)
}

/** The entries of a page, a line each. */
function linesOf(
  page: Buffer | readonly FamilyText[] | string,
  rules: Partial<PageRules> = {},
  format: PageFormat = 'protobuf',
): readonly string[] {
  const bytes =
    typeof page === 'string'
      ? Buffer.from(page)
      : Buffer.isBuffer(page)
        ? page
        : metricFamilies(page)
  const source = sourceOf(bytes, format, { ...plain, ...rules })
  const lines: string[] = []
  for (let kind = source.next(); kind !== entryKind.end; kind = source.next()) {
    source.hash(new EntryHash())
    if (kind === entryKind.type) lines.push(`type ${source.familyName()} ${source.metricType}`)
    else if (kind === entryKind.help || kind === entryKind.unit) {
      lines.push(`${kind === entryKind.help ? 'help' : 'unit'} ${source.entryText()}`)
    } else lines.push(sampleLine(source, kind === entryKind.histogram))
  }
  return lines
}

function sampleLine(source: EntrySource, isHistogram: boolean): string {
  const [, name, ...pairs] = source.labelPairs()
  const labels = pairs.length === 0 ? '' : `{${pairs.join(' ')}}`
  const value = new Float64Array(new Uint32Array(source.valueHalves).buffer)[0]
  const parts = [`${name}${labels}`, isHistogram ? histogramText(source) : String(value)]
  if (!Number.isNaN(source.timestampMs)) parts.push(`at ${source.timestampMs}`)
  if (source.startMs() !== 0) parts.push(`since ${source.startMs()}`)
  for (const { labelPairs, value: seen, timestampMs } of source.exemplars()) {
    parts.push(`# ${labelPairs.join(' ')} ${seen} ${timestampMs}`)
  }
  return parts.join(' ')
}

function histogramText({ histogram }: EntrySource): string {
  const { schema, count, zeroCount, isFloat, hint, customBoundCount } = histogram
  const spans = [...histogram.positiveSpans.subarray(0, histogram.positiveSpanCount * 2)]
  const buckets = [...histogram.positiveBuckets.subarray(0, histogram.positiveBucketCount)]
  const negative = [...histogram.negativeBuckets.subarray(0, histogram.negativeBucketCount)]
  const bounds = [...histogram.customBounds.subarray(0, customBoundCount)]
  return [
    isFloat ? 'floats' : 'integers',
    `schema ${schema} count ${count} sum ${histogram.sum[0]} zero ${zeroCount} hint ${hint}`,
    `[${spans}] ${buckets}`,
    ...(negative.length > 0 ? [`negative ${negative}`] : []),
    ...(bounds.length > 0 ? [`bounds ${bounds}`] : []),
  ].join(' ')
}

const native: FamilyText = {
  name: 'h_seconds',
  type: 4,
  help: 'Some help.',
  unit: 'seconds',
  metrics: [
    {
      labels: { path: '/' },
      histogram: {
        count: 10,
        sum: 3.5,
        schema: 3,
        zeroThreshold: 1e-128,
        zeroCount: 2,
        positiveSpans: [
          [1, 2],
          [3, 1],
        ],
        positiveDeltas: [1, 1, 1],
        negativeSpans: [[0, 1]],
        negativeDeltas: [2],
        buckets: [
          {
            le: 0.5,
            count: 4,
            exemplar: { labels: { trace: 'b' }, value: 0.4, timestampMs: 1_500 },
          },
          { le: 1, count: 9 },
        ],
        exemplars: [
          { labels: { trace: 'n' }, value: 1 },
          { labels: { trace: 't' }, value: 2, timestampMs: 2_250 },
        ],
        startMs: 1_000_123,
      },
    },
  ],
}

const nativeLine =
  'h_seconds{path /} integers schema 3 count 10 sum 3.5 zero 2 hint 0 [1,2,3,1] 1,2,3 negative 2' +
  ' since 1000123 # trace t 2 2250'

const classicLines = [
  'h_seconds_count{path /} 10 since 1000123',
  'h_seconds_sum{path /} 3.5 since 1000123',
  'h_seconds_bucket{path / le 0.5} 4 since 1000123 # trace b 0.4 1500',
  'h_seconds_bucket{path / le 1.0} 9 since 1000123',
  'h_seconds_bucket{path / le +Inf} 10 since 1000123',
]

describe('a protobuf page', () => {
  it('tells counters, gauges, untyped metrics and summaries', () => {
    const exemplar = { labels: { trace: 'a' }, value: 9, timestampMs: 7_001 }
    expect(
      linesOf([
        { name: 'c', type: 0, metrics: [{ counter: { value: 5, exemplar, startMs: 3_000 } }] },
        { name: 'empty', type: 0, metrics: [] },
        { name: 'g', type: 1, help: 'G.', metrics: [{ gauge: -0.5, timestampMs: 1234 }] },
        { name: 'u', type: 3, metrics: [{ labels: { 'a b': 'ü' }, untyped: Infinity }] },
        {
          name: 's',
          type: 2,
          metrics: [
            {
              summary: {
                count: 4,
                sum: 8.5,
                quantiles: [
                  [0.5, 2],
                  [1, 3],
                ],
                startMs: 4_000,
              },
            },
          ],
        },
      ]),
    ).toEqual([
      'help ',
      'type c counter',
      'c 5 since 3000 # trace a 9 7001',
      'help G.',
      'type g gauge',
      'g -0.5 at 1234',
      'help ',
      'type u unknown',
      'u{a b ü} Infinity',
      'help ',
      'type s summary',
      's_count 4 since 4000',
      's_sum 8.5 since 4000',
      's{quantile 0.5} 2 since 4000',
      's{quantile 1.0} 3 since 4000',
    ])
  })

  it('passes over what a family of another type would have', () => {
    const metrics = [{ gauge: 7, counter: { value: 5 } }]
    expect(linesOf([{ name: 'c', type: 0, metrics }])).toEqual(['help ', 'type c counter', 'c 5'])
  })

  it('tells a native histogram, and its classic series where they are wanted', () => {
    const head = ['help Some help.', 'unit seconds', 'type h_seconds histogram']
    expect(linesOf([native])).toEqual([...head, nativeLine])
    expect(linesOf([native], { keepsClassic: true })).toEqual([
      ...head,
      nativeLine,
      ...classicLines,
    ])
    expect(linesOf([native], { ignoresNative: true })).toEqual([...head, ...classicLines])
    // What is native already is not converted.
    expect(linesOf([native], { convertsClassic: true })).toEqual([...head, nativeLine])
  })

  it('makes custom buckets of a classic histogram, beside its series where those are wanted', () => {
    const converted =
      'h_seconds{path /} integers schema -53 count 10 sum 3.5 zero 0 hint 0 [0,3] 4,5,1 bounds 0.5,1' +
      ' since 1000123'
    const rules = { ignoresNative: true, convertsClassic: true }
    expect(linesOf([native], rules)[3]).toContain(converted)
    expect(linesOf([native], { ...rules, keepsClassic: true }).slice(3, 8)).toEqual(classicLines)
    expect(linesOf([native], { ...rules, keepsClassic: true })[8]).toContain(converted)
  })

  it('tells gauge histograms of floats', () => {
    const histogram = {
      countFloat: 2.5,
      sum: 1,
      schema: -1,
      positiveSpans: [[0, 3]] as const,
      positiveCounts: [1.5, 0, 1],
    }
    expect(linesOf([{ name: 'g', type: 5, metrics: [{ histogram }] }])[2]).toBe(
      'g floats schema -1 count 2.5 sum 1 zero 0 hint 3 [0,1,1,1] 1.5,1',
    )
  })

  it('makes labels of type and unit', () => {
    expect(linesOf([native], { typeAndUnitLabels: true })[3]).toMatch(
      /^h_seconds\{__type__ histogram __unit__ seconds path \/\}/,
    )
  })

  it.each<[string, FamilyText, string]>([
    ['a name', { name: '', type: 0, metrics: [{}] }, 'invalid metric name: '],
    ['a type', { name: 'a', type: 9, metrics: [{}] }, 'unknown metric type for metric "a": 9'],
    [
      'spans',
      {
        name: 'a',
        type: 4,
        metrics: [
          { histogram: { count: 1, sum: 0, positiveSpans: [[0, 2]], positiveDeltas: [1] } },
        ],
      },
      'histogram "a": positive side: spans require 2 buckets, have 1',
    ],
  ])('with the wrong %s is refused in upstream words', (_, family, words) => {
    expect(() => linesOf([family])).toThrow(words)
  })

  it('of changed bytes is refused with a kind of error that has words, or taken', () => {
    const page = metricFamilies([
      native,
      { name: 'c', type: 0, metrics: [{ counter: { value: 5 } }] },
    ])
    const change = fc.tuple(fc.nat(page.length - 1), fc.integer({ min: 0, max: 255 }))
    fc.assert(
      fc.property(
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.nat(page.length),
        (changes, cut) => {
          const bytes = Buffer.from(page.subarray(0, page.length - (cut % 3 === 0 ? cut : 0)))
          for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte
          try {
            linesOf(bytes, { keepsClassic: true, convertsClassic: cut % 2 === 0 })
          } catch (thrown) {
            if (thrown instanceof ScrapeFault || thrown instanceof NarthexError) return
            throw thrown
          }
        },
      ),
      { numRuns: 1_500 },
    )
  })
})

describe('a text page with classic histograms', () => {
  const page = `# TYPE h histogram
h_bucket{le="1",a="b"} 1
h_bucket{le="2",a="b"} 3 # {t="x"} 1.5 9.25
h_bucket{le="+Inf",a="b"} 3
h_sum{a="b"} 4
h_count{a="b"} 3
h_bucket{le="1",a="c"} 2
h_bucket{le="+Inf",a="c"} 1
# TYPE g gauge
g_bucket{le="1"} 7
# EOF
`
  const converted =
    'h{a b} integers schema -53 count 3 sum 4 zero 0 hint 0 [0,2] 1,2 bounds 1,2 # t x 1.5 9250'

  it('gives histograms with custom buckets of those whose numbers fit together', () => {
    expect(linesOf(page, { convertsClassic: true }, 'openmetrics')).toEqual([
      'type h histogram',
      converted,
      'type g gauge',
      'g_bucket{le 1} 7',
    ])
  })

  it('gives the classic series, too, where they are wanted', () => {
    const lines = linesOf(page, { convertsClassic: true, keepsClassic: true }, 'openmetrics')
    expect(lines).toHaveLength(11)
    expect(lines[6]).toBe(converted)
  })

  it('is read to its start timestamps in time that grows with its lines', () => {
    const lines = Array.from({ length: 8_000 }, (_, index) => `c_total{i="${index}"} 1\n`)
    const page = `# TYPE c counter\n${lines.join('')}c_created{i="7"} 5\n# EOF\n`
    expect(linesOf(page, {}, 'openmetrics')).toHaveLength(8_001)
  })

  it('is refused with line and column', () => {
    const rules = { convertsClassic: true }
    expect(() => linesOf('# TYPE h histogram\nh_bucket{ 1\n', rules, 'text')).toThrow(
      ExpositionError,
    )
  })
})
