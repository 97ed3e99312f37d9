import { cpSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { NativeHistogram } from '../../src/model/histogram.ts'
import { Labels } from '../../src/model/labels.ts'
import { Matcher } from '../../src/model/matcher.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { instant } from '../support/api-client.ts'
import { startBuiltServer } from '../support/built-server.ts'
import { peersAreAbsent } from '../support/peers.ts'
import { startPrometheus } from '../support/real-prometheus.ts'
import { remoteWriteBody, remoteWriteHeaders } from '../support/remote-write-body.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { histogramBody } from '../support/written-histogram.ts'
import { Random } from '../tsdb/chunk/chunk-series.ts'
import { HistogramLoad, openAt } from '../tsdb/head/histogram-world.ts'
import { RandomHistograms } from '../tsdb/head/random-histograms.ts'

const stepMs = 30_000
const steps = 110
const endMs = Math.floor(Date.now() / stepMs) * stepMs
const startMs = endMs - steps * stepMs
const feature = '--enable-feature=memory-snapshot-on-shutdown'

const floatQueries = ['count_over_time(f[2h])', 'sum_over_time(f[2h])', 'last_over_time(f[2h])']
const queries = [
  ...floatQueries,
  'count({n!=""})',
  'count_over_time(h[2h])',
  'histogram_count(h)',
  'histogram_sum(h)',
  'histogram_quantile(0.7, h)',
  'h[2h]',
]

async function answers(url: string, asked = queries): Promise<string[]> {
  const found: string[] = []
  for (const query of asked) {
    const samples = await instant(url, query, endMs / 1000)
    expect(samples.length, query).toBeGreaterThan(0)
    found.push(...samples.map((sample) => `${query} ${JSON.stringify(sample)}`).sort())
  }
  return found
}

/** Files and folders of a data directory that are named so. */
function named(directory: string, pattern: RegExp): string[] {
  return readdirSync(directory).filter((name) => pattern.test(name))
}

describe.skipIf(peersAreAbsent)('a memory snapshot', () => {
  it('of ours is all that the real Prometheus needs of the log', {
    timeout: 120_000,
  }, async () => {
    const directory = temporaryDirectory()
    const data = join(directory, 'data')
    const world = { fileSystem: nodeFileSystem, directory: data, clock: new SimClock(endMs) }
    const database = await openAt(world, { snapshotsMemory: true })
    const load = new HistogramLoad(3, 8)
    const floats = new Uint32Array(20)
    for (let timeMs = startMs; timeMs < endMs; timeMs += stepMs) {
      const appender = database.appender()
      load.stage(appender, timeMs)
      floats.forEach((_, n) => {
        floats[n] = appender.series(Labels.of({ __name__: 'f', n: String(n) }))
      })
      const values = Float64Array.from(floats, (_, n) => (timeMs - startMs) / 1_000 + n)
      appender.append(floats, new Float64Array(20).fill(timeMs), values, 20)
      appender.commit()
    }
    const deleted = { minTimeMs: startMs, maxTimeMs: startMs + 50 * stepMs }
    await database.admin.deleteSeries([[new Matcher('=', 'n', '4')]], deleted)
    await database.close()
    expect(named(data, /^chunk_snapshot/)).toHaveLength(1)
    const whole = temporaryDirectory()
    cpSync(data, join(whole, 'data'), { recursive: true })
    const segments = named(join(data, 'wal'), /^\d+$/)
    for (const name of segments.slice(0, -1)) rmSync(join(data, 'wal', name))
    const { url } = await startPrometheus(directory, [feature])
    const ofLog = await startPrometheus(whole)
    expect(await answers(url)).toEqual(await answers(ofLog.url))
  })

  it('of the real Prometheus is all that we need of its log', { timeout: 120_000 }, async () => {
    const directory = temporaryDirectory()
    const data = join(directory, 'data')
    const flags = ['--web.enable-remote-write-receiver', feature]
    const first = await startPrometheus(directory, [...flags, '--enable-feature=native-histograms'])
    await write(first.url)
    const expected = await answers(first.url)
    await first.stop('SIGTERM')
    const [snapshot = ''] = named(data, /^chunk_snapshot/)
    const [, segment, offset] = snapshot.split('.')
    // What the snapshot has is not in the log any more.
    const path = join(data, 'wal', String(Number(segment)).padStart(8, '0'))
    const bytes = Buffer.from(nodeFileSystem.readFile(path))
    expect(Number(offset)).toBeGreaterThan(0)
    writeFileSync(path, bytes.fill(0, 0, Number(offset)))
    const ours = await startBuiltServer({ directory, flags })
    const ofFloats = expected.filter((line) => line.includes('_over_time(f'))
    expect(await answers(ours.url, floatQueries)).toEqual(ofFloats)
    await ours.stop('SIGTERM')
    const [own, ...others] = named(data, /^chunk_snapshot/)
    expect([own === snapshot, others]).toEqual([false, []])
    const again = await startPrometheus(directory, flags)
    expect(await answers(again.url)).toEqual(expected)
  })
})

async function write(url: string): Promise<void> {
  const timestampsMs = Array.from({ length: steps }, (_, step) => startMs + step * stepMs)
  const floats = Array.from({ length: 20 }, (_, n) => ({
    labels: [
      ['__name__', 'f'],
      ['n', String(n)],
    ] as const,
    timestampsMs,
    values: Float64Array.from(timestampsMs, (_, step) => step * (n + 0.5)),
  }))
  const histograms = Array.from({ length: 6 }, (_, n) => {
    const source = new RandomHistograms(new Random(n + 1))
    return {
      labels: [
        ['__name__', 'h'],
        ['n', String(n)],
      ] as const,
      histograms: timestampsMs.map((timeMs) => {
        const histogram = new NativeHistogram()
        histogram.copyFrom(source.next())
        return [timeMs, histogram] as const
      }),
    }
  })
  for (const body of [remoteWriteBody(floats), histogramBody(histograms)]) {
    const response = await fetch(`${url}/api/v1/write`, {
      method: 'POST',
      body,
      headers: remoteWriteHeaders,
    })
    expect(`${response.status} ${await response.text()}`).toBe('204 ')
  }
}
