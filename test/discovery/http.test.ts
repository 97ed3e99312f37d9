import { describe, expect, it } from 'vitest'
import { DiscoveryBench } from '../support/discovery-bench.ts'
import { type PageServer, pageServer } from '../support/page-server.ts'

/** A server of target groups whose answer the test changes. */
class Groups {
  status = 200
  contentType = 'application/json'
  body = '[]'
  server: PageServer | undefined

  static async start(body: string): Promise<{ groups: Groups; url: string; server: PageServer }> {
    const groups = new Groups()
    groups.body = body
    const server = await pageServer((_request, response) => {
      response.writeHead(groups.status, { 'Content-Type': groups.contentType })
      response.end(groups.body)
    })
    return { groups, url: `http://${server.host}/sd?x=1`, server }
  }
}

const job = (url: string, more = '') => `- job_name: h
  http_sd_configs: [{url: "${url}", refresh_interval: 30s${more}}]
`

describe('HTTP discovery', () => {
  it('asks as Prometheus does, and knows where groups came from', async () => {
    const { url, server } = await Groups.start(
      '[{"targets": ["a:1", "b:2"], "labels": {"env": "p"}}, {"targets": ["c:3"]}]',
    )
    const bench = new DiscoveryBench()
    bench.apply(job(url.replace('//', '//me:pw%40@'), ', http_headers: {X-Team: {values: [t]}}'))
    const meta = { __meta_url: url.replace('//', '//me:pw%40@') }
    await bench.untilTargets('h', [
      { __address__: 'a:1', env: 'p', ...meta },
      { __address__: 'b:2', env: 'p', ...meta },
      { __address__: 'c:3', ...meta },
    ])
    const [request] = server.requests
    expect(request?.url).toBe('/sd?x=1')
    expect(request?.headers).toMatchObject({
      accept: 'application/json',
      'x-prometheus-refresh-interval-seconds': '30',
      'user-agent': 'Prometheus/3.14.0 (Narthex)',
      'x-team': 't',
      authorization: `Basic ${Buffer.from('me:pw@').toString('base64')}`,
    })
    expect(bench.metrics.render()).toContain(
      'prometheus_sd_refresh_duration_seconds_count{config="h",mechanism="http"} 1\n',
    )
  })

  it('takes groups away that an answer does not have any more', async () => {
    const { groups, url } = await Groups.start('[{"targets": ["a"]}, {"targets": ["b"]}]')
    const bench = new DiscoveryBench()
    bench.apply(job(url))
    await bench.untilTold([`h: a ${url}`, `h: b ${url}`])
    groups.body = '[{"targets": ["b"]}]'
    await bench.clock.advance(30_000)
    await bench.untilTold([`h: b ${url}`])
    groups.body = '[]'
    await bench.clock.advance(30_000)
    await bench.untilTold([])
  })

  it.each([
    ['another status', { status: 503 }, 'server returned HTTP status 503 Service Unavailable'],
    ['another type', { contentType: 'text/plain' }, 'unsupported content type "text/plain"'],
    ['no JSON', { body: '[{"targets"' }, 'not JSON: '],
    ['no list', { body: '{}' }, 'the answer is not a list'],
    ['a null', { body: '[null]' }, 'nil target group item found'],
    ['an unknown field', { body: '[{"target": ["a"]}]' }, '[0]: unknown field "target"'],
    ['a target that is no text', { body: '[{"targets": [1]}]' }, '[0].targets[0] is not a text'],
    [
      'a label without a name',
      { body: '[{"labels": {"": "a"}}]' },
      '[0]: "" is not a valid label name',
    ],
    ['labels that are no texts', { body: '[{"labels": {"a": 1}}]' }, '[0].labels.a is not a text'],
  ])('keeps the last good answer and counts a failure for %s', async (_what, change, words) => {
    const { groups, url } = await Groups.start('[{"targets": ["a"]}]')
    const bench = new DiscoveryBench()
    bench.apply(job(url))
    await bench.untilTold([`h: a ${url}`])
    Object.assign(groups, change)
    await bench.clock.advance(30_000)
    await bench.untilMetric('prometheus_sd_http_failures_total', 1)
    expect(bench.logged[0]).toContain(`Unable to refresh target groups: ${words}`)
    expect(bench.metric('prometheus_sd_refresh_failures_total{config="h",mechanism="http"}')).toBe(
      1,
    )
    await bench.clock.advance(10_000)
    expect(bench.told.at(-1)).toEqual([`h: a ${url}`])
  })

  it('takes fields whose names have other capitals, as Prometheus does', async () => {
    const { url } = await Groups.start('[{"Targets": ["a:1"], "LABELS": {"env": "p"}}]')
    const bench = new DiscoveryBench()
    bench.apply(job(url))
    await bench.untilTargets('h', [{ __address__: 'a:1', env: 'p', __meta_url: url }])
  })

  it('takes the content types that Prometheus takes', async () => {
    for (const contentType of [
      'application/json; charset=utf-8',
      'Application/JSON;charset="UTF-8"',
    ]) {
      const { groups, url } = await Groups.start('[{"targets": ["a"]}]')
      groups.contentType = contentType
      const bench = new DiscoveryBench()
      bench.apply(job(url))
      await bench.untilTold([`h: a ${url}`])
    }
  })

  it('metrics of a discoverer go with the last job that has it', async () => {
    const { url } = await Groups.start('[{"targets": ["a"]}]')
    const bench = new DiscoveryBench()
    bench.apply(job(url))
    await bench.untilTold([`h: a ${url}`])
    bench.apply('- job_name: other\n')
    expect(bench.metrics.render()).not.toMatch(/refresh_(duration_seconds|failures).*config="h"/)
  })
})
