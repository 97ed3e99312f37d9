import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { goG } from '../../src/model/float-text.ts'
import { NativeHistogram } from '../../src/model/histogram.ts'
import { histogramText } from '../../src/model/histogram-text.ts'
import { Matcher } from '../../src/model/matcher.ts'
import { isStaleAt } from '../../src/model/stale-nan.ts'
import { subtractHistogram } from '../../src/promql/histogram/arithmetic.ts'
import { detectReset } from '../../src/promql/histogram/reset.ts'
import { ScrapeFault } from '../../src/scrape/scrape-fault.ts'
import { TargetWriter } from '../../src/scrape/target-writer.ts'
import { isFloatEncoding } from '../../src/tsdb/chunk/chunk-encoding.ts'
import { encoding } from '../../src/tsdb/chunk/encoding.ts'
import { FloatColumns } from '../../src/tsdb/chunk/float-columns.ts'
import { FloatChunkDecoder } from '../../src/tsdb/chunk/float-decode.ts'
import { HistogramDecoder } from '../../src/tsdb/chunk/histogram-decoder.ts'
import { Database } from '../../src/tsdb/db.ts'
import { labelsOf } from '../conformance/dump-lines.ts'
import { allTime, localQuerier } from '../support/local-querier.ts'
import { type FamilyText, metricFamilies } from '../support/metric-families.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { writerOptions } from './writer-options.ts'

const beginMs = Math.floor(Date.now() / 1_000) * 1_000 - 600_000

/** Lines of text, protobuf, or a scrape that failed. */
type Page = string | Buffer | ScrapeFault

interface WorldOptions {
  readonly job?: string
  /** Whether start timestamps are read from pages. */
  readonly told?: boolean
  readonly windowMs?: number
}

/** One target whose pages go into a real database that stores start timestamps, a page a second. */
async function world({ job = '', told = true, windowMs = 0 }: WorldOptions = {}) {
  const database = await Database.open({
    directory: temporaryDirectory(),
    fileSystem: nodeFileSystem,
    clock: systemClock,
    logger: silentLogger,
    lock: async () => ({ release: () => undefined }),
    outOfOrderWindowMs: () => windowMs,
    encodings: { floats: encoding.xor2, histogramStarts: true, storesStarts: true },
  })
  onTestFinished(() => database.close())
  const features = {
    typeAndUnitLabels: false,
    takesStarts: told,
    synthesis: { detectReset, subtract: subtractHistogram },
  }
  const ofJob = `scrape_native_histograms: true, ${job}`
  const { options, registry } = writerOptions(database, features, ofJob)
  let writer = new TargetWriter(options)
  let second = 0
  return {
    write(...pages: readonly Page[]): void {
      for (const page of pages) {
        writer.write(fetched(page), beginMs + ++second * 1_000, systemClock.monotonicMs())
      }
    },
    /** As a reload does that leaves the rules for series as they are. */
    reload(): void {
      writer = new TargetWriter(options, writer.cache)
    },
    stored: (isReport = false) => stored(database, isReport),
    metric: (name: string) =>
      Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(registry.render())?.[1]),
  }
}

function fetched(page: Page) {
  if (page instanceof ScrapeFault) return page
  const bytes = Buffer.from(page)
  const body = { pieces: [bytes], bodyBytes: bytes.length }
  if (typeof page !== 'string') {
    const contentType =
      'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited'
    return { contentType, body }
  }
  const isOpenMetrics = page.endsWith('# EOF\n')
  const contentType = isOpenMetrics ? 'application/openmetrics-text; version=1.0.0' : 'text/plain'
  return { contentType, body }
}

