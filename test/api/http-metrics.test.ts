import { expect, it } from 'vitest'
import { MetricsRegistry } from '../../src/base/self-metrics.ts'
import { startApi } from '../support/api-server.ts'

it('answers are counted by route and status, and paths without a route make no series', async () => {
  const metrics = new MetricsRegistry()
  const { url } = await startApi({ metrics })
  const paths = ['/api/v1/label/job/values', '/api/v1/label/env/values', '/nowhere/1', '/nowhere/2']
  for (const path of paths) await (await fetch(url + path)).arrayBuffer()
  const page = metrics.render().split('\n')
  const counted = page.filter((line) => line.startsWith('prometheus_http_requests_total{'))
  expect(counted.sort()).toEqual([
    'prometheus_http_requests_total{code="404",handler="none"} 2',
    'prometheus_http_requests_total{code="503",handler="/api/v1/label/:name/values"} 2',
  ])
  expect(page).toContain(
    'prometheus_http_request_duration_seconds_count{handler="/api/v1/label/:name/values"} 2',
  )
})
