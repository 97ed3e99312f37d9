import { describe, expect, it } from 'vitest'
import { DiscoveryBench } from '../support/discovery-bench.ts'
import { pageServer } from '../support/page-server.ts'

const registration = {
  Address: '10.0.0.5',
  AllocID: '9ba3ac6b',
  CreateIndex: 12,
  Datacenter: 'dc1',
  ID: '_nomad-task-1',
  JobID: 'shop',
  Namespace: 'default',
  NodeID: '6a6d',
  Port: 8080,
  ServiceName: 'cart api',
  Tags: ['metrics', 'v2'],
}

async function nomad(answers: Record<string, unknown>) {
  const asked: string[] = []
  const server = await pageServer((request, response) => {
    asked.push(request.url ?? '')
    const answer = answers[request.url?.split('?')[0] ?? '']
    response.statusCode = answer === undefined ? 500 : 200
    response.setHeader('Content-Type', 'application/json')
    response.end(answer === undefined ? 'No cluster leader' : JSON.stringify(answer))
  })
  return { asked, url: `http://${server.host}` }
}

const job = (server: string, keys = '') => `- job_name: n
  nomad_sd_configs: [{server: "${server}", refresh_interval: 30s${keys}}]
`

describe('Nomad discovery', () => {
  it('gives the instances of every service all their labels', async () => {
    const { asked, url } = await nomad({
      '/v1/services': [
        { Namespace: 'default', Services: [{ ServiceName: 'cart api', Tags: ['metrics'] }] },
        { Namespace: 'other', Services: [{ ServiceName: 'plain' }] },
      ],
      '/v1/service/cart%20api': [registration],
      '/v1/service/plain': [{ ...registration, ServiceName: 'plain', Address: '::1', Tags: [] }],
    })
    const bench = new DiscoveryBench()
    bench.apply(job(url, ', namespace: "*", tag_separator: ;'))
    const common = {
      __meta_nomad_dc: 'dc1',
      __meta_nomad_namespace: 'default',
      __meta_nomad_node_id: '6a6d',
      __meta_nomad_service_id: '_nomad-task-1',
      __meta_nomad_service_port: '8080',
    }
    await bench.untilTargets('n', [
      {
        __address__: '10.0.0.5:8080',
        ...common,
        __meta_nomad_address: '10.0.0.5',
        __meta_nomad_service: 'cart api',
        __meta_nomad_service_address: '10.0.0.5',
        __meta_nomad_tags: ';metrics;v2;',
      },
      {
        __address__: '[::1]:8080',
        ...common,
        __meta_nomad_address: '::1',
        __meta_nomad_service: 'plain',
        __meta_nomad_service_address: '::1',
      },
    ])
    expect(asked[0]).toBe('/v1/services?namespace=*&region=global&stale=')
  })

  it('keeps the last good answer and counts where one service cannot be asked for', async () => {
    const answers: Record<string, unknown> = {
      '/v1/services': [{ Namespace: 'default', Services: [{ ServiceName: 'a' }] }],
      '/v1/service/a': [registration],
    }
    const { url } = await nomad(answers)
    const bench = new DiscoveryBench()
    bench.apply(job(url))
    await bench.untilMetric('prometheus_sd_discovered_targets', 1)
    delete answers['/v1/service/a']
    await bench.clock.advance(30_000)
    await bench.untilMetric('prometheus_sd_nomad_failures_total', 1)
    expect(bench.logged).toEqual([
      'Unable to refresh target groups: Unexpected response code: 500 (No cluster leader)',
    ])
    expect(bench.metric('prometheus_sd_discovered_targets')).toBe(1)
  })

  it('a server address of another kind is a failed configuration, and the rest goes on', () => {
    const bench = new DiscoveryBench()
    bench.apply(`${job('localhost:4646')}  static_configs: [{targets: [x]}]\n`)
    expect(bench.told).toEqual([['n: x']])
    expect(bench.metric('prometheus_sd_failed_configs')).toBe(1)
    expect(bench.logged).toEqual([
      'Cannot create service discovery: address "localhost:4646" has to begin with http:// or https:// or unix://',
    ])
  })
})
