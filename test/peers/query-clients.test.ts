import { PrometheusDriver } from 'prometheus-query'
import { describe, expect, it } from 'vitest'
import { startBuiltServer } from '../support/built-server.ts'
import { peersAreAbsent } from '../support/peers.ts'
import { startPrometheus } from '../support/real-prometheus.ts'
import { remoteWriteHeaders } from '../support/remote-write-body.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { exemplarWriteBody } from '../support/write-exemplars.ts'

const flags = ['--web.enable-remote-write-receiver', '--enable-feature=exemplar-storage']
const stepMs = 15_000
const nowMs = Math.floor(Date.now() / stepMs) * stepMs
const startMs = nowMs - 20 * stepMs

/** Twenty steps of a counter of two jobs, of a gauge with a name in UTF-8, and exemplars. */
async function fill(url: string): Promise<void> {
  for (let timestampMs = startMs; timestampMs < nowMs; timestampMs += stepMs) {
    const trace = [{ labels: { trace_id: `t${timestampMs}` }, value: 1, timestampMs }]
    const body = exemplarWriteBody([
      { labels: { __name__: 'requests_total', job: 'a' }, timestampMs, exemplars: trace },
      { labels: { __name__: 'requests_total', job: 'b' }, timestampMs, exemplars: [] },
      { labels: { __name__: 'größe', 'ein.label': 'ü' }, timestampMs, exemplars: [] },
    ])
    const headers = remoteWriteHeaders
    const answer = await fetch(`${url}/api/v1/write`, { method: 'POST', body, headers })
    expect(`${answer.status} ${await answer.text()}`).toBe('204 ')
  }
}

async function startBoth() {
  const ours = await startBuiltServer({ directory: temporaryDirectory(), flags })
  const theirs = await startPrometheus(temporaryDirectory(), flags)
  await fill(ours.url)
  await fill(theirs.url)
  return { ours: ours.url, theirs: theirs.url }
}

/** Status and answer, without what tells two servers apart. */
async function answerOf(url: string, path: string, init: RequestInit): Promise<string> {
  const response = await fetch(`${url}${path}`, init)
  const type = response.headers.get('content-type') ?? ''
  return `${response.status} ${type} ${await response.text()}`
}

const seconds = (timeMs: number) => String(timeMs / 1_000)
const range = { start: seconds(startMs), end: seconds(nowMs) }

/** As Grafana's data source sends them: queries by form, resources by either method. */
const grafana: readonly (readonly [path: string, parameters: Readonly<Record<string, string>>])[] =
  [
    ['query_range', { query: 'rate(requests_total[1m0s])', ...range, step: '15' }],
    ['query_range', { query: 'requests_total{job="a"}', ...range, step: '0.5' }],
    [
      'query_range',
      { query: 'sum by(job) (requests_total)', ...range, step: '15', timeout: '30s' },
    ],
    ['query', { query: 'requests_total', time: seconds(nowMs - 1) }],
    ['query', { query: '{"größe", "ein.label"="ü"}', time: `${nowMs - 1}e-3` }],
    ['query', { query: '1+1', time: seconds(nowMs) }],
    ['query_exemplars', { query: 'rate(requests_total{job="a"}[1m])', ...range }],
    ['labels', { limit: '40000', ...range }],
    ['labels', { limit: '40000', ...range, 'match[]': 'requests_total' }],
    ['labels', { ...range, 'match[]': '{__name__!=""}' }],
    ['label/__name__/values', { limit: '40000', ...range }],
    ['label/__name__/values', { limit: '1', ...range, 'match[]': '{__name__=~".*total.*"}' }],
    ['label/job/values', { limit: '40000', ...range, 'match[]': 'requests_total{}' }],
    ['label/U__ein_2e_label/values', { limit: '40000', ...range }],
    ['series', { 'match[]': '{__name__!=""}', limit: '40000', ...range }],
    ['series', { 'match[]': '{job!=""}', limit: '1', ...range }],
    ['metadata', { limit: '40000' }],
    ['rules', {}],
    ['query', { query: 'requests_total{', time: seconds(nowMs) }],
    ['query_range', { query: 'requests_total', ...range, step: '0' }],
  ]

/** As Prometheus orders series, by when they came, is nobody's promise. */
function unordered(path: string, answer: string): string {
  return path === 'series'
    ? answer
        .split(/[[\]]|(?<=\}),/)
        .sort()
        .join('\n')
    : answer
}

/** What the driver makes of each of its calls. */
async function driven(endpoint: string) {
  const driver = new PrometheusDriver({ endpoint })
  const by = new PrometheusDriver({ endpoint, preferPost: true })
  const [start, end] = [new Date(startMs), new Date(nowMs)]
  const status = await driver.statusTSDB()
  return {
    instant: await driver.instantQuery('requests_total', nowMs - 1),
    scalar: await driver.instantQuery('1 + 1', nowMs),
    range: await by.rangeQuery('rate(requests_total[1m])', start, end, '15s', '30s'),
    series: await driver.series(['requests_total', '{job="a"}'], start, end),
    names: await driver.labelNames('requests_total', start, end),
    values: await driver.labelValues('job', undefined, start, end),
    targets: await driver.targets('any'),
    metadata: await driver.metadata('requests_total'),
    rules: await driver.rules(),
    alerts: await driver.alerts(),
    alertmanagers: await driver.alertmanagers(),
    head: status.headStats.numSeries,
    refused: await driver.instantQuery('sum(', nowMs).catch((thrown: unknown) => `${thrown}`),
  }
}

describe.skipIf(peersAreAbsent)('what Grafana and the driver prometheus-query ask', () => {
  it('is answered as Prometheus answers it, by GET and by POST', async () => {
    const { ours, theirs } = await startBoth()
    const answers = async (url: string, path: string, form: URLSearchParams) => {
      const get = { headers: { 'X-Grafana-Cache': 'private' } }
      const byGet = await answerOf(url, `/api/v1/${path}?${form}`, get)
      const byPost = await answerOf(url, `/api/v1/${path}`, { method: 'POST', body: form })
      return [`${path} ${form}`, unordered(path, byGet), unordered(path, byPost)]
    }
    for (const [path, parameters] of grafana) {
      const form = new URLSearchParams(parameters)
      expect(await answers(ours, path, form)).toEqual(await answers(theirs, path, form))
    }
    // The check of the data source, and what it takes for the server's kind and version.
    const info = await fetch(`${ours}/api/v1/status/buildinfo`)
    const { data }: { readonly data: Record<string, unknown> } = JSON.parse(await info.text())
    const theirInfo = await fetch(`${theirs}/api/v1/status/buildinfo`)
    expect(Object.keys(data)).toEqual(
      expect.arrayContaining(Object.keys(JSON.parse(await theirInfo.text()).data)),
    )
    expect(data.version).toMatch(/^3\.\d+\.\d+$/)
    expect(await driven(ours)).toEqual(await driven(theirs))
  })
})
