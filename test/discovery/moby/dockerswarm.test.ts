import { describe, expect, it } from 'vitest'
import { DiscoveryBench } from '../../support/discovery-bench.ts'
import { networkLabels, networks, startEngine } from './engine.ts'

const services = [
  {
    ID: 's1',
    Version: { Index: 5 },
    Spec: {
      Name: 'shop_web',
      Labels: { 'com.docker.stack.namespace': 'shop' },
      TaskTemplate: { ContainerSpec: { Image: 'web:1', Hostname: 'web-host' } },
      Mode: { Replicated: { Replicas: 2 } },
    },
    Endpoint: {
      Ports: [
        {
          Name: 'http',
          Protocol: 'tcp',
          TargetPort: 80,
          PublishedPort: 8080,
          PublishMode: 'ingress',
        },
        { Protocol: 'udp', TargetPort: 53, PublishedPort: 53, PublishMode: 'ingress' },
      ],
      VirtualIPs: [
        { NetworkID: 'net-2', Addr: '10.0.0.4/24' },
        { NetworkID: 'net-1', Addr: 'fd00::4/64' },
      ],
    },
    UpdateStatus: { State: 'completed' },
  },
  {
    ID: 's2',
    Spec: { Name: 'agent', TaskTemplate: { Runtime: 'plugin' }, Mode: { Global: {} } },
    Endpoint: { VirtualIPs: [{ NetworkID: 'net-2', Addr: '10.0.0.9/24' }] },
  },
  { ID: 's3', Spec: { Name: 'none', Mode: {} }, Endpoint: {} },
]

const nodes = [
  {
    ID: 'n1',
    Spec: { Role: 'manager', Availability: 'active', Labels: { 'zone-a': 'x' } },
    Description: {
      Hostname: 'm1',
      Platform: { Architecture: 'x86_64', OS: 'linux' },
      Engine: { EngineVersion: '27.0.3' },
    },
    Status: { State: 'ready', Addr: '192.168.0.1' },
    ManagerStatus: { Leader: true, Reachability: 'reachable', Addr: '192.168.0.1:2377' },
  },
  {
    ID: 'n2',
    Spec: { Role: 'worker', Availability: 'drain' },
    Description: { Hostname: 'w1', Platform: { Architecture: 'x86_64', OS: 'linux' } },
    Status: { State: 'down', Addr: '192.168.0.2' },
  },
]

const tasks = [
  {
    ID: 't1',
    ServiceID: 's1',
    NodeID: 'n1',
    Slot: 2,
    DesiredState: 'running',
    Spec: { ContainerSpec: { Image: 'web:1', Labels: { 'a.b': 'c' } } },
    Status: {
      State: 'running',
      ContainerStatus: { ContainerID: 'cc', PID: 7 },
      PortStatus: {
        Ports: [{ Protocol: 'tcp', TargetPort: 80, PublishedPort: 9000, PublishMode: 'host' }],
      },
    },
    NetworksAttachments: [{ Network: { ID: 'net-2' }, Addresses: ['10.0.0.5/24'] }],
  },
  {
    ID: 't2',
    ServiceID: 's2',
    NodeID: 'n2',
    DesiredState: 'shutdown',
    Spec: {},
    Status: { State: 'failed', PortStatus: {} },
    NetworksAttachments: [{ Network: { ID: 'net-2' }, Addresses: ['10.0.0.7/24'] }],
  },
  { ID: 't3', ServiceID: 'gone', Spec: {}, Status: { State: 'pending' }, DesiredState: 'running' },
]

const swarm = '__meta_dockerswarm_'
const ingress = networkLabels.ingress(swarm)
const answers = { '/services': services, '/nodes': nodes, '/tasks': tasks, '/networks': networks }

const job = (host: string, role: string, keys = '') => `- job_name: d
  dockerswarm_sd_configs: [{host: "${host}", role: ${role}, refresh_interval: 30s${keys}}]
`

const n1 = {
  [`${swarm}node_id`]: 'n1',
  [`${swarm}node_role`]: 'manager',
  [`${swarm}node_address`]: '192.168.0.1',
  [`${swarm}node_availability`]: 'active',
  [`${swarm}node_hostname`]: 'm1',
  [`${swarm}node_platform_architecture`]: 'x86_64',
  [`${swarm}node_platform_os`]: 'linux',
  [`${swarm}node_status`]: 'ready',
  [`${swarm}node_label_zone_a`]: 'x',
}

