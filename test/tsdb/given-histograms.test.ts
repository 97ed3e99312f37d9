import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { NativeHistogram } from '../../src/model/histogram.ts'
import { Matcher } from '../../src/model/matcher.ts'
import { SpanCursor } from '../../src/model/span-cursor.ts'
import type { ChunkSeriesSet } from '../../src/storage/querier.ts'
import type { Database } from '../../src/tsdb/db.ts'
import { withLogCopy } from '../conformance/areas/tsdb-log.ts'
import { conformanceDirectory, conformanceIsAbsent } from '../support/conformance-data.ts'
import { allTime, localQuerier } from '../support/local-querier.ts'
import { Columns } from './block/block-answers.ts'

const data = join(conformanceDirectory, 'tsdb')

interface GivenHistogram {
  readonly count: string
  readonly sum: string
  readonly buckets: readonly (readonly [edges: number, low: string, high: string, count: string])[]
}

/** Buckets as Prometheus' API gives them: low and high end and count of each that counts. */
function bucketsOf(histogram: NativeHistogram): string[] {
  const cursor = new SpanCursor()
  const lines: string[] = []
  const { schema, negativeSpans, negativeSpanCount, positiveSpans, positiveSpanCount } = histogram
  const end = (place: number) => 2 ** (place / 2 ** schema)
  for (cursor.begin(negativeSpans, negativeSpanCount); cursor.valid; cursor.next()) {
    const count = histogram.negativeBuckets[cursor.index] ?? 0
    const [low, high] = [-end(cursor.place), -end(cursor.place - 1)]
    if (count > 0) lines.unshift(`${low.toPrecision(9)} ${high.toPrecision(9)} ${count}`)
  }
  const zero = histogram.zeroThreshold
  if (histogram.zeroCount > 0) {
    lines.push(`${(-zero).toPrecision(9)} ${zero.toPrecision(9)} ${histogram.zeroCount}`)
  }
  for (cursor.begin(positiveSpans, positiveSpanCount); cursor.valid; cursor.next()) {
    const count = histogram.positiveBuckets[cursor.index] ?? 0
    const [low, high] = [end(cursor.place - 1), end(cursor.place)]
    if (count > 0) lines.push(`${low.toPrecision(9)} ${high.toPrecision(9)} ${count}`)
  }
  return lines
}

async function select(database: Database, name: string): Promise<ChunkSeriesSet> {
  const matchers = [new Matcher('=', '__name__', name)]
  return await localQuerier(database).select({ matchers, ...allTime, sorted: false })
}

describe.skipIf(conformanceIsAbsent)('the histograms that a killed Prometheus left', () => {
  it.each(['with its head chunk files', 'from the log alone'])(
    'are all there, %s',
    async (from) => {
      const facts = JSON.parse(readFileSync(join(data, 'wal-data.json'), 'utf8'))
      const damage = { name: 'lost', remove: 'chunks_head', samples_per_metric: {} }
      const lost = from === 'from the log alone' ? damage : undefined
      await withLogCopy(data, facts.killed_ms, lost, async (database) => {
        const histograms = await select(database, 'native_duration_seconds')
        const { minTimeMs, maxTimeMs } = allTime
        const cursor = histograms.readHistograms(0, minTimeMs, maxTimeMs)
        const histogram = new NativeHistogram()
        const counts: string[] = []
        const given = new Map<number, GivenHistogram>()
        for (const { query, time, result } of facts.query_facts) {
          if (query === 'native_duration_seconds') given.set(time * 1000, result[0].histogram[1])
        }
        let isFirst = true
        while (cursor.next()) {
          for (const [timeMs, fact] of given) {
            // The one at hand is the newest by then.
            if (isFirst || cursor.timestampMs <= timeMs) continue
            expect({ count: String(histogram.count), sum: String(histogram.sum[0]) }).toEqual({
              count: fact.count,
              sum: fact.sum,
            })
            expect(bucketsOf(histogram)).toEqual(
              fact.buckets.map(
                ([, low, high, count]) =>
                  `${Number(low).toPrecision(9)} ${Number(high).toPrecision(9)} ${count}`,
              ),
            )
            given.delete(timeMs)
          }
          cursor.fill(histogram)
          isFirst = false
          counts.push(`${cursor.timestampMs} ${histogram.count}`)
        }
        expect(given.size).toBe(0)
        const columns = new Columns()
        const floats = await select(database, 'native_requests_total')
        const count = floats.readFloats(0, minTimeMs, maxTimeMs, columns)
        // The exporter counted its observations beside.
        expect(counts).toEqual(
          Array.from(
            { length: count },
            (_, at) => `${columns.timestampsMs[at]} ${columns.values[at]}`,
          ),
        )
        expect(counts).toHaveLength(279)
      })
    },
  )
})
