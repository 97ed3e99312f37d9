import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startBuiltServer } from '../support/built-server.ts'
import { freePort } from '../support/free-port.ts'
import { peer, peersAreAbsent } from '../support/peers.ts'
import { RealProcess } from '../support/real-process.ts'
import { remoteWriteBody, remoteWriteHeaders } from '../support/remote-write-body.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const stepMs = 15_000
const startMs = Math.floor(Date.now() / 60_000) * 60_000 - 1_800_000
const start = startMs / 1000
const end = start + 1_500

/**
 * Requests whose status and whole answer are the real server's. Left out is what 3.14 words
 * otherwise than this peer: which two series of a match group are named first.
 */
const requests: readonly string[] = [
  `query?query=sum(a)&time=${end}`,
  `query?query=a&time=${end}&limit=2`,
  `query?query=a[1m]&time=${end}`,
  `query?query="text"&time=${end}`,
  `query?query=1.5&time=${end}`,
  `query?query=nothing&time=${end}`,
  `query?query=sum(a)&time=${end}.5`,
  `query?query=rate(a[5m])&time=${new Date(end * 1000).toISOString()}`,
  'query',
  'query?query=sum(',
  'query?query=rate(a)',
  'query?query=a{x=~"["}',
  'query?query=1&time=yesterday',
  'query?query=1&timeout=x',
  'query?query=1&limit=-1',
  'query?query=1&limit=x',
  'query?query=1&limit=99999999999999999999',
  'query?query=1&limit=x&time=x&timeout=x',
  'query?query=1&lookback_delta=x',
  `query?query=a&time=${end}&lookback_delta=0`,
  `query?query=a&time=${end + 60}&lookback_delta=30`,
  'query?query=1&time=2015-02-30T00:00:00Z',
  `query?query=a&time=${end}&timeout=1h`,
  `query_range?query=sum+by+(x)(a)&start=${start}&end=${end}&step=60`,
  `query_range?query=a>5&start=${start}&end=${end}&step=1m`,
  `query_range?query=1&start=${start}&end=${end}&step=5m`,
  `query_range?query=a[5m]&start=${start}&end=${end}&step=1m`,
  `query_range?query="s"&start=${start}&end=${end}&step=1m`,
  `query_range?query=a&start=${end}&end=${start}&step=60`,
  `query_range?query=a&start=${start}&end=${end}&step=0`,
  `query_range?query=a&start=${start}&end=${end}&step=-1`,
  `query_range?query=a&start=${start}&end=${end}`,
  `query_range?query=a&end=${end}&step=60`,
  `query_range?query=a&start=${start}&step=60`,
  `query_range?query=a&start=${start}&end=${end}&step=0.1`,
  `query_range?query=topk(1,a)&start=${start}&end=${end}&step=5m&limit=1`,
  'status/walreplay',
  'series',
  `series?match[]=a&start=${start}&end=${end}`,
  `series?match[]=a{x="0"}&match[]=b&start=${start}&end=${end}`,
  'series?match[]={x=~".*"}',
  'series?match[]=a&start=x',
  `series?match[]=a&limit=1&start=${start}&end=${end}`,
  'labels',
  'labels?match[]=b',
  'labels?limit=1',
  'labels?match[]=sum(a)',
  'label/x/values',
  'label/x/values?match[]=b',
  'labels?start=2&end=1',
  'labels?start=1&end=2',
  'label/x/values?start=1&end=2',
  `labels?start=${end - 1}&end=${end + 9e9}`,
  'series?match[]=a&start=2&end=1',
  'query_exemplars',
  'query_exemplars?query=1',
  'query_exemplars?query=a&start=2&end=1',
  'query_exemplars?query=a',
  'label/nope/values',
  'label/__name__/values',
  'label/U__x/values',
  'metadata',
  'metadata?limit=x',
  'metadata?limit=0',
  'notifications',
  'targets',
  'targets?state=active',
  'scrape_pools',
  'rules',
  'rules?type=x',
  'alerts',
  'alertmanagers',
  'format_query?query=sum(a)by(x)',
  'nothing_here',
]

/** Each kind of node of the language, and what is wrong. */
const trees: readonly string[] = [
  'a{x="1",y!~"b.*"} offset 5m',
  '{"é b"} @ 1.5',
  'rate(a[5m] offset -1m @ end())',
  'max_over_time(a[1h:1m] @ start() offset 1h)',
  'a[1h:]',
  '-(1.5e30) + -Inf',
  '"text"',
  'topk by (x) (3, a)',
  'count_values without (x) ("l", a)',
  'sum(a)',
  'a + on (x) group_left (y, z) b',
  'a and ignoring (x) b',
  '1 == bool 2',
  'label_join(a, "b", "c")',
  'day_of_month() + hour(a)',
  'time() * pi()',
  'a +',
  'sum(a',
  'rate(a)',
]

