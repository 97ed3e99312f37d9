import { describe, expect, it, onTestFinished } from 'vitest'
import { limits } from '../../src/base/limits.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { MetricsRegistry } from '../../src/base/self-metrics.ts'
import { NativeHistogram } from '../../src/model/histogram.ts'
import { WriteReceiver } from '../../src/remote/write-receiver.ts'
import { openDatabase } from '../support/open-database.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { histogramBody, type WrittenHistograms } from '../support/written-histogram.ts'
import { Random } from '../tsdb/chunk/chunk-series.ts'
import { lineOf, storedIn } from '../tsdb/head/histogram-world.ts'
import { RandomHistograms } from '../tsdb/head/random-histograms.ts'

const headers = { contentType: 'application/x-protobuf', contentEncoding: 'snappy' }
const startMs = Math.floor(Date.now() / 1000) * 1000 - 1_000_000

async function receiving() {
  const database = await openDatabase(temporaryDirectory())
  onTestFinished(() => database.close())
  const metrics = new MetricsRegistry()
  const receiver = new WriteReceiver({ appendable: database, logger: silentLogger, metrics })
  return {
    stored: () => storedIn(database, nodeFileSystem),
    send: async (...series: readonly WrittenHistograms[]) => {
      const { status, text } = await receiver.receive(histogramBody(series), headers)
      return text === '' ? `${status}` : `${status} ${text}`
    },
  }
}

function labelsOf(n: number) {
  return [
    ['__name__', 'h'],
    ['n', String(n)],
  ] as const
}

/** One span of buckets from place 1 on. */
function histogramOf(counts: readonly number[], schema = 0): NativeHistogram {
  const histogram = new NativeHistogram()
  histogram.schema = schema
  histogram.setPositiveSpans(Int32Array.of(1, counts.length), 1)
  histogram.positiveBucketCount = counts.length
  histogram.reserveBuckets(counts.length, 0)
  histogram.positiveBuckets.set(counts)
  histogram.count = counts.reduce((sum, count) => sum + count, 0)
  return histogram
}

describe('native histograms of remote write', () => {
  it('are stored as they were sent, of all kinds, several series and samples to a request', async () => {
    const { send, stored } = await receiving()
    const random = new Random(77)
    const sources = Array.from({ length: 5 }, () => new RandomHistograms(random))
    const expected: string[][] = sources.map(() => [])
    for (let request = 0; request < 40; request++) {
      const series = sources.map((source, n) => {
        const histograms = Array.from({ length: 3 }, (_, index) => {
          const timestampMs = startMs + request * 3_000 + index * 1_000
          const histogram = source.next()
          expected[n]?.push(lineOf(timestampMs, histogram))
          return [timestampMs, histogram] as const
        })
        return { labels: labelsOf(n), histograms }
      })
      expect(await send(...series)).toBe('204')
    }
    expect(await stored()).toEqual(expected)
  })

  it('of a schema that is too fine are brought to the finest that is stored', async () => {
    const { send, stored } = await receiving()
    const fine = histogramOf([1, 2, 3, 4, 5, 6, 7, 8], 10)
    expect(await send({ labels: labelsOf(0), histograms: [[startMs, fine]] })).toBe('204')
    expect(await stored()).toEqual([[lineOf(startMs, histogramOf([10, 26], 8))]])
  })

  it('that are refused cost the request, nothing of it is kept, and the sender is told why', async () => {
    const { send, stored } = await receiving()
    const good = histogramOf([1, 2])
    const one = (n: number, timestampMs: number, histogram: NativeHistogram) => ({
      labels: labelsOf(n),
      histograms: [[timestampMs, histogram] as const],
    })
    expect(await send(one(0, startMs, good))).toBe('204')
    const short = histogramOf([1, 2])
    short.count = 2
    const fine = histogramOf([1, 2], 12)
    fine.setPositiveSpans(Int32Array.of(1, 2_000_000_000), 1)
    const wide = histogramOf(new Array<number>(limits.histogramPartsMax).fill(0))
    for (const [timestampMs, histogram, text] of [
      [startMs - 1, good, 'out of order sample'],
      [
        startMs,
        short,
        "3 observations found in buckets, but the Count field is 2: histogram's observation count should equal the number of observations found in the buckets (in absence of NaN)",
      ],
      [startMs, histogramOf([1, 3]), 'duplicate sample for timestamp'],
      [
        startMs + 1,
        fine,
        'histogram has an invalid schema, which must be between -4 and 8 for exponential buckets, or -53 for custom buckets, got schema 12',
      ],
      [startMs + 1, wide, `more than ${limits.histogramPartsMax} buckets, spans and bounds`],
    ] as const) {
      const answer = await send(one(1, startMs, good), one(0, timestampMs, histogram))
      expect(answer).toBe(`400 ${text}`)
    }
    expect(await send(one(0, 9e15, good))).toBe(
      '400 out of bounds: timestamp 9000000000000000 ms, limit 8640000000000000 ms',
    )
    // The same again is no fault, nor is a series that is skipped for its labels.
    const nameless = { labels: [['n', '5']] as const, histograms: [[startMs, short] as const] }
    expect(await send(one(0, startMs, good), nameless)).toBe('204')
    expect(await stored()).toEqual([[lineOf(startMs, good)]])
  })
})
