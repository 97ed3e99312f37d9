import type { RequestListener } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startBuiltServer } from '../support/built-server.ts'
import { freePort } from '../support/free-port.ts'
import { type FamilyText, metricFamilies } from '../support/metric-families.ts'
import { pageServer } from '../support/page-server.ts'
import { peer, peersAreAbsent } from '../support/peers.ts'
import { PromClientPages } from '../support/prom-client-pages.ts'
import { RealProcess } from '../support/real-process.ts'
import { startPrometheus } from '../support/real-prometheus.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { waitUntil } from '../support/wait-until.ts'

const protobufType =
  'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited'
const openMetricsType = 'application/openmetrics-text; version=1.0.0; charset=utf-8'

function families(createdMs: number): readonly FamilyText[] {
  const exemplar = { labels: { trace_id: 'p1' }, value: 0.3, timestampMs: createdMs + 100 }
  return [
    {
      name: 'requests_total',
      type: 0,
      help: 'Requests.',
      metrics: [
        { labels: { code: '200' }, counter: { value: 17, exemplar, startMs: createdMs } },
        { labels: { code: '500', job: 'own' }, counter: { value: 2 } },
      ],
    },
    {
      name: 'rpc_seconds',
      type: 2,
      metrics: [
        {
          summary: {
            count: 9,
            sum: 4.5,
            quantiles: [
              [0.5, 0.25],
              [0.99, 1],
            ],
          },
        },
      ],
    },
    {
      name: 'classic_seconds',
      type: 4,
      metrics: [
        {
          histogram: {
            count: 5,
            sum: 2.5,
            buckets: [
              { le: 0.5, count: 3, exemplar },
              { le: 1, count: 5 },
            ],
          },
        },
      ],
    },
    {
      name: 'native_seconds',
      type: 4,
      metrics: [
        {
          labels: { path: '/' },
          histogram: {
            count: 11,
            sum: 6.25,
            schema: 4,
            zeroThreshold: 1e-3,
            zeroCount: 1,
            positiveSpans: [
              [-3, 2],
              [2, 3],
              [40, 1],
            ],
            positiveDeltas: [1, 1, 0, -2, 3, -2],
            negativeSpans: [[0, 1]],
            negativeDeltas: [1],
            buckets: [{ le: 1, count: 9 }],
            exemplars: [exemplar],
            startMs: createdMs,
          },
        },
      ],
    },
    {
      name: 'native_gauge',
      type: 5,
      metrics: [
        {
          histogram: {
            countFloat: 2.5,
            sum: 1,
            schema: 0,
            positiveSpans: [[0, 2]],
            positiveCounts: [1, 1.5],
          },
        },
      ],
    },
    { name: 'size_bytes', type: 1, unit: 'bytes', metrics: [{ gauge: Infinity }] },
    { name: 'odd', type: 3, metrics: [{ labels: { le: '1' }, untyped: -0.125 }] },
  ]
}

function openMetrics(createdMs: number): string {
  const created = (createdMs / 1_000).toFixed(3)
  return `# HELP jobs Jobs.
# TYPE jobs counter
jobs_total{kind="a"} 5 # {trace_id="o1"} 1 ${(createdMs / 1_000 + 0.2).toFixed(3)}
jobs_created{kind="a"} ${created}
# TYPE wait_seconds histogram
# UNIT wait_seconds seconds
wait_seconds_bucket{le="1"} 2 # {trace_id="o2"} 0.5 ${(createdMs / 1_000 + 0.3).toFixed(3)}
wait_seconds_bucket{le="+Inf"} 4
wait_seconds_sum 7
wait_seconds_count 4
wait_seconds_created ${created}
# TYPE build info
build_info{version="1"} 1
# EOF
`
}

const textPage = `# TYPE t_seconds histogram
t_seconds_bucket{le="0.1"} 1
t_seconds_bucket{le="1"} 3
t_seconds_bucket{le="+Inf"} 6
t_seconds_sum 9.5
t_seconds_count 6
# TYPE plain gauge
plain{job="page",x="1",instance="i"} 3
plain{x="2"} NaN
plain{x="2"} 4
with_time{x="1"} 5 1000
{"quoted name","a b"="c"} 1
`

/** What a changing page has by now. */
interface Stage {
  isLate: boolean
}

function pages(createdMs: number, stage: Stage): RequestListener {
  const client = new PromClientPages()
  return (request, response) => {
    const answer = (type: string, body: string | Buffer) => {
      response.writeHead(200, { 'content-type': type }).end(body)
    }
    const path = request.url?.split('?')[0]
    if (path === '/proto') answer(protobufType, metricFamilies(families(createdMs)))
    else if (path === '/openmetrics') answer(openMetricsType, openMetrics(createdMs))
    else if (path === '/openmetrics_plain') {
      answer(openMetricsType, openMetrics(createdMs).replace(/^.*_created.*\n/gm, ''))
    } else if (path === '/text') answer('text/plain; version=0.0.4', textPage)
    else if (path === '/hostile') answer('text/plain', 'a{b="1} 2\n')
    else if (path === '/dying' && stage.isLate) response.destroy()
    else if (path === '/client' || path === '/dying') void client.answer('text', response)
    else if (path === '/client_openmetrics') void client.answer('openmetrics', response)
    else if (path === '/untyped') answer('', 'untyped_page 1\n')
    else if (path === '/probe') answer('text/plain', `probe{of="${request.url}"} 1\n`)
    else answer('text/plain', stage.isLate ? 'stays 1\ncomes 1\n' : 'stays 1\ngoes 1\n')
  }
}

