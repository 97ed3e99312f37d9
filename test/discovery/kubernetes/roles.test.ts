import { describe, expect, it } from 'vitest'
import { DiscoveryBench } from '../../support/discovery-bench.ts'
import {
  endpointSliceObject,
  endpointsObject,
  ingressObject,
  nodeObject,
  ownedObject,
  podObject,
  serviceObject,
} from '../../support/kubernetes-objects.ts'
import { KubernetesServer } from '../../support/kubernetes-server.ts'

type Texts = Readonly<Record<string, string>>

/** With the prefix that all meta labels have. */
function meta(labels: Texts): Texts {
  return Object.fromEntries(
    Object.entries(labels).map(([name, value]) => [
      /^(?:__address__|instance)$/.test(name) ? name : `__meta_kubernetes_${name}`,
      value,
    ]),
  )
}

/** What labels or annotations of an object become. */
function texts(prefix: string, pairs: Texts): Texts {
  return Object.fromEntries(
    Object.entries(pairs).flatMap(([name, value]) => [
      ...(value === '' ? [] : [[`${prefix}_${name}`, value]]),
      [`${prefix}present_${name}`, 'true'],
    ]),
  )
}

async function expectTargets(
  section: string,
  objects: (server: KubernetesServer) => void,
  wanted: readonly Texts[],
): Promise<void> {
  const server = await new KubernetesServer().start()
  objects(server)
  const bench = new DiscoveryBench()
  const keys = `api_server: ${server.url}\n${section}`.replaceAll('\n', '\n    ')
  bench.apply(`- job_name: j\n  kubernetes_sd_configs:\n  - ${keys}`)
  await bench.untilTargets('j', wanted.map(meta))
}

const app = { app: 'web' }
const podLabels = {
  ...texts('pod_label', { ...app, app_kubernetes_io_part_of: 'shop' }),
  ...texts('pod_annotation', { prometheus_io_scrape: 'true' }),
  pod_name: 'web-1',
  pod_ip: '10.244.0.5',
  pod_host_ip: '10.0.0.1',
  pod_node_name: 'node-1',
  pod_phase: 'Running',
  pod_ready: 'true',
  pod_uid: 'uid-web-1',
}
const web = {
  pod_container_name: 'web',
  pod_container_image: 'shop/web:2',
  pod_container_init: 'false',
}
const http = {
  ...web,
  pod_container_port_name: 'http',
  pod_container_port_number: '8080',
  pod_container_port_protocol: 'TCP',
}
const metrics = { ...http, pod_container_port_name: 'metrics', pod_container_port_number: '9090' }
const nodeLabels = {
  ...texts('node_label', { kubernetes_io_os: 'linux', node_role_kubernetes_io_control_plane: '' }),
  ...texts('node_annotation', { node_alpha_kubernetes_io_ttl: '0' }),
}
const service = {
  namespace: 'x',
  service_name: 'web',
  ...texts('service_label', app),
  ...texts('service_annotation', { note: 'hi' }),
}
const shop = {
  metadata: { name: 'x', labels: { team: 'shop' }, annotations: { 'a/b': 'c' } },
}
const shopLabels = {
  ...texts('namespace_label', { team: 'shop' }),
  ...texts('namespace_annotation', { a_b: 'c' }),
}

