import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { api } from '../support/api-client.ts'
import { startBuiltServer } from '../support/built-server.ts'
import { peersAreAbsent } from '../support/peers.ts'
import { startPrometheus } from '../support/real-prometheus.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const asked: readonly (readonly [path: string, parameters: Record<string, string>])[] = [
  ['query', { query: 'vector(1)', time: '1700000000' }],
  ['query', { query: 'vector(1', time: '1700000000' }],
  ['query', { query: 'label_replace(vector(1), "a", "$1", "b", "(")', time: '1700000000.123' }],
  ['query_range', { query: 'up > "x" or <&>', start: '1', end: '2', step: '1' }],
  ['query_range', { query: '{a="<&>\\n"}', start: '1700000000', end: '1700000100.5', step: '1m' }],
  ['query', { query: 'vector(1) + on(a) vector(2)', time: '1700000000', stats: 'all' }],
]

it.skipIf(peersAreAbsent)(
  "the query log has the real one's lines: fields, their order, what is logged and what is not",
  async () => {
    const [mine, theirs] = [temporaryDirectory(), temporaryDirectory()]
    const config = 'global: { query_log_file: q.log }\n'
    const ours = await startBuiltServer({ directory: mine, config })
    const real = await startPrometheus(theirs, [], config)
    for (const [path, parameters] of asked) {
      for (const { url } of [ours, real]) {
        await api(url, path, parameters).catch((thrown: unknown) => thrown)
      }
    }
    const wanted = linesOf(theirs).map((line) => shapeOf(line))
    const found = linesOf(mine).map((line) => shapeOf(line))
    expect(found).toEqual(wanted)
    expect(found).toHaveLength(4)
  },
)

function linesOf(directory: string): readonly string[] {
  const text = readFileSync(join(directory, 'q.log'), 'utf8')
  return text.split('\n').slice(0, -1)
}

/** A line without what differs by time and version, its fields in their order. */
function shapeOf(line: string): string {
  const { time, source: _source, traceID: _traceId, stats, ...rest } = JSON.parse(line)
  expect(new Date(time).getTime()).toBeGreaterThan(0)
  const samples: unknown = stats.samples.totalQueryableSamples
  return JSON.stringify({ ...rest, stats: { timings: Object.keys(stats.timings), samples } })
}

it.skipIf(peersAreAbsent)("the engine's metrics are those of the real one", async () => {
  const ours = await startBuiltServer({ directory: temporaryDirectory() })
  const real = await startPrometheus(temporaryDirectory())
  for (const { url } of [ours, real]) {
    await api(url, 'query', { query: 'vector(1)' })
    await api(url, 'query_range', { query: 'vector(1)', start: '1', end: '2', step: '1' })
  }
  const wanted = await seriesOf(real.url)
  const found = new Set(await seriesOf(ours.url))
  expect(wanted.filter((series) => !found.has(series))).toEqual([])
  expect(wanted.length).toBeGreaterThan(20)
})

/** The series of the engine, labels in one order, without values. */
async function seriesOf(url: string): Promise<readonly string[]> {
  const page = await (await fetch(`${url}/metrics`)).text()
  const series = page.matchAll(/^(prometheus_engine_\w+)(?:\{(.*)\})? /gm)
  return [...series].map(([, name = '', labels = '']) =>
    labels === '' ? name : `${name}{${labels.split(',').sort().join(',')}}`,
  )
}