/** name, path, and what the job has beside. */
type Job = readonly [name: string, path: string, more?: string]

const plainJobs: readonly Job[] = [
  ['proto', '/proto'],
  ['proto_classic', '/proto', 'always_scrape_classic_histograms: true'],
  ['proto_coarse', '/proto', 'native_histogram_bucket_limit: 6'],
  ['proto_factor', '/proto', 'native_histogram_min_bucket_factor: 1.5'],
  ['proto_over', '/proto', 'native_histogram_bucket_limit: 1'],
  ['openmetrics', '/openmetrics'],
  ['text', '/text'],
  ['text_honor', '/text', 'honor_labels: true, honor_timestamps: false'],
  ['text_limit', '/text', 'sample_limit: 3'],
  ['text_labels', '/text', 'label_limit: 3'],
  ['client', '/client'],
  ['client_openmetrics', '/client_openmetrics'],
  ['dying', '/dying'],
  ['hostile', '/hostile'],
  ['untyped', '/untyped'],
  ['fallback', '/untyped', 'fallback_scrape_protocol: PrometheusText0.0.4'],
]

/**
 * Prometheus 3.5 refuses these where zeroes are stored at start timestamps, and takes _created lines
 * for a part of what it converts, as 3.14 does no more.
 */
const customJobs: readonly Job[] = ['proto', 'openmetrics_plain', 'text'].flatMap((page): Job[] => {
  const converts = 'convert_classic_histograms_to_nhcb: true'
  const both = `${converts}, always_scrape_classic_histograms: true`
  return [
    [`${page}_custom`, `/${page}`, converts],
    [`${page}_both`, `/${page}`, both],
  ]
})

function config(host: string, jobs: readonly Job[], own: string, more = ''): string {
  const lines = [...jobs, ['changing', '/changing'] as const].map(([name, path, keys = '']) => {
    const targets = `static_configs: [{ targets: ['${host}'] }]`
    return `  - { job_name: ${name}, metrics_path: ${path}, ${[targets, keys].filter(Boolean).join(', ')} }`
  })
  return `global: { scrape_interval: 1s${own} }\nscrape_configs:\n${lines.join('\n')}\n${more}`
}

function relabelledJobs(host: string, exporter: string): string {
  return `  - job_name: blackbox
    metrics_path: /probe
    params: { module: [http] }
    static_configs: [{ targets: ['http://a', 'http://b'] }]
    relabel_configs:
      - { source_labels: [__address__], target_label: __param_target }
      - { source_labels: [__param_target], target_label: instance }
      - { target_label: __address__, replacement: '${host}' }
  - { job_name: node, static_configs: [{ targets: ['${exporter}'] }] }
`
}

interface Sample {
  readonly metric: Readonly<Record<string, string>>
  readonly value?: readonly [number, string]
  readonly histogram?: readonly [number, object]
}

async function ask<T>(url: string, path: string): Promise<T> {
  const answer = JSON.parse(await (await fetch(`${url}/api/v1/${path}`)).text())
  expect(answer.status, path).toBe('success')
  return answer.data
}

function keyOf(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join(',')
}

/**
 * What has a sample now, with it; of what changes by itself only that it is there, and nothing of
 * what comes and goes by itself: a process has a series for each type of resource that it holds.
 */
async function stored(url: string): Promise<Record<string, unknown>> {
  const query = encodeURIComponent('{__name__!="",job!=""}')
  const { result } = await ask<{ result: readonly Sample[] }>(url, `query?query=${query}`)
  const changes = (metric: Readonly<Record<string, string>>) =>
    metric.__name__?.startsWith('scrape_duration') === true ||
    (metric.job === 'client' && metric.__name__?.startsWith('scrape_samples') === true) ||
    /^(nodejs|process)_/.test(metric.__name__ ?? '') ||
    (metric.job === 'node' && metric.__name__ !== 'up')
  const rows = result.map(({ metric, value, histogram }) => {
    const told = changes(metric) ? 'changes' : (value?.[1] ?? histogram?.[1])
    return [keyOf(metric), told] as const
  })
  return Object.fromEntries(rows.filter(([key]) => !comesAndGoes.test(key)))
}

const comesAndGoes = /scrape_series_added|__name__=nodejs_active_(resources|handles|requests),/