describe('the roles of Kubernetes discovery', () => {
  it('node: one target each, at the address that comes first by type', async () => {
    const outside = nodeObject('b')
    outside.status.addresses = [
      { type: 'Hostname', address: 'b' },
      { type: 'ExternalDNS', address: 'b.example' },
    ]
    const nowhere = nodeObject('c')
    nowhere.status.addresses = []
    const conditions = { node_condition_memorypressure: 'false', node_condition_ready: 'true' }
    await expectTargets(
      'role: node',
      (server) => {
        server.put('nodes', nodeObject('a', 'fd00::2'))
        server.put('nodes', outside)
        server.put('nodes', nowhere)
      },
      [
        {
          ...nodeLabels,
          ...conditions,
          node_name: 'a',
          node_provider_id: 'kind://docker/kind/a',
          node_address_InternalIP: 'fd00::2',
          node_address_Hostname: 'a',
          __address__: '[fd00::2]:10250',
          instance: 'a',
        },
        {
          ...nodeLabels,
          ...conditions,
          node_name: 'b',
          node_provider_id: 'kind://docker/kind/b',
          node_address_Hostname: 'b',
          node_address_ExternalDNS: 'b.example',
          __address__: 'b.example:10250',
          instance: 'b',
        },
      ],
    )
  })

  it('service: a target for each port, by its name in the cluster', async () => {
    const port = (name: string, number: string, protocol: string) => ({
      __address__: `web.x.svc:${number}`,
      service_port_name: name,
      service_port_number: number,
      service_port_protocol: protocol,
    })
    const cluster = { service_type: 'ClusterIP', service_cluster_ip: '10.96.0.10' }
    const one = [{ name: 'p', port: 1, protocol: 'TCP' }]
    await expectTargets(
      'role: service\nattach_metadata: {namespace: true}',
      (server) => {
        server.put('namespaces', shop)
        server.put('services', serviceObject('x', 'web'))
        server.put(
          'services',
          serviceObject('x', 'far', {
            type: 'ExternalName',
            externalName: 'e.example',
            ports: one,
          }),
        )
        server.put(
          'services',
          serviceObject(
            'x',
            'front',
            { type: 'LoadBalancer', loadBalancerIP: '9.9.9.9', ports: one },
            {
              loadBalancer: { ingress: [{ ip: '1.1.1.1' }, { hostname: 'h' }, { ip: '2.2.2.2' }] },
            },
          ),
        )
        server.put('services', serviceObject('x', 'headless', { ports: undefined }))
      },
      [
        { ...service, ...shopLabels, ...port('http', '80', 'TCP'), ...cluster },
        { ...service, ...shopLabels, ...port('dns', '53', 'UDP'), ...cluster },
        {
          ...service,
          ...shopLabels,
          ...port('p', '1', 'TCP'),
          service_name: 'far',
          __address__: 'far.x.svc:1',
          service_type: 'ExternalName',
          service_external_name: 'e.example',
        },
        {
          ...service,
          ...shopLabels,
          ...port('p', '1', 'TCP'),
          service_name: 'front',
          __address__: 'front.x.svc:1',
          service_type: 'LoadBalancer',
          service_cluster_ip: '10.96.0.10',
          service_loadbalancer_ip: '1.1.1.1,2.2.2.2',
        },
      ],
    )
  })

  it('pod: a target for each port, and for each container without any', async () => {
    const all = { ...podLabels, ...nodeLabels, ...shopLabels, namespace: 'x', node_name: 'node-1' }
    const owner = {
      pod_controller_kind: 'ReplicaSet',
      pod_controller_name: 'web-7f',
      pod_deployment_name: 'web',
    }
    const id = { pod_container_id: 'containerd://abc' }
    await expectTargets(
      'role: pod\nattach_metadata: {node: true, namespace: true, deployment: true}',
      (server) => {
        server.put('namespaces', shop)
        server.put('nodes', nodeObject('node-1'))
        server.put('replicasets', ownedObject('x', 'web-7f', 'Deployment', 'web'))
        server.put(
          'pods',
          podObject('x', 'web-1', { owner: { kind: 'ReplicaSet', name: 'web-7f' } }),
        )
        server.put('pods', podObject('x', 'starting', { ip: '', phase: 'Pending' }))
        server.put('pods', podObject('x', 'elsewhere', { node: 'unknown' }))
      },
      [
        { ...all, ...owner, ...http, ...id, __address__: '10.244.0.5:8080' },
        { ...all, ...owner, ...metrics, ...id, __address__: '10.244.0.5:9090' },
        {
          ...all,
          ...owner,
          __address__: '10.244.0.5',
          pod_container_name: 'helper',
          pod_container_image: 'shop/helper:1',
          pod_container_id: 'containerd://def',
          pod_container_init: 'false',
        },
        {
          ...all,
          ...owner,
          __address__: '10.244.0.5',
          pod_container_name: 'prepare',
          pod_container_image: 'busybox:1',
          pod_container_id: 'containerd://012',
          pod_container_init: 'true',
        },
      ],
    )
  })

  it('pod: tells the job and the cron job behind it where it is asked to', async () => {
    const bench = new DiscoveryBench()
    const server = await new KubernetesServer().start()
    server.put('jobs', ownedObject('x', 'nightly-1', 'CronJob', 'nightly'))
    server.put('pods', podObject('x', 'p', { owner: { kind: 'Job', name: 'nightly-1' } }))
    const section = (flags: string) => `- api_server: ${server.url}
    role: pod
    attach_metadata: {${flags}}`
    bench.apply(`- job_name: both\n  kubernetes_sd_configs:\n  ${section('job: true, cronjob: true')}
- job_name: neither\n  kubernetes_sd_configs:\n  ${section('')}`)
    await bench.untilMetric('prometheus_sd_kubernetes_events_total{event="add",role="pod"}', 2)
    const has = (job: string) =>
      bench.told
        .at(-1)
        ?.some((line) => line.startsWith(`${job}:`) && / nightly-1 .*nightly( |$)/.test(line))
    await bench.untilMetric('prometheus_sd_updates_total', 1)
    await bench.clock.advance(10_000)
    expect([has('both'), has('neither')]).toEqual([true, false])
  })

  const behind = (server: KubernetesServer) => {
    server.put('nodes', nodeObject('node-1'))
    server.put('nodes', nodeObject('node-2'))
    server.put('services', serviceObject('x', 'web'))
    server.put('pods', podObject('x', 'web-1'))
  }

  it('endpoints: an address and port each, with the pod, its other ports, service and node', async () => {
    const all = {
      ...service,
      endpoints_name: 'web',
      ...texts('endpoints_label', app),
      ...texts('endpoints_annotation', { note: 'ep' }),
    }
    const port = { endpoint_port_name: 'http', endpoint_port_protocol: 'TCP' }
    await expectTargets(
      'role: endpoints\nattach_metadata: {node: true}',
      (server) => {
        behind(server)
        server.put('endpoints', endpointsObject('x', 'web', 'web-1'))
      },
      [
        {
          ...all,
          ...port,
          ...podLabels,
          ...http,
          ...nodeLabels,
          node_name: 'node-1',
          __address__: '10.244.0.5:8080',
          endpoint_ready: 'true',
          endpoint_hostname: 'web-0',
          endpoint_node_name: 'node-1',
          endpoint_address_target_kind: 'Pod',
          endpoint_address_target_name: 'web-1',
        },
        {
          ...all,
          ...port,
          ...nodeLabels,
          node_name: 'node-2',
          __address__: '[fd00::1]:8080',
          endpoint_ready: 'true',
          endpoint_address_target_kind: 'Node',
          endpoint_address_target_name: 'node-2',
        },
        {
          ...all,
          ...port,
          ...nodeLabels,
          node_name: 'node-2',
          __address__: '10.244.0.9:8080',
          endpoint_ready: 'false',
          endpoint_node_name: 'node-2',
        },
        { ...all, ...podLabels, ...metrics, __address__: '10.244.0.5:9090' },
      ],
    )
  })

  it('endpointslice: the same of slices, with conditions, zone and topology', async () => {
    const all = {
      ...service,
      endpointslice_name: 'web-abc',
      endpointslice_address_type: 'IPv4',
      ...texts('endpointslice_label', { kubernetes_io_service_name: 'web' }),
      ...texts('endpointslice_annotation', { note: 'slice' }),
    }
    const port = {
      endpointslice_port: '8080',
      endpointslice_port_name: 'http',
      endpointslice_port_protocol: 'TCP',
      endpointslice_port_app_protocol: 'http',
    }
    await expectTargets(
      'role: endpointslice\nattach_metadata: {node: true}',
      (server) => {
        behind(server)
        server.put('endpointslices', endpointSliceObject('x', 'web-abc', 'web-1'))
      },
      [
        {
          ...all,
          ...port,
          ...podLabels,
          ...http,
          ...nodeLabels,
          node_name: 'node-1',
          __address__: '10.244.0.5:8080',
          endpointslice_endpoint_conditions_ready: 'true',
          endpointslice_endpoint_conditions_serving: 'true',
          endpointslice_endpoint_conditions_terminating: 'false',
          endpointslice_endpoint_hostname: 'web-0',
          endpointslice_endpoint_node_name: 'node-1',
          endpointslice_endpoint_zone: 'zone-a',
          endpointslice_address_target_kind: 'Pod',
          endpointslice_address_target_name: 'web-1',
          endpointslice_endpoint_topology_kubernetes_io_hostname: 'node-1',
          endpointslice_endpoint_topology_present_kubernetes_io_hostname: 'true',
        },
        {
          ...all,
          ...port,
          __address__: '10.244.0.9:8080',
          endpointslice_endpoint_conditions_ready: 'false',
        },
        {
          ...all,
          ...port,
          ...nodeLabels,
          node_name: 'node-2',
          __address__: '10.0.0.2:8080',
          endpointslice_address_target_kind: 'Node',
          endpointslice_address_target_name: 'node-2',
        },
        { ...all, ...podLabels, ...metrics, __address__: '10.244.0.5:9090' },
      ],
    )
  })

  it('endpointslice: the second family of a dual-stack service is left out', async () => {
    const policy = { ipFamilyPolicy: 'PreferDualStack', ipFamilies: ['IPv6', 'IPv4'] }
    const endpoints = [{ addresses: ['fd00::5'], conditions: {} }]
    const ports = [{ port: 1 }]
    await expectTargets(
      'role: endpointslice',
      (server) => {
        server.put('services', serviceObject('x', 'web', policy))
        const six = { addressType: 'IPv6', endpoints, ports }
        server.put('endpointslices', endpointSliceObject('x', 'four', 'none'))
        server.put('endpointslices', endpointSliceObject('x', 'six', 'none', six))
      },
      [
        {
          ...service,
          endpointslice_name: 'six',
          endpointslice_address_type: 'IPv6',
          ...texts('endpointslice_label', { kubernetes_io_service_name: 'web' }),
          ...texts('endpointslice_annotation', { note: 'slice' }),
          __address__: '[fd00::5]:1',
          endpointslice_port: '1',
        },
      ],
    )
  })

  it('ingress: a target for each path, by https where its host has a certificate', async () => {
    const all = {
      namespace: 'x',
      ingress_name: 'web',
      ingress_class_name: 'nginx',
      ...texts('ingress_label', app),
      ...texts('ingress_annotation', { note: 'in' }),
    }
    const target = (scheme: string, host: string, path: string) => ({
      ...all,
      __address__: host,
      ingress_scheme: scheme,
      ingress_host: host,
      ingress_path: path,
    })
    await expectTargets(
      'role: ingress',
      (server) => server.put('ingresses', ingressObject('x', 'web')),
      [
        target('https', 'www.shop.example', '/a'),
        target('https', 'www.shop.example', '/'),
        target('http', 'a.b.shop.example', '/'),
        target('http', 'plain.example', '/'),
        target('https', 'intranet', '/'),
      ],
    )
  })
})

