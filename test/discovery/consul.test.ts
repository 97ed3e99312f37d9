import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { DiscoveryBench } from '../support/discovery-bench.ts'
import { type PageServer, pageServer } from '../support/page-server.ts'

/** Speaks Consul's protocol: questions wait until what they ask for has another index. */
class Consul {
  readonly #values = new Map<string, { index: number; body: unknown }>()
  readonly #waiting = new Map<ServerResponse, { path: string; index: string }>()
  readonly asked: string[] = []
  readonly tokens = new Set<string | undefined>()
  status = 200
  host = ''
  server: PageServer | undefined

  static async start(values: Readonly<Record<string, unknown>>): Promise<Consul> {
    const consul = new Consul()
    for (const [path, body] of Object.entries(values)) consul.set(path, body, 10)
    consul.server = await pageServer((request, response) => {
      const url = new URL(request.url ?? '', 'http://consul')
      consul.asked.push(decodeURIComponent(`${url.pathname}${url.search}`))
      const token = request.headers['x-consul-token']
      consul.tokens.add(Array.isArray(token) ? token[0] : token)
      const index = url.searchParams.get('index') ?? ''
      consul.#waiting.set(response, { path: url.pathname, index })
      consul.#answer()
    })
    consul.host = consul.server.host
    return consul
  }

  set(path: string, body: unknown, index: number): void {
    this.#values.set(path, { index, body })
    this.#answer()
  }

  fail(status: number): void {
    this.status = status
    this.#answer()
  }

  #answer(): void {
    for (const [response, { path, index }] of this.#waiting) {
      const value = this.#values.get(path)
      const isNews = value !== undefined && String(value.index) !== index
      if (!isNews && this.status === 200) continue
      this.#waiting.delete(response)
      response.statusCode = this.status
      if (this.status !== 200 || value === undefined) {
        response.end('rpc error: No cluster leader')
        continue
      }
      response.setHeader('Content-Type', 'application/json')
      response.setHeader('X-Consul-Index', String(value.index))
      response.setHeader('X-Consul-Lastcontact', '0')
      response.setHeader('X-Consul-Knownleader', 'true')
      response.end(JSON.stringify(value.body))
    }
  }
}

const agent = { Config: { Datacenter: 'dc-a', NodeName: 'n1' }, DebugConfig: {} }

function instance(id: string, more: object = {}) {
  return {
    Node: { ID: 'x', Node: 'n1', Address: '10.1.0.1', Datacenter: 'dc-a', Meta: null },
    Service: { ID: id, Service: 'web', Tags: null, Address: '', Port: 80, Meta: null, ...more },
    Checks: [{ Node: 'n1', CheckID: 'serfHealth', Status: 'passing' }],
  }
}

const job = (host: string, keys = '') => `- job_name: c
  consul_sd_configs: [{server: "${host}"${keys}}]
`

