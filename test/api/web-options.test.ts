import { mkdirSync, writeFileSync } from 'node:fs'
import { get as httpGet } from 'node:http'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { MetricsRegistry } from '../../src/base/self-metrics.ts'
import { AnchoredRegex } from '../../src/model/regex.ts'
import { externalUrlOf } from '../../src/tool/external-url.ts'
import { readCommandLine } from '../../src/tool/flags.ts'
import { routePrefixOf, userAssetsOf } from '../../src/tool/web-flags.ts'
import { apiOptions, feedOf, startApi } from '../support/api-server.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

function flagsOf(...parameters: string[]) {
  const line = readCommandLine(parameters)
  if (line.kind !== 'serve') throw new Error('no flags')
  return line.flags
}

describe('the prefix of all paths', () => {
  it.each([
    [[], 'http://host:9090', ''],
    [['--web.external-url=https://example.org/prom/'], 'https://example.org/prom', '/prom'],
    [['--web.external-url=http://a/b', '--web.route-prefix=/'], 'http://a/b', ''],
    [['--web.route-prefix=x/y/'], 'http://host:9090', '/x/y'],
    [['--web.external-url=/prometheus/'], '/prometheus', '/prometheus'],
    [['--web.external-url=prom/a'], '/prom/a', '/prom/a'],
    [['--web.external-url=HTTP://Prom:80/a//?b=/c/'], 'http://Prom:80/a?b=/c/', '/a'],
    [['--web.external-url=//prom/'], '//prom', ''],
    [['--web.external-url=http://a/x y/ł/'], 'http://a/x%20y/%C5%82', '/x%20y/%C5%82'],
    [['--web.external-url=prom.example:9090'], 'prom.example:9090', ''],
  ])('of %j is the external URL’s path, or its own', (parameters, url, prefix) => {
    const flags = flagsOf(...parameters)
    const external = externalUrlOf(flags, 'host', 9090)
    expect(external.text).toBe(url)
    expect(routePrefixOf(flags, external)).toBe(prefix)
  })

  it.each([
    ["'http://prom'", 'URL must not begin or end with quotes'],
    ['prom"', 'URL must not begin or end with quotes'],
    ['http://prom:a', 'parse "http://prom:a": invalid port ":a" after host'],
    ['/%zz', 'parse "/%zz": invalid URL escape "%zz"'],
    ['a/%zz', 'parse "a/%zz": invalid URL escape "%zz"'],
  ])('an external URL that is none is refused: %s', (url, why) => {
    const flags = flagsOf(`--web.external-url=${url}`)
    expect(() => externalUrlOf(flags, 'host', 9090)).toThrow(`flag --web.external-url: ${why}`)
  })

  it('stands before everything, and the root leads to it', async () => {
    const { url } = await startApi({ routePrefix: '/prom', externalPath: '/prom' })
    const statusOf = async (path: string) => {
      const response = await fetch(url + path, { redirect: 'manual' })
      return [response.status, response.headers.get('location')]
    }
    expect(await statusOf('/prom/-/healthy')).toEqual([200, null])
    expect(await statusOf('/prom/api/v1/status/flags')).toEqual([200, null])
    expect(await statusOf('/prom')).toEqual([302, '/prom/query'])
    expect(await statusOf('/')).toEqual([302, '/prom'])
    for (const path of ['/-/healthy', '/promx/-/healthy', '/api/v1/status/flags', '/metrics']) {
      expect(await statusOf(path), path).toEqual([404, null])
    }
  })
})

describe('pages of other sites', () => {
  const headersOf = async (pattern: string | undefined, origin: string) => {
    const crossOrigin = pattern === undefined ? undefined : new AnchoredRegex(pattern)
    const { url } = await startApi({ crossOrigin })
    const { headers } = await fetch(`${url}/api/v1/status/flags`, { headers: { Origin: origin } })
    return [headers.get('access-control-allow-origin'), headers.get('vary')]
  }

  it.each([
    [undefined, 'http://a.example', null],
    ['.*', 'http://a.example', 'http://a.example'],
    ['https?://(a|b)\\.example', 'http://a.example', 'http://a.example'],
    ['https?://(a|b)\\.example', 'http://a.example.evil', null],
  ])('with the flag %j from %s may read: %j', async (pattern, origin, allowed) => {
    expect(await headersOf(pattern, origin)).toEqual([allowed, 'Accept-Encoding, Origin'])
  })
})

