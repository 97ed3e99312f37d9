import { describe, expect, it } from 'vitest'
import { DiscoveryBench } from '../../support/discovery-bench.ts'
import { networkLabels, networks, startEngine } from './engine.ts'

const job = (host: string, keys = '') => `- job_name: d
  docker_sd_configs: [{host: "${host}", refresh_interval: 30s${keys}}]
`

function container(id: string, more: object = {}) {
  return {
    Id: id,
    Names: [`/${id}`],
    Image: 'img:1',
    ImageID: 'sha256:aa',
    Command: 'run',
    State: 'running',
    Labels: {},
    Ports: [],
    HostConfig: { NetworkMode: 'bridge' },
    NetworkSettings: {
      Networks: { bridge: { NetworkID: 'net-1', IPAddress: '172.17.0.2', GlobalIPv6Address: '' } },
    },
    ...more,
  }
}

const labels = (id: string, mode = 'bridge') => ({
  __meta_docker_container_id: id,
  __meta_docker_container_name: `/${id}`,
  __meta_docker_container_image: 'img:1',
  __meta_docker_container_image_id: 'sha256:aa',
  __meta_docker_container_network_mode: mode,
})

const bridge = { ...networkLabels.bridge('__meta_docker_'), __meta_docker_network_ip: '172.17.0.2' }

describe('Docker discovery', () => {
  it('makes a target of each TCP port of each network', async () => {
    const engine = await startEngine(
      {
        '/networks': networks,
        '/containers/json': [
          container('c1', {
            Labels: { 'com.docker.compose.project': 'shop' },
            Ports: [
              { IP: '0.0.0.0', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' },
              { PrivatePort: 53, Type: 'udp' },
              { PrivatePort: 443, Type: 'tcp' },
            ],
          }),
        ],
      },
      { isUnix: true, apiVersion: '1.43' },
    )
    const bench = new DiscoveryBench()
    bench.apply(job(engine.host, ', filters: [{name: status, values: [running, paused]}]'))
    const own = {
      ...labels('c1'),
      __meta_docker_container_label_com_docker_compose_project: 'shop',
    }
    await bench.untilTargets('d', [
      {
        __address__: '172.17.0.2:80',
        ...own,
        ...bridge,
        __meta_docker_port_private: '80',
        __meta_docker_port_public: '8080',
        __meta_docker_port_public_ip: '0.0.0.0',
      },
      { __address__: '172.17.0.2:443', ...own, ...bridge, __meta_docker_port_private: '443' },
    ])
    expect(engine.asked).toEqual([
      '/_ping',
      '/v1.43/containers/json?filters={"status":{"running":true,"paused":true}}',
      '/v1.43/networks',
    ])
  })

  it('finds the address of containers without ports, of the host network and of shared networks', async () => {
    const engine = await startEngine(
      {
        '/networks': networks,
        '/containers/json': [
          container('plain'),
          container('nameless', { Names: [] }),
          container('host', {
            HostConfig: { NetworkMode: 'host' },
            NetworkSettings: { Networks: { host: { NetworkID: 'net-h', IPAddress: '' } } },
          }),
          container('v6', {
            NetworkSettings: {
              Networks: {
                bridge: { NetworkID: 'net-1', IPAddress: '', GlobalIPv6Address: 'fd00::2' },
              },
            },
          }),
          container('sidecar', {
            HostConfig: { NetworkMode: 'container:plain' },
            NetworkSettings: { Networks: {} },
          }),
          container('lost', {
            HostConfig: { NetworkMode: 'container:lost' },
            NetworkSettings: { Networks: null },
          }),
        ],
      },
      { apiVersion: '1.99' },
    )
    const bench = new DiscoveryBench()
    bench.apply(job(engine.host, ', port: 9100, host_networking_host: node1'))
    await bench.untilTargets('d', [
      { __address__: '172.17.0.2:9100', ...labels('plain'), ...bridge },
      { __address__: 'node1', ...labels('host', 'host') },
      {
        __address__: '[fd00::2]:9100',
        ...labels('v6'),
        ...bridge,
        __meta_docker_network_ip: 'fd00::2',
      },
      { __address__: '172.17.0.2:9100', ...labels('sidecar', 'container:plain'), ...bridge },
    ])
    expect(engine.asked).toEqual(['/_ping', '/v1.51/containers/json', '/v1.51/networks'])
  })

  it.each([
    ['true', ['10.0.0.2:80']],
    ['false', ['172.17.0.2:80', '10.0.0.2:80']],
  ])('of several networks with match_first_network %s it takes %j', async (isFirst, wanted) => {
    const engine = await startEngine({
      '/networks': [],
      '/containers/json': [
        container('c', {
          NetworkSettings: {
            Networks: {
              front: { NetworkID: 'net-1', IPAddress: '172.17.0.2' },
              back: { NetworkID: 'net-2', IPAddress: '10.0.0.2' },
              absent: null,
            },
          },
        }),
      ],
    })
    const bench = new DiscoveryBench()
    bench.apply(job(engine.host, `, match_first_network: ${isFirst}`))
    await bench.untilMetric('prometheus_sd_discovered_targets', wanted.length)
    expect(bench.told.at(-1)?.map((line) => line.split(' ')[1])).toEqual(wanted)
    expect(engine.asked[1]).toBe('/v1.24/containers/json')
  })

  it('keeps the last good answer and tells what the daemon says', async () => {
    const engine = await startEngine({
      '/networks': networks,
      '/containers/json': [container('c')],
    })
    const bench = new DiscoveryBench()
    bench.apply(job(engine.host))
    await bench.untilMetric('prometheus_sd_discovered_targets', 1)
    engine.answers = {}
    await bench.clock.advance(30_000)
    await bench.untilMetric('prometheus_sd_refresh_failures_total', 1)
    expect(bench.logged).toEqual([
      'Unable to refresh target groups: error while listing containers: Error response from daemon: This node is not a swarm manager.',
    ])
    expect(bench.metric('prometheus_sd_discovered_targets')).toBe(1)
  })
})