/** `series second value start`, both times counted in seconds; the target's report, or all else. */
async function stored(database: Database, isReport: boolean): Promise<readonly string[]> {
  const found: string[] = []
  const columns = new FloatColumns()
  const histograms = new HistogramDecoder()
  const histogram = new NativeHistogram()
  const bytes = new Uint8Array(1 << 16)
  const querier = localQuerier(database)
  const second = (timeMs: number) => (timeMs - beginMs) / 1_000
  const add = (series: string, timeMs: number, value: string, startMs: number) =>
    found.push(`${series} ${second(timeMs)} ${value} ${startMs === 0 ? '-' : second(startMs)}`)
  const matchers = [new Matcher('=', 'job', 'j')]
  const set = await querier.select({ matchers, ...allTime, sorted: true })
  for (let series = 0; series < set.seriesCount; series++) {
    const { __name__: name = '', job: _, instance: __, ...others } = labelsOf(querier, set, series)
    if (isReport !== /^(up|scrape_.*)$/.test(name)) continue
    const key = [name, ...Object.values(others)].join(' ')
    const { offsets, encoding: encodings } = set.chunks
    for (let chunk = offsets[series] ?? 0; chunk < (offsets[series + 1] ?? 0); chunk++) {
      const data = bytes.slice(0, set.chunks.read(chunk, bytes))
      const kind = encodings[chunk] ?? 0
      if (isFloatEncoding(kind)) {
        columns.reserve(1_000)
        const decoder = new FloatChunkDecoder()
        const count = decoder.decode(kind, data, -Infinity, Infinity, columns.target, 0)
        const values = new Float64Array(columns.halves.buffer)
        for (let at = 0; at < count; at++) {
          const isStale = isStaleAt(columns.halves, at)
          const value = isStale ? 'stale' : goG(values[at] ?? 0)
          add(key, columns.timestampsMs[at] ?? 0, value, columns.startsMs[at] ?? 0)
        }
        continue
      }
      histograms.open(kind, data)
      while (histograms.next()) {
        histograms.fill(histogram)
        const value = histogram.isStale ? 'stale' : histogramText(histogram)
        add(key, histograms.timestampMs, value, histograms.startMs)
      }
    }
  }
  querier.close()
  return [...new Set(found)]
}

const failed = new ScrapeFault('connection refused')
const counter = (value: number | string) => `# TYPE c counter\nc ${value}\n`
const openCounter = (value: number, more = '') =>
  `# TYPE c counter\nc_total ${value}\n${more}# EOF\n`
const summary = (quantile: number, sum: number, count: number) =>
  `# TYPE s summary\ns{quantile="0.5"} ${quantile}\ns_sum ${sum}\ns_count ${count}\n`
const classic = (low: number, all: number, sum: number) =>
  `# TYPE h histogram\nh_bucket{le="1.0"} ${low}\nh_bucket{le="+Inf"} ${all}\nh_sum ${sum}\nh_count ${all}\n`

function native(count: number, sum: number, deltas: readonly number[], isFloat = false): Buffer {
  const spans = [[0, deltas.length]] as const
  const histogram = isFloat
    ? { countFloat: count, sum, schema: 3, positiveSpans: spans, positiveCounts: deltas }
    : { count, sum, schema: 3, positiveSpans: spans, positiveDeltas: deltas }
  return metricFamilies([{ name: 'n', type: 4, metrics: [{ histogram }] }])
}

const oneBucket = (count: number, inBucket: number) => ({
  count,
  sum: 1,
  schema: 3,
  positiveSpans: [[0, 1]] as const,
  positiveDeltas: [inBucket],
})

const floatCounter = (value: number, startMs?: number): FamilyText => ({
  name: 'p_total',
  type: 0,
  metrics: [{ counter: startMs === undefined ? { value } : { value, startMs } }],
})

type Case = readonly [string, readonly Page[], readonly string[], WorldOptions]