/** Exemplars by series, without doubles of series that have them under several names. */
async function exemplars(url: string): Promise<Record<string, unknown>> {
  const query = encodeURIComponent(
    '{__name__=~"requests_total|native_seconds|classic.*|client.*|jobs.*|wait.*"}',
  )
  const range = `start=${Date.now() / 1_000 - 600}&end=${Date.now() / 1_000 + 60}`
  const found = await ask<
    readonly { seriesLabels: Record<string, string>; exemplars: readonly unknown[] }[]
  >(url, `query_exemplars?query=${query}&${range}`)
  // 3.5 takes them from the classic series of protobuf that it converts, 3.14 does not.
  const told = found.filter(
    ({ seriesLabels: { job, __name__: name } }) =>
      job !== 'proto_both' || name?.endsWith('_bucket') !== true,
  )
  return Object.fromEntries(told.map((one) => [keyOf(one.seriesLabels), one.exemplars]))
}

async function zeroes(url: string): Promise<Record<string, unknown>> {
  const query = encodeURIComponent('{__name__=~"requests_total|jobs_total|wait_seconds_sum"}[1m]')
  const { result } = await ask<{
    result: readonly { metric: Record<string, string>; values: readonly [number, string][] }[]
  }>(url, `query?query=${query}`)
  return Object.fromEntries(
    result.map(({ metric, values }) => [
      keyOf(metric),
      values.filter(([, value]) => value === '0'),
    ]),
  )
}

async function errors(url: string): Promise<Record<string, string>> {
  const { activeTargets } = await ask<{
    activeTargets: readonly { scrapePool: string; scrapeUrl: string; lastError: string }[]
  }>(url, 'targets')
  return Object.fromEntries(
    // We tell line and column, too.
    activeTargets.map(({ scrapePool, scrapeUrl, lastError }) => [
      `${scrapePool} ${scrapeUrl}`,
      lastError.replace(/ \(line \d+, column \d+\)$/, ''),
    ]),
  )
}

interface Pair {
  readonly ours: string
  readonly theirs: string
}

/** Both servers, when both have seen the changing page before and after its change. */
async function pairOn(
  createdMs: number,
  features: string,
  jobs: readonly Job[],
  more: (host: string) => string = () => '',
): Promise<Pair> {
  const stage = { isLate: false }
  const { host } = await pageServer(pages(createdMs, stage))
  const [ours, theirs] = await Promise.all([
    startBuiltServer({
      directory: temporaryDirectory(),
      config: config(host, jobs, ', scrape_native_histograms: true', more(host)),
      flags: [`--enable-feature=${features}`],
    }),
    startPrometheus(
      temporaryDirectory(),
      [`--enable-feature=${features},native-histograms`],
      config(host, jobs, '', more(host)),
    ),
  ])
  const both = [ours.url, theirs.url]
  const has = (name: string) => async () => {
    const keys = await Promise.all(both.map(async (url) => Object.keys(await stored(url))))
    const isThere = keys.every((some) => some.some((key) => key.includes(`__name__=${name},`)))
    return isThere || undefined
  }
  await waitUntil('both have scraped', has('goes'))
  stage.isLate = true
  await waitUntil('both have seen the page change', has('comes'))
  // One more scrape of everything.
  await pause(1_500)
  return { ours: ours.url, theirs: theirs.url }
}

async function expectSame({ ours, theirs }: Pair): Promise<void> {
  expect(await stored(ours)).toEqual(await stored(theirs))
  expect(await exemplars(ours)).toEqual(await exemplars(theirs))
  expect(await errors(ours)).toEqual(await errors(theirs))
}

async function startExporter(): Promise<string> {
  const listen = `127.0.0.1:${await freePort()}`
  const exporter = new RealProcess(
    peer('node_exporter'),
    [`--web.listen-address=${listen}`, '--collector.disable-defaults', '--collector.loadavg'],
    `http://${listen}`,
  )
  onTestFinished(async () => {
    await exporter.stop('SIGKILL')
  })
  await exporter.ready('/metrics')
  return listen
}

describe.skipIf(peersAreAbsent)('beside a real Prometheus that scrapes the same targets', () => {
  it('stores the same series, histograms, exemplars and zeroes, and tells the same errors', {
    timeout: 60_000,
  }, async () => {
    const exporter = await startExporter()
    const pair = await pairOn(
      Date.now() - 5_000,
      'exemplar-storage,created-timestamp-zero-ingestion',
      plainJobs,
      (host) => relabelledJobs(host, exporter),
    )
    const ours = Object.keys(await stored(pair.ours))
    expect(ours.length).toBeGreaterThan(150)
    // All that a process left behind ends with it.
    expect(ours.filter((key) => /__name__=(client|process)_.*job=dying/.test(key))).toEqual([])
    await expectSame(pair)
    const zeroesOfOurs = await zeroes(pair.ours)
    expect(Object.values(zeroesOfOurs).flat().length).toBeGreaterThan(5)
    expect(zeroesOfOurs).toEqual(await zeroes(pair.theirs))
  })

  it('makes the same custom buckets of classic histograms', { timeout: 60_000 }, async () => {
    const pair = await pairOn(Date.now() - 5_000, 'exemplar-storage', customJobs)
    await expectSame(pair)
  })
})