describe('files of the user', () => {
  it('are served below /user/, and nothing beside them', async () => {
    const folder = temporaryDirectory()
    mkdirSync(join(folder, 'assets', 'sub'), { recursive: true })
    writeFileSync(join(folder, 'secret'), 'secret')
    writeFileSync(join(folder, 'assets', 'sub', 'a b.html'), '<p>')
    const flags = flagsOf(`--web.user-assets=${join(folder, 'assets')}`)
    const { port } = await startApi({ userAssets: userAssetsOf(flags, nodeFileSystem) })
    expect(await rawGet(port, '/user/sub/a%20b.html')).toEqual([200, '<p>'])
    // Paths are cleaned as they are written, before anything is looked up.
    for (const [path, cleaned] of [
      ['/user/../secret', '/secret'],
      ['/user//sub/a%20b.html', '/user/sub/a%20b.html'],
    ] as const) {
      const [status, text] = await rawGet(port, path)
      expect([status, text], path).toEqual([307, expect.stringContaining(`href="${cleaned}"`)])
    }
    for (const path of [
      '/secret',
      '/user/%2e%2e/secret',
      '/user/..%2fsecret',
      '/user/sub/..%2f..%2fsecret',
      '/user/sub',
      '/user/',
      '/user/%00',
    ]) {
      expect((await rawGet(port, path))[0], path).toBe(404)
    }
  })
})

/** Without what fetch does to paths. */
function rawGet(port: number, path: string): Promise<readonly [number, string]> {
  return new Promise((resolve, reject) => {
    httpGet({ port, path }, (response) => {
      let text = ''
      response.on('data', (piece: Buffer) => {
        text += piece.toString()
      })
      response.on('end', () => resolve([response.statusCode ?? 0, text]))
    }).once('error', reject)
  })
}

describe('live notifications', () => {
  it('come as events, and too many listeners are sent away', async () => {
    const feed = feedOf([{ text: 'odd', sinceMs: 1_700_000_000_000 }])
    const { url, server } = await startApi({ notificationFeed: () => feed })
    const listen = () => fetch(`${url}/api/v1/notifications/live`)
    const [first, second] = [await listen(), await listen()]
    expect([first.status, first.headers.get('content-type')]).toEqual([200, 'text/event-stream'])
    expect(first.headers.get('x-content-type-options')).toBe('nosniff')
    const piece = await first.body?.getReader().read()
    expect(Buffer.from(piece?.value ?? []).toString()).toBe(
      'data: {"text":"odd","date":"2023-11-14T22:13:20Z","active":true}\n\n',
    )
    expect((await listen()).status).toBe(204)
    await server.close()
    expect(await second.text()).toContain('data: ')
  })
})

describe('our own metrics', () => {
  it('are told as text, protobuf and JSON', async () => {
    const metrics = new MetricsRegistry()
    metrics.counter('a_total', 'Some "a".', { x: '"\n' }).add(1e21)
    metrics.histogram('b_seconds', 'b', [0.5, 1]).observe(0.7)
    // Nothing is told of a family without series, as upstream has it.
    metrics.summaries('ab_seconds', 'None yet.', [0.5])
    const { url } = await startApi(apiOptions({ metrics, httpMetrics: apiOptions().httpMetrics }))
    const text = await (await fetch(`${url}/metrics`)).text()
    expect(text.split('\n').slice(0, 10)).toEqual([
      '# HELP a_total Some "a".',
      '# TYPE a_total counter',
      'a_total{x="\\"\\n"} 1e+21',
      '# HELP b_seconds b',
      '# TYPE b_seconds histogram',
      'b_seconds_bucket{le="0.5"} 0',
      'b_seconds_bucket{le="1"} 1',
      'b_seconds_bucket{le="+Inf"} 1',
      'b_seconds_sum 0.7',
      'b_seconds_count 1',
    ])
    const accept =
      'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited'
    const protobuf = await fetch(`${url}/metrics`, { headers: { Accept: accept } })
    const bytes = Buffer.from(await protobuf.arrayBuffer())
    expect(bytes.subarray(1, 10).toString('latin1')).toBe('\n\x07a_total')
    const path = 'api/v1/status/self_metrics?metric_name_pattern=b_.*'
    const json: unknown = await (await fetch(`${url}/${path}`)).json()
    expect(json).toEqual({
      status: 'success',
      data: [
        {
          name: 'b_seconds',
          help: 'b',
          type: 'HISTOGRAM',
          metric: [
            {
              histogram: {
                sampleCount: '1',
                sampleSum: 0.7,
                bucket: [
                  { cumulativeCount: '0', upperBound: 0.5 },
                  { cumulativeCount: '1', upperBound: 1 },
                ],
              },
            },
          ],
        },
      ],
    })
    expect((await fetch(`${url}/api/v1/status/self_metrics?metric_name_pattern=(`)).status).toBe(
      400,
    )
  })
})