const usual: WorldOptions = {}
const cases: readonly Case[] = [
  [
    'a counter begins with its first sample, which is not stored',
    [counter(10), counter(15), counter(20)],
    ['c 2 5 1', 'c 3 10 1'],
    usual,
  ],
  [
    'a counter that fell began a millisecond before, and is stored as it is from then on',
    [counter(100), counter(5), counter(15), counter(3)],
    ['c 2 5 1.999', 'c 3 15 1.999', 'c 4 3 3.999'],
    usual,
  ],
  [
    'gauges and what is of no type are stored as they are',
    [
      '# TYPE g gauge\ng 1\n# TYPE u untyped\nu 2\n',
      '# TYPE g gauge\ng 0\n# TYPE u untyped\nu 1\n',
    ],
    ['g 1 1 -', 'g 2 0 -', 'u 1 2 -', 'u 2 1 -'],
    usual,
  ],
  [
    'what comes behind a family and is not of it is stored as it is',
    ['# TYPE c counter\nc 1\nother 2\n', '# TYPE c counter\nc 2\nother 3\n'],
    ['c 2 1 1', 'other 1 2 -', 'other 2 3 -'],
    usual,
  ],
  [
    'a type that is told later counts from then on',
    ['c 5\n', counter(6), counter(8)],
    ['c 1 5 -', 'c 3 2 2'],
    usual,
  ],
  [
    'a type that is not told any more is not asked for while the counter is followed',
    [counter(5), 'c 6\n', 'c 8\n'],
    ['c 2 1 1', 'c 3 3 1'],
    usual,
  ],
  [
    'of a summary the sum and the count are followed, not the quantiles',
    [summary(10, 100, 10), summary(12, 150, 15)],
    ['s 0.5 1 10 -', 's 0.5 2 12 -', 's_count 2 5 1', 's_sum 2 50 1'],
    usual,
  ],
  [
    'of a classic histogram every series is followed',
    [classic(1, 2, 0.5), classic(2, 4, 1.5)],
    ['h_bucket +Inf 2 2 1', 'h_bucket 1.0 2 1 1', 'h_count 2 2 1', 'h_sum 2 1 1'],
    usual,
  ],
  [
    'a histogram that custom buckets are made of is followed as one',
    [classic(1, 2, 0.5), classic(2, 4, 1.5), classic(1, 1, 0.5), classic(2, 3, 1.5)],
    [
      'h 2 {count:2, sum:1, [-Inf,1]:1, (1,+Inf]:1} 1',
      'h 3 {count:1, sum:0.5, [-Inf,1]:1} 2.999',
      'h 4 {count:3, sum:1.5, [-Inf,1]:2, (1,+Inf]:1} 2.999',
    ],
    { job: 'convert_classic_histograms_to_nhcb: true' },
  ],
  [
    'a native histogram is subtracted by its buckets, also where there are more of them',
    [native(3, 5, [1, 1]), native(9, 12, [2, 2, -1]), native(9, 12, [1, 3, 0])],
    [
      'n 2 {count:6, sum:7, (0.9170040432046711,1]:1, (1,1.0905077326652577]:2, (1.0905077326652577,1.189207115002721]:3} 1',
      'n 3 {count:9, sum:12, (0.9170040432046711,1]:1, (1,1.0905077326652577]:4, (1.0905077326652577,1.189207115002721]:4} 2.999',
    ],
    usual,
  ],
  [
    'a native histogram of floats is followed, too',
    [native(3, 5, [1, 2], true), native(6, 10.5, [2, 4], true), native(2, 4, [1, 1], true)],
    [
      'n 2 {count:3, sum:5.5, (0.9170040432046711,1]:1, (1,1.0905077326652577]:2} 1',
      'n 3 {count:2, sum:4, (0.9170040432046711,1]:1, (1,1.0905077326652577]:1} 2.999',
    ],
    usual,
  ],
  [
    'what the page tells is taken, and ends what was made up',
    [
      openCounter(10),
      openCounter(15),
      openCounter(20, `c_created ${beginMs / 1_000 - 7}\n`),
      openCounter(25),
      openCounter(32),
    ],
    ['c_total 2 5 1', 'c_total 3 20 -7', 'c_total 5 7 4'],
    usual,
  ],
  [
    'what the page tells in protobuf is taken, and ends what was made up',
    [
      metricFamilies([floatCounter(1)]),
      metricFamilies([floatCounter(2)]),
      metricFamilies([floatCounter(3, beginMs - 3_000)]),
      metricFamilies([floatCounter(4)]),
      metricFamilies([floatCounter(6)]),
    ],
    ['p_total 2 1 1', 'p_total 3 3 -3', 'p_total 5 2 4'],
    usual,
  ],
  [
    'where told starts are not read, they do not count, and their lines are series as they are',
    [
      openCounter(10, `c_created ${beginMs / 1_000 - 7}\n`),
      openCounter(15, `c_created ${beginMs / 1_000 - 7}\n`),
    ],
    [
      `c_created 1 ${goG(beginMs / 1_000 - 7)} -`,
      `c_created 2 ${goG(beginMs / 1_000 - 7)} -`,
      'c_total 2 5 1',
    ],
    { told: false },
  ],
  [
    'a scrape that failed leaves it all as it was',
    [counter(10), counter(15), failed, counter(20), 'c 1 is not well\n', counter(30)],
    ['c 2 5 1', 'c 3 stale -', 'c 4 10 1', 'c 5 stale -', 'c 6 20 1'],
    usual,
  ],
  [
    'a counter that was not in a page begins anew',
    [counter(10), counter(15), 'g 1\n', counter(20), counter(21)],
    ['c 2 5 1', 'c 3 stale -', 'c 5 1 4', 'g 3 1 -', 'g 4 stale -'],
    usual,
  ],
  ['a counter of one sample leaves nothing behind', [counter(10), 'g 1\n'], ['g 2 1 -'], usual],
  [
    'a counter that is in a page twice begins anew with the next page',
    [counter(1), counter(2), `${counter(3)}c 4\n`, counter(5), counter(7)],
    ['c 2 1 1', 'c 3 2 1', 'c 5 2 4'],
    usual,
  ],
  [
    'a counter with times of its own is followed by them, and is stale when it is gone',
    [
      counter(`1 ${beginMs + 500}`),
      counter(`4 ${beginMs + 1_500}`),
      `# TYPE c counter\ng 1\n`,
      'g 1\n',
    ],
    ['c 1.5 3 0.5', 'c 3 stale -', 'g 3 1 -', 'g 4 1 -'],
    usual,
  ],
  [
    'two samples of a counter in its first page are a start and a value',
    [`# TYPE c counter\nc 1 ${beginMs + 500}\nc 3 ${beginMs + 700}\n`],
    ['c 0.7 2 0.5'],
    usual,
  ],
  [
    'values that are no number stay what they are',
    [counter(1), counter('NaN'), counter(3), counter('+Inf'), counter('+Inf')],
    ['c 2 NaN 1', 'c 3 2 1', 'c 4 +Inf 1', 'c 5 +Inf 1'],
    usual,
  ],
]