const n2 = {
  [`${swarm}node_id`]: 'n2',
  [`${swarm}node_role`]: 'worker',
  [`${swarm}node_address`]: '192.168.0.2',
  [`${swarm}node_availability`]: 'drain',
  [`${swarm}node_hostname`]: 'w1',
  [`${swarm}node_platform_architecture`]: 'x86_64',
  [`${swarm}node_platform_os`]: 'linux',
  [`${swarm}node_status`]: 'down',
}

const s1 = {
  [`${swarm}service_id`]: 's1',
  [`${swarm}service_name`]: 'shop_web',
  [`${swarm}service_mode`]: 'replicated',
  [`${swarm}service_label_com_docker_stack_namespace`]: 'shop',
}

const s2 = {
  [`${swarm}service_id`]: 's2',
  [`${swarm}service_name`]: 'agent',
  [`${swarm}service_mode`]: 'global',
}

describe('Docker Swarm discovery', () => {
  it('of nodes', async () => {
    const engine = await startEngine(answers)
    const bench = new DiscoveryBench()
    bench.apply(
      job(engine.host, 'nodes', ', port: 9323, filters: [{name: role, values: [manager]}]'),
    )
    await bench.untilTargets('d', [
      {
        __address__: '192.168.0.1:9323',
        ...n1,
        [`${swarm}node_engine_version`]: '27.0.3',
        [`${swarm}node_manager_leader`]: 'true',
        [`${swarm}node_manager_reachability`]: 'reachable',
        [`${swarm}node_manager_address`]: '192.168.0.1:2377',
      },
      { __address__: '192.168.0.2:9323', ...n2 },
    ])
    expect(engine.asked[1]).toBe('/v1.24/nodes?filters={"role":{"manager":true}}')
  })

  it('of services', async () => {
    const engine = await startEngine(answers)
    const bench = new DiscoveryBench()
    bench.apply(job(engine.host, 'services'))
    const web = {
      ...s1,
      [`${swarm}service_endpoint_port_name`]: 'http',
      [`${swarm}service_endpoint_port_publish_mode`]: 'ingress',
      [`${swarm}service_task_container_hostname`]: 'web-host',
      [`${swarm}service_task_container_image`]: 'web:1',
      [`${swarm}service_updating_status`]: 'completed',
    }
    await bench.untilTargets('d', [
      { __address__: '10.0.0.4:8080', ...web, ...ingress },
      { __address__: '[fd00::4]:8080', ...web, ...networkLabels.bridge(swarm) },
      { __address__: '10.0.0.9:80', ...s2, ...ingress },
    ])
  })

  it('of tasks', async () => {
    const engine = await startEngine(answers)
    const bench = new DiscoveryBench()
    bench.apply(job(engine.host, 'tasks'))
    const t1 = {
      ...s1,
      ...n1,
      [`${swarm}task_id`]: 't1',
      [`${swarm}task_desired_state`]: 'running',
      [`${swarm}task_state`]: 'running',
      [`${swarm}task_slot`]: '2',
      [`${swarm}task_container_id`]: 'cc',
      [`${swarm}container_label_a_b`]: 'c',
    }
    await bench.untilTargets('d', [
      { __address__: '192.168.0.1:9000', ...t1, [`${swarm}task_port_publish_mode`]: 'host' },
      {
        __address__: '10.0.0.5:8080',
        ...t1,
        ...ingress,
        [`${swarm}task_port_publish_mode`]: 'ingress',
      },
      {
        __address__: '10.0.0.7:80',
        ...s2,
        ...n2,
        ...ingress,
        [`${swarm}task_id`]: 't2',
        [`${swarm}task_desired_state`]: 'shutdown',
        [`${swarm}task_state`]: 'failed',
        [`${swarm}task_slot`]: '0',
      },
    ])
  })

  it('counts an address that is none as a failed refresh', async () => {
    const [web] = services
    const engine = await startEngine({
      ...answers,
      '/services': [{ ...web, Endpoint: { VirtualIPs: [{ NetworkID: 'net-1', Addr: '' }] } }],
    })
    const bench = new DiscoveryBench()
    bench.apply(job(engine.host, 'services'))
    await bench.untilMetric('prometheus_sd_refresh_failures_total', 1)
    expect(bench.logged).toEqual([
      'Unable to refresh target groups: error while parsing address : invalid CIDR address',
    ])
  })
})
