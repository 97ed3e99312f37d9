import { expect, it } from 'vitest'
import { startBuiltServer } from '../support/built-server.ts'
import { peersAreAbsent } from '../support/peers.ts'
import { startPrometheus } from '../support/real-prometheus.ts'
import { remoteWriteBody, remoteWriteHeaders } from '../support/remote-write-body.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const queries = [
  'm',
  'm offset 5m',
  'absent(m)',
  'sum by (n) (m) + on (n) group_left count by (n) (m)',
  'rate(m[2m])',
  'rate(m[30s])',
  'sum_over_time(m[7m] offset 1m)',
  'timestamp(m)',
  'quantile_over_time(0.5, m[3m]) or topk(2, m)',
  'm @ 1700000100',
  'sum(rate(m[5m] @ end()))',
  'm + m @ start()',
  'max_over_time(sum(m)[5m:30s])',
  'max_over_time(rate(m[1m])[2m:15s] offset 30s)',
  'sum_over_time(max_over_time(m[1m:15s])[3m:1m])',
  'max_over_time(m[2m:30s] @ 1700000300)',
  'vector(1) + scalar(m{n="1"})',
  'count(m > 3) / 2 ^ 3',
  'label_replace(m, "a", "$1", "n", "(.*)")',
  'nothing_here',
]
const startSeconds = 1_700_000_000
const axis = { start: startSeconds + 120, end: startSeconds + 600 }

it.skipIf(peersAreAbsent)(
  'samples that queries look at are counted as the real one counts them, in all and step by step',
  async () => {
    const flags = ['--web.enable-remote-write-receiver', '--enable-feature=promql-per-step-stats']
    const config = 'storage: { tsdb: { out_of_order_time_window: 10000d } }\n'
    const ours = await startBuiltServer({ directory: temporaryDirectory(), flags, config })
    const real = await startPrometheus(temporaryDirectory(), flags, config)
    for (const { url } of [ours, real]) await write(url)
    const asked = queries.flatMap((query): Record<string, string>[] => [
      { query, time: String(axis.end) },
      { query, start: String(axis.start), end: String(axis.end), step: '40' },
    ])
    asked.push({ query: 'm[5m]', time: String(axis.end) })
    asked.push({ query: 'rate(m[1m])[5m:30s]', time: String(axis.end) })
    for (const parameters of asked) {
      const wanted = await samplesOf(real.url, parameters)
      expect([parameters, await samplesOf(ours.url, parameters)]).toEqual([parameters, wanted])
    }
  },
)

/** Eight series of a sample each 15 s, with gaps; a ninth that ends with a stale marker. */
async function write(url: string): Promise<void> {
  const series = Array.from({ length: 9 }, (_none, n) => {
    const steps = Array.from({ length: 41 }, (_nothing, step) => step)
    const kept = steps.filter((step) => (step + n) % (n + 2) !== 0)
    return {
      labels: [
        ['__name__', 'm'],
        ['n', String(n % 3)],
        ['series', String(n)],
      ] as const,
      timestampsMs: kept.map((step) => startSeconds * 1_000 + step * 15_000 + n),
      values: Float64Array.from(kept, (step) => step * n),
    }
  })
  const answer = await fetch(`${url}/api/v1/write`, {
    method: 'POST',
    headers: remoteWriteHeaders,
    body: remoteWriteBody(series),
  })
  expect(answer.status).toBe(204)
}

/** The counts that both have; 3.14 added those of samples read. */
async function samplesOf(url: string, parameters: Record<string, string>): Promise<unknown> {
  const path = 'time' in parameters ? 'query' : 'query_range'
  const body = new URLSearchParams({ ...parameters, stats: 'all' })
  const answer = await fetch(`${url}/api/v1/${path}`, { method: 'POST', body })
  const { data }: { data: { stats: { samples: Record<string, unknown> } } } = JSON.parse(
    await answer.text(),
  )
  const { totalQueryableSamples, totalQueryableSamplesPerStep } = data.stats.samples
  return { totalQueryableSamples, totalQueryableSamplesPerStep }
}