describe('a change of what a target tells of', () => {
  it('is told with the target', async () => {
    const server = await new KubernetesServer().start()
    server.put('pods', podObject('x', 'web-1'))
    server.put('services', serviceObject('x', 'web'))
    server.put('endpoints', endpointsObject('x', 'web', 'web-1'))
    const bench = new DiscoveryBench()
    bench.apply(`- job_name: j
  kubernetes_sd_configs:
  - {api_server: '${server.url}', role: endpoints, attach_metadata: {namespace: true}}`)
    const told = (text: string) => bench.told.at(-1)?.some((line) => line.includes(text)) === true
    const until = async (isSo: () => boolean) => {
      for (let tries = 0; tries < 150 && !isSo(); tries++) {
        await bench.clock.advance(100)
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      expect(isSo()).toBe(true)
    }
    await until(() => told('Running'))
    server.put('pods', podObject('x', 'web-1', { phase: 'Failed' }))
    await until(() => told('Failed') && !told('Running'))
    server.put('services', serviceObject('x', 'web', { ports: [] }))
    server.put('namespaces', shop)
    await until(() => told('shop'))
    server.remove('services', 'x', 'web')
    await until(() => !told(' hi '))
    server.remove('endpoints', 'x', 'web')
    await until(() => bench.told.at(-1)?.length === 0)
  })
})
