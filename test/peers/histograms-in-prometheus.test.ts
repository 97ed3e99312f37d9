import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { customBucketsSchema, type NativeHistogram } from '../../src/model/histogram.ts'
import { SpanCursor } from '../../src/model/span-cursor.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { peer, peersAreAbsent } from '../support/peers.ts'
import { startPrometheus } from '../support/real-prometheus.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { HistogramLoad, openAt } from '../tsdb/head/histogram-world.ts'

const hourMs = 3_600_000
const stepMs = 30_000
const startMs = Math.floor(Date.now() / (2 * hourMs)) * 2 * hourMs - 8 * hourMs
const endMs = startMs + 5 * hourMs

/** A series of a range vector as Prometheus' API gives it. */
interface Series {
  readonly metric: { readonly n: string }
  readonly values?: readonly (readonly [time: number, value: string])[]
  readonly histograms?: readonly (readonly [
    time: number,
    histogram: {
      readonly count: string
      readonly sum: string
      readonly buckets?: readonly (readonly [edges: number, low: string, high: string, n: string])[]
    },
  ])[]
}

/** A sample as one line: time, count, sum, and upper end and count of each bucket that counts. */
function lineOfSample(
  timeMs: number,
  count: number,
  sum: number,
  buckets: readonly (readonly [high: number, count: number])[],
): string {
  const texts = buckets.map(([high, each]) => `${Number(high.toPrecision(9))}:${each}`)
  return `${timeMs} ${count} ${sum} ${texts.join(' ')}`
}

function appendedLine(timeMs: number, histogram: NativeHistogram): string {
  const { schema, zeroThreshold, zeroCount, customBounds } = histogram
  const isCustom = schema === customBucketsSchema
  const end = (place: number) =>
    isCustom ? (customBounds[place] ?? Number.POSITIVE_INFINITY) : 2 ** (place / 2 ** schema)
  const buckets: [number, number][] = []
  const cursor = new SpanCursor()
  cursor.begin(histogram.negativeSpans, histogram.negativeSpanCount)
  for (; cursor.valid; cursor.next()) {
    // Prometheus lets them end where the zero bucket begins.
    const high = Math.min(-end(cursor.place - 1), -zeroThreshold)
    buckets.unshift([high, histogram.negativeBuckets[cursor.index] ?? 0])
  }
  if (!isCustom) buckets.push([zeroThreshold, zeroCount])
  cursor.begin(histogram.positiveSpans, histogram.positiveSpanCount)
  for (; cursor.valid; cursor.next()) {
    buckets.push([end(cursor.place), histogram.positiveBuckets[cursor.index] ?? 0])
  }
  const counting = buckets.filter(([, count]) => count !== 0)
  return lineOfSample(timeMs, histogram.count, histogram.sum[0] ?? 0, counting)
}

function answeredLines({ values = [], histograms = [] }: Series): string[] {
  const rows: { readonly timeMs: number; readonly line: string }[] = []
  for (const [time, value] of values) {
    const timeMs = Math.round(time * 1000)
    rows.push({ timeMs, line: `${timeMs} ${Number(value)}` })
  }
  for (const [time, { count, sum, buckets = [] }] of histograms) {
    const timeMs = Math.round(time * 1000)
    const pairs = buckets.map(([, , high, n]) => [Number(high), Number(n)] as const)
    rows.push({ timeMs, line: lineOfSample(timeMs, Number(count), Number(sum), pairs) })
  }
  return rows.sort((a, b) => a.timeMs - b.timeMs).map(({ line }) => line)
}

async function query(url: string, text: string, timeMs: number): Promise<readonly Series[]> {
  const parameters = new URLSearchParams({ query: text, time: String(timeMs / 1000) })
  const response = await fetch(`${url}/api/v1/query?${parameters}`)
  const answer = JSON.parse(await response.text())
  expect(answer.status, text).toBe('success')
  return answer.data.result
}

describe.skipIf(peersAreAbsent)('histograms of ours under the real Prometheus and promtool', () => {
  it('are what was appended: from blocks, from the log, and from head chunk files', {
    timeout: 240_000,
  }, async () => {
    const directory = join(temporaryDirectory(), 'data')
    const world = { fileSystem: nodeFileSystem, directory, clock: new SimClock(endMs) }
    const database = await openAt(world)
    const load = new HistogramLoad(11, 9, appendedLine)
    for (let timeMs = startMs; timeMs < endMs; timeMs += stepMs) {
      const appender = database.appender()
      load.stage(appender, timeMs)
      appender.commit()
    }
    const copies = ['chunks', 'log', 'blocks'].map((name) => join(temporaryDirectory(), name))
    const [chunks = '', log = '', blocks = ''] = copies
    // As after kill -9.
    cpSync(directory, join(chunks, 'data'), { recursive: true })
    cpSync(directory, join(log, 'data'), { recursive: true })
    rmSync(join(log, 'data', 'chunks_head'), { recursive: true })
    await database.maintain()
    expect(database.stats().blocks).toBe(1)
    await database.close()
    mkdirSync(blocks, { recursive: true })
    cpSync(directory, join(blocks, 'data'), { recursive: true })
    const listed = execFileSync(peer('promtool'), ['tsdb', 'list', join(blocks, 'data')])
    expect(listed.toString().trim().split('\n')).toHaveLength(2)
    const derived: unknown[] = []
    for (const copy of [chunks, log, blocks]) {
      const { url } = await startPrometheus(copy)
      const found = await query(url, 'h[6h]', endMs)
      expect(found).toHaveLength(9)
      for (const series of found) {
        expect(answeredLines(series), `${copy} ${series.metric.n}`).toEqual(
          load.unmarked[Number(series.metric.n)],
        )
      }
      const answers: unknown[] = []
      for (let timeMs = startMs + 5 * 60_000; timeMs < endMs; timeMs += 20 * 60_000) {
        for (const text of [
          'histogram_count(h)',
          'histogram_sum(h)',
          'histogram_quantile(0.9, h)',
          'histogram_quantile(0.5, rate(h[10m]))',
          'resets(h[1h])',
        ]) {
          answers.push(await query(url, text, timeMs))
        }
      }
      derived.push(answers)
    }
    expect(derived[1]).toEqual(derived[0])
    expect(derived[2]).toEqual(derived[0])
  })
})