describe('Consul discovery', () => {
  it('gives the instances of every service all their labels', async () => {
    const consul = await Consul.start({
      '/v1/agent/self': agent,
      '/v1/catalog/services': { consul: [], web: ['a', 'b'] },
      '/v1/health/service/consul': [instance('consul')],
      '/v1/health/service/web': [
        {
          Node: {
            Node: 'n2',
            Address: '10.1.0.2',
            Meta: { 'rack.name': 'r1' },
            TaggedAddresses: { lan: '10.1.0.2', 'wan-v4': '1.2.3.4' },
          },
          Service: {
            ID: 'web-1',
            Service: 'web',
            Tags: ['a', 'b'],
            Address: 'fe80::1',
            Port: 8080,
            Meta: { version: '7' },
            Namespace: 'ns1',
            Partition: 'p1',
          },
          Checks: [
            { CheckID: 'serfHealth', Status: 'passing' },
            { CheckID: 'service:web-1', Status: 'warning' },
          ],
        },
      ],
    })
    const bench = new DiscoveryBench()
    bench.apply(job(consul.host))
    await bench.untilTargets('c', [
      {
        __address__: '10.1.0.1:80',
        __meta_consul_address: '10.1.0.1',
        __meta_consul_dc: 'dc-a',
        __meta_consul_health: 'passing',
        __meta_consul_node: 'n1',
        __meta_consul_service: 'consul',
        __meta_consul_service_id: 'consul',
        __meta_consul_service_port: '80',
        __meta_consul_tags: ',,',
      },
      {
        __address__: '[fe80::1]:8080',
        __meta_consul_address: '10.1.0.2',
        __meta_consul_dc: 'dc-a',
        __meta_consul_health: 'warning',
        __meta_consul_metadata_rack_name: 'r1',
        __meta_consul_namespace: 'ns1',
        __meta_consul_node: 'n2',
        __meta_consul_partition: 'p1',
        __meta_consul_service: 'web',
        __meta_consul_service_address: 'fe80::1',
        __meta_consul_service_id: 'web-1',
        __meta_consul_service_metadata_version: '7',
        __meta_consul_service_port: '8080',
        __meta_consul_tagged_address_lan: '10.1.0.2',
        __meta_consul_tagged_address_wan_v4: '1.2.3.4',
        __meta_consul_tags: ',a,b,',
      },
    ])
    expect(consul.asked.slice(0, 2)).toEqual([
      '/v1/agent/self',
      '/v1/catalog/services?stale=&wait=120000ms',
    ])
    const calls = bench.metrics.render().match(/^.*consul_rpc_duration_seconds_count.*$/gm)
    expect(calls).toEqual([
      'prometheus_sd_consul_rpc_duration_seconds_count{call="services",endpoint="catalog"} 1',
      'prometheus_sd_consul_rpc_duration_seconds_count{call="service",endpoint="catalog"} 2',
    ])
  })

  it('hears of news at once, of services that come and go too', async () => {
    const consul = await Consul.start({
      '/v1/catalog/services': { web: [] },
      '/v1/health/service/web': [instance('w1')],
      '/v1/health/service/db': [instance('d1', { Service: 'db', Port: 90 })],
    })
    const bench = new DiscoveryBench()
    bench.apply(job(consul.host, ', datacenter: dc-b, refresh_interval: 1s'))
    const addresses = () => bench.told.at(-1)?.map((line) => line.split(' ')[1])
    const until = async (wanted: readonly string[]) => {
      await bench.until(() => String(addresses()) === String(wanted))
      expect(addresses()).toEqual(wanted)
    }
    await until(['10.1.0.1:80'])
    await bench.clock.advance(2_000)
    consul.set('/v1/health/service/web', [instance('w1'), instance('w2', { Port: 81 })], 11)
    await until(['10.1.0.1:80', '10.1.0.1:81'])
    consul.set('/v1/catalog/services', { web: [], db: ['x'] }, 12)
    await until(['10.1.0.1:80', '10.1.0.1:81', '10.1.0.1:90'])
    consul.set('/v1/catalog/services', { db: ['x'] }, 13)
    await until(['10.1.0.1:90'])
    consul.set('/v1/catalog/services', {}, 14)
    await until([])
    expect(consul.asked.filter((path) => path.includes('catalog')).slice(0, 3)).toEqual([
      '/v1/catalog/services?dc=dc-b&stale=&wait=120000ms',
      '/v1/catalog/services?dc=dc-b&stale=&index=10&wait=120000ms',
      '/v1/catalog/services?dc=dc-b&stale=&index=12&wait=120000ms',
    ])
  })

  it('asks from the beginning again where the index goes back', async () => {
    const consul = await Consul.start({ '/v1/health/service/web': [instance('w1')] })
    const bench = new DiscoveryBench()
    bench.apply(job(consul.host, ', datacenter: d, services: [web], refresh_interval: 1s'))
    const asked = async (count: number) => {
      await bench.until(() => consul.asked.length >= count)
      return consul.asked.map((path) => /index=\d+/.exec(path)?.[0])
    }
    expect(await asked(2)).toEqual([undefined, 'index=10'])
    consul.set('/v1/health/service/web', [instance('w1')], 3)
    expect(await asked(4)).toEqual([undefined, 'index=10', undefined, 'index=3'])
  })

  it('asks for what the configuration wants', async () => {
    const consul = await Consul.start({
      '/p/v1/catalog/services': { web: ['a', 'b'], db: ['a'], other: ['a', 'b'] },
      '/p/v1/health/service/web': [instance('w1', { Tags: ['b', 'a'] })],
    })
    const bench = new DiscoveryBench()
    bench.apply(
      job(
        consul.host,
        `, path_prefix: /p, token: secret, datacenter: d, namespace: n, partition: q, allow_stale: false,
          services: [web, db], tags: [a, b], node_meta: {k: v}, filter: 'Name != x', health_filter: 'y == z',
          tag_separator: ;`,
      ),
    )
    await bench.untilMetric('prometheus_sd_discovered_targets', 1)
    expect(consul.asked).toEqual([
      '/p/v1/catalog/services?filter=Name+!=+x&ns=n&partition=q&dc=d&node-meta=k:v&wait=120000ms',
      '/p/v1/health/service/web?tag=a&tag=b&filter=y+==+z&ns=n&partition=q&dc=d&node-meta=k:v&wait=120000ms',
    ])
    expect([...consul.tokens]).toEqual(['secret'])
    expect(bench.told.at(-1)?.[0]).toContain(';b;a;')
  })

  it.each([
    [[], 'passing'],
    [
      [
        ['c', 'passing'],
        ['c', 'critical'],
        ['c', 'warning'],
      ],
      'critical',
    ],
    [[['_node_maintenance', 'critical']], 'maintenance'],
    [
      [
        ['_service_maintenance:web', 'critical'],
        ['c', 'passing'],
      ],
      'maintenance',
    ],
    [
      [
        ['c', 'warning'],
        ['c', 'passing'],
      ],
      'warning',
    ],
    [[['c', 'unheard of']], undefined],
  ])('checks %j make the health %s', async (checks, health) => {
    const Checks = checks.map(([CheckID, Status]) => ({ CheckID, Status }))
    const consul = await Consul.start({
      '/v1/health/service/web': [{ ...instance('w1'), Checks }],
    })
    const bench = new DiscoveryBench()
    bench.apply(job(consul.host, ', datacenter: d, services: [web]'))
    await bench.untilTargets('c', [
      {
        __address__: '10.1.0.1:80',
        __meta_consul_address: '10.1.0.1',
        __meta_consul_dc: 'd',
        ...(health === undefined ? {} : { __meta_consul_health: health }),
        __meta_consul_node: 'n1',
        __meta_consul_service: 'web',
        __meta_consul_service_id: 'w1',
        __meta_consul_service_port: '80',
        __meta_consul_tags: ',,',
      },
    ])
  })

  it('keeps the last good answer while Consul fails, and comes back by itself', async () => {
    const consul = await Consul.start({ '/v1/health/service/web': [instance('w1')] })
    const bench = new DiscoveryBench()
    bench.apply(job(consul.host, ', datacenter: d, services: [web], refresh_interval: 1s'))
    await bench.untilMetric('prometheus_sd_discovered_targets', 1)
    consul.fail(500)
    await bench.untilMetric('prometheus_sd_consul_rpc_failures_total', 1)
    expect(bench.logged[0]).toBe(
      'Error refreshing service: Unexpected response code: 500 (rpc error: No cluster leader)',
    )
    expect(bench.metric('prometheus_sd_discovered_targets')).toBe(1)
    consul.status = 200
    consul.set('/v1/health/service/web', [instance('w1'), instance('w2')], 11)
    await bench.clock.advance(15_000)
    await bench.untilMetric('prometheus_sd_discovered_targets', 2)
  })

  it('tries the agent again where it does not say its datacenter', async () => {
    const consul = await Consul.start({
      '/v1/agent/self': agent,
      '/v1/health/service/web': [instance('w1')],
    })
    consul.fail(503)
    const bench = new DiscoveryBench()
    bench.apply(job(consul.host, ', services: [web]'))
    await bench.untilMetric('prometheus_sd_consul_rpc_failures_total', 1)
    consul.status = 200
    await bench.clock.advance(15_000)
    await bench.untilMetric('prometheus_sd_discovered_targets', 1)
  })
})