describe('start timestamps that are made up', () => {
  it.each(cases)('%s', async (_name, pages, expected, options) => {
    const { write, stored } = await world(options)
    write(...pages)
    expect(await stored()).toEqual(expected)
  })

  it.each([0, 3_600_000])(
    'a sample out of order is refused, and the counter begins anew, with a window of %d ms',
    async (windowMs) => {
      const { write, stored, metric } = await world({ windowMs })
      write(counter(10), counter(15), counter(`20 ${beginMs + 500}`), counter(25), counter(27))
      expect(await stored()).toEqual(['c 2 5 1', 'c 3 stale -', 'c 5 2 4'])
      expect(metric('prometheus_target_scrapes_sample_out_of_order_total')).toBe(1)
    },
  )

  it('what a page tells the start of may be out of order within a window, all else may not', async () => {
    const { write, stored, metric } = await world({ windowMs: 3_600_000 })
    const late = (beginMs + 500) / 1_000
    const created = `c_created ${beginMs / 1_000 - 7}\n`
    write(
      `# TYPE c counter\nc_total 1\n${created}# TYPE g gauge\ng 1\n# EOF\n`,
      `# TYPE c counter\nc_total 0 ${late}\n${created}# TYPE g gauge\ng 0 ${late}\n# EOF\n`,
    )
    expect([...(await stored())].sort()).toEqual([
      'c_total 0.5 0 -7',
      'c_total 1 1 -7',
      'c_total 2 stale -',
      'g 1 1 -',
      'g 2 stale -',
    ])
    expect(metric('prometheus_target_scrapes_sample_out_of_order_total')).toBe(1)
  })

  it('native histograms out of order are refused, too', async () => {
    const { write, stored, metric } = await world({ windowMs: 3_600_000 })
    const page = (count: number, timestampMs?: number) => {
      const histogram = oneBucket(count, count)
      const metric = timestampMs === undefined ? { histogram } : { histogram, timestampMs }
      return metricFamilies([{ name: 'n', type: 4, metrics: [metric] }])
    }
    write(page(1), page(2), page(3, beginMs + 500), page(4), page(6))
    expect(await stored()).toEqual([
      'n 2 {count:1, sum:0, (0.9170040432046711,1]:1} 1',
      'n 3 stale -',
      'n 5 {count:2, sum:0, (0.9170040432046711,1]:2} 4',
    ])
    expect(metric('prometheus_target_scrapes_sample_out_of_order_total')).toBe(1)
  })

  it('a first sample counts as scraped and as a series that was added, once', async () => {
    const { write, stored } = await world()
    write(`${counter(1)}g 1\n`, `${counter(2)}g 1\n`)
    const told = (await stored(true)).filter((line) => !line.startsWith('scrape_duration'))
    expect(told).toEqual([
      'scrape_samples_post_metric_relabeling 1 2 -',
      'scrape_samples_post_metric_relabeling 2 2 -',
      'scrape_samples_scraped 1 2 -',
      'scrape_samples_scraped 2 2 -',
      'scrape_series_added 1 2 -',
      'scrape_series_added 2 0 -',
      'up 1 1 -',
      'up 2 1 -',
    ])
  })

  it('a first sample does not count for the sample limit; what is over it begins anew', async () => {
    const { write, stored } = await world({ job: 'sample_limit: 1' })
    const page = (first: number, second: number) =>
      `# TYPE a counter\na ${first}\n# TYPE b counter\nb ${second}\n`
    write(page(1, 1), page(2, 2), page(3, 3), counter(1), counter(2))
    expect(await stored()).toEqual(['a 3 2 1', 'a 4 stale -', 'c 5 1 4'])
    const told = await stored(true)
    expect(told.filter((line) => line.startsWith('up'))).toEqual([
      'up 1 1 -',
      'up 2 0 -',
      'up 3 1 -',
      'up 4 1 -',
      'up 5 1 -',
    ])
    expect(told).toContain('scrape_series_added 1 2 -')
  })

  it('a page with a histogram that is not valid leaves what comes behind it as it was', async () => {
    const { write, stored } = await world()
    const page = (count: number, value: number) => {
      const gauge = { name: 'n', type: 5, metrics: [{ histogram: oneBucket(count, 1) }] }
      return metricFamilies([gauge, floatCounter(value)])
    }
    write(page(1, 1), page(1, 5), page(0, 3), page(1, 6))
    expect((await stored()).filter((line) => line.startsWith('p'))).toEqual([
      'p_total 2 4 1',
      'p_total 3 stale -',
      'p_total 4 5 1',
    ])
  })

  it('lines that go before it and reloads leave a counter and a histogram as they are', async () => {
    const { write, stored, reload } = await world({
      job: 'convert_classic_histograms_to_nhcb: true',
    })
    const gone = Array.from({ length: 100 }, (_, index) => `g${index} 1\n`).join('')
    write(`${gone}${counter(1)}${classic(1, 2, 1)}`, `${counter(2)}${classic(2, 4, 2)}`)
    reload()
    write(`g99 1\n${counter(4)}${classic(2, 5, 3)}`, `${classic(3, 6, 4)}${counter(7)}`)
    expect((await stored()).filter((line) => !line.startsWith('g'))).toEqual([
      'c 2 1 1',
      'c 3 3 1',
      'c 4 6 1',
      'h 2 {count:2, sum:1, [-Inf,1]:1, (1,+Inf]:1} 1',
      'h 3 {count:3, sum:2, [-Inf,1]:1, (1,+Inf]:2} 1',
      'h 4 {count:4, sum:3, [-Inf,1]:2, (1,+Inf]:2} 1',
    ])
  })
})