let ours = ''
let theirs = ''

describe.skipIf(peersAreAbsent)('the HTTP API beside the real Prometheus', () => {
  beforeAll(async () => {
    const directory = temporaryDirectory(atEnd)
    ours = (await startOurs(directory)).url
    theirs = (await startTheirs(directory)).url
    for (const url of [ours, theirs]) await load(url)
  }, 60_000)

  it.each(requests)('GET /api/v1/%s', async (request) => {
    expect(await ask(ours, request)).toEqual(await ask(theirs, request))
  })

  it.each(trees)('parse_query of %s, but for fields that came after this peer', async (query) => {
    const request = `parse_query?query=${encodeURIComponent(query)}`
    expect(withoutNewFields(await ask(ours, request))).toEqual(
      withoutNewFields(await ask(theirs, request)),
    )
  })

  it.each(requests.filter((request) => /^(query|query_range|series|labels)\?/.test(request)))(
    'POST /api/v1/%s',
    async (request) => {
      expect(await ask(ours, request, 'POST')).toEqual(await ask(theirs, request, 'POST'))
    },
  )
})

function withoutNewFields(answer: object): unknown {
  const added = /^(?:rangeExpr|offsetExpr|stepExpr|fillValues|anchored|smoothed)$/
  return JSON.parse(
    JSON.stringify(answer, (key, value: unknown) => (added.test(key) ? undefined : value)),
  )
}

/** What runs when the whole file has. */
const cleanings: (() => void | Promise<void>)[] = []
const atEnd = (clean: () => void | Promise<void>) => cleanings.unshift(clean)
afterAll(async () => {
  for (const clean of cleanings) await clean()
})

async function startOurs(directory: string): Promise<RealProcess> {
  return startBuiltServer({ directory, atEnd, flags: ['--web.enable-remote-write-receiver'] })
}

async function startTheirs(directory: string): Promise<RealProcess> {
  const config = join(directory, 'theirs.yml')
  writeFileSync(config, '')
  const listen = `127.0.0.1:${await freePort()}`
  const flags = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(directory, 'theirs')}`,
    `--web.listen-address=${listen}`,
    '--web.enable-remote-write-receiver',
  ]
  const prometheus = new RealProcess(peer('prometheus'), flags, `http://${listen}`)
  atEnd(async () => {
    await prometheus.stop('SIGKILL')
  })
  await prometheus.ready('/-/ready')
  return prometheus
}

async function load(url: string): Promise<void> {
  const timestampsMs = Array.from({ length: 101 }, (_, index) => startMs + index * stepMs)
  const series = ['a', 'b'].flatMap((name) =>
    ['0', '1', '2'].map((x) => ({
      labels: [
        ['__name__', name],
        ['x', x],
        ...(name === 'b' ? [['y', 'é'] as const] : []),
      ] as const,
      timestampsMs,
      values: Float64Array.from(timestampsMs, (_, index) => index * (Number(x) + 1) + 0.25),
    })),
  )
  const response = await fetch(`${url}/api/v1/write`, {
    method: 'POST',
    body: remoteWriteBody(series),
    headers: remoteWriteHeaders,
  })
  expect(response.status).toBe(204)
}

async function ask(url: string, request: string, method: 'GET' | 'POST' = 'GET'): Promise<object> {
  const [path = '', query = ''] = request.split('?', 2)
  const parameters = new URLSearchParams(query)
  const response =
    method === 'GET'
      ? await fetch(`${url}/api/v1/${path}${query === '' ? '' : `?${parameters}`}`)
      : await fetch(`${url}/api/v1/${path}`, { method, body: parameters })
  const text = await response.text()
  const type = response.headers.get('content-type')
  return {
    status: response.status,
    type,
    body: type === 'application/json' ? normal(JSON.parse(text)) : text,
  }
}

/** The order of series in an instant vector and in /series is each server's own. */
function normal(body: { data?: { resultType?: string; result?: { metric?: object }[] } }): object {
  const result = body.data?.result
  if (body.data?.resultType === 'vector' && Array.isArray(result)) {
    result.sort((a, b) => (JSON.stringify(a.metric) < JSON.stringify(b.metric) ? -1 : 1))
  }
  return body
}
