import { request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { MetricsRegistry } from '../../src/base/self-metrics.ts'
import { startApi } from '../support/api-server.ts'

it('answers are counted by route and status, and paths without a route make no series', async () => {
  const metrics = new MetricsRegistry()
  const { url } = await startApi({ metrics })
  const paths = ['/api/v1/label/job/values', '/api/v1/label/env/values', '/nowhere/1', '/nowhere/2']
  for (const path of paths) await (await fetch(url + path)).arrayBuffer()
  const page = metrics.render().split('\n')
  const rows = page.filter((line) => line.startsWith('prometheus_http_requests_total{'))
  const counted = rows.filter((line) => !line.endsWith(' 0'))
  expect(counted.sort()).toEqual([
    'prometheus_http_requests_total{code="404",handler="none"} 2',
    'prometheus_http_requests_total{code="503",handler="/api/v1/label/:name/values"} 2',
  ])
  expect(page).toContain(
    'prometheus_http_request_duration_seconds_count{handler="/api/v1/label/:name/values"} 2',
  )
  // Of each route, so that rates know the first answer.
  const others = rows.filter((line) => line.endsWith(' 0'))
  expect(others.filter((line) => !line.includes('{code="200",'))).toEqual([])
  for (const handler of ['/api/v1/label/:name/values', '/api/v1/query', '/federate', '/metrics']) {
    expect(others).toContain(`prometheus_http_requests_total{code="200",handler="${handler}"} 0`)
  }
})

it('sizes of answers are of what was sent: known ahead, compressed on the way, or nothing', async () => {
  const metrics = new MetricsRegistry()
  const flags = new Map(Array.from({ length: 1_000 }, (_, index) => [`flag-${index}`, 'value']))
  const { url } = await startApi({ metrics, flags })
  const plain = await sentBytes(`${url}/api/v1/status/flags`, 'identity')
  const compressed = await sentBytes(`${url}/api/v1/status/flags`, 'gzip')
  expect(compressed).toBeLessThan(plain)
  const empty = await fetch(`${url}/api/v1/nothing`, { method: 'OPTIONS' })
  expect(empty.status).toBe(204)
  const page = metrics.render().split('\n')
  const handler = 'handler="/api/v1/status/flags"'
  expect(page).toContain(
    `prometheus_http_response_size_bytes_sum{${handler}} ${plain + compressed}`,
  )
  expect(page).toContain(`prometheus_http_response_size_bytes_bucket{${handler},le="100000"} 2`)
  expect(page).toContain('prometheus_http_response_size_bytes_sum{handler="none"} 0')
})

/** Bytes of the body as they came, not decompressed. */
function sentBytes(url: string, coding: string): Promise<number> {
  return new Promise((resolve, reject) => {
    request(url, { headers: { 'Accept-Encoding': coding } }, (response) => {
      buffer(response).then((body) => resolve(body.length), reject)
    })
      .once('error', reject)
      .end()
  })
}
