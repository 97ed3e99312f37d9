import { describe, expect, it } from 'vitest'
import { DiscoveryBench } from '../../support/discovery-bench.ts'
import { nodeObject, podObject, serviceObject } from '../../support/kubernetes-objects.ts'
import { KubernetesServer } from '../../support/kubernetes-server.ts'
import { waitUntil } from '../../support/wait-until.ts'

async function cluster(): Promise<KubernetesServer> {
  return await new KubernetesServer().start()
}

function bench(server: KubernetesServer, more: string): DiscoveryBench {
  const made = new DiscoveryBench()
  made.apply(`- job_name: j
  kubernetes_sd_configs:
  - api_server: ${server.url}
    ${more.replaceAll('\n', '\n    ')}`)
  return made
}

/** The addresses that were told last. */
async function untilAddresses(made: DiscoveryBench, ...addresses: readonly string[]) {
  const now = () => [...(made.told.at(-1) ?? [])].map((line) => line.split(' ')[1]).sort()
  const wanted = [...addresses].sort()
  let tries = 200
  await waitUntil('discovery has told', async () => {
    if (JSON.stringify(now()) === JSON.stringify(wanted) || tries-- === 0) return true
    await made.clock.advance(250)
    return undefined
  })
  expect(now()).toEqual(wanted)
}

const a = 'a.x.svc:80'
const b = 'b.x.svc:80'

function service(name: string, port = 80) {
  return serviceObject('x', name, { ports: [{ name: 'p', port, protocol: 'TCP' }] })
}

describe('Kubernetes list and watch', () => {
  it('tells what there is, then every change', async () => {
    const server = await cluster()
    server.put('services', service('a'))
    const made = bench(server, 'role: service')
    await untilAddresses(made, a)
    await waitUntil('it watches', () => server.watches() === 1 || undefined)
    server.put('services', service('b'))
    await untilAddresses(made, a, b)
    server.put('services', service('a', 81))
    await untilAddresses(made, 'a.x.svc:81', b)
    server.remove('services', 'x', 'a')
    await untilAddresses(made, b)
    expect(server.asked('services')).toEqual(['list', 'watch'])
    const count = (event: string) =>
      made.metric(`prometheus_sd_kubernetes_events_total{event="${event}",role="service"}`)
    expect(['add', 'update', 'delete'].map(count)).toEqual([2, 1, 1])
    expect(made.metric('prometheus_sd_kubernetes_failures_total')).toBe(0)
    const [list, watch] = server.requests
    expect(list?.search).toBe('?limit=500')
    expect(watch?.searchParams.get('allowWatchBookmarks')).toBe('true')
    const seconds = Number(watch?.searchParams.get('timeoutSeconds'))
    expect(seconds >= 300 && seconds <= 600).toBe(true)
  })

  it.each([
    ['endpoints', 1],
    ['endpointslice', 0],
  ])('counts changes of pods as Prometheus does: behind %s %d of one', async (role, counted) => {
    const server = await cluster()
    server.put('pods', podObject('x', 'p'))
    const made = bench(server, `role: ${role}`)
    await waitUntil('it watches', () => server.watches() === 3 || undefined)
    server.put('pods', podObject('x', 'p', { owner: { kind: 'Job', name: 'j' } }))
    server.put('services', service('a'))
    const count = (event: string, kind: string) =>
      made.metric(`prometheus_sd_kubernetes_events_total{event="${event}",role="${kind}"}`)
    await made.untilMetric('prometheus_sd_kubernetes_events_total{event="add",role="service"}', 1)
    await waitUntil('the pod is seen', () => count('update', 'pod') === counted || undefined)
    expect(['add', 'update', 'delete'].map((event) => count(event, 'pod'))).toEqual([0, counted, 0])
  })

  it('reads a list page by page', async () => {
    const server = await cluster()
    const names = ['a', 'b', 'c', 'd', 'e']
    for (const name of names) server.put('services', service(name))
    server.pagesOf(2)
    const made = bench(server, 'role: service')
    await untilAddresses(made, ...names.map((name) => `${name}.x.svc:80`))
    const lists = server.requests.filter((url) => !url.searchParams.has('watch'))
    expect(lists.map((url) => url.searchParams.get('continue'))).toEqual([null, '2', '4'])
  })

  it.each(['end', 'cut'] as const)('goes on where it was when a watch is %s', async (how) => {
    const server = await cluster()
    server.put('services', service('a'))
    const made = bench(server, 'role: service')
    await untilAddresses(made, a)
    await waitUntil('it watches', () => server.watches() === 1 || undefined)
    server.bookmark()
    const marked = server.version
    await made.clock.advance(100)
    server.breakWatches(how)
    server.put('services', service('b'))
    await untilAddresses(made, a, b)
    const kinds = server.asked('services')
    expect(kinds.slice(0, 3)).toEqual(['list', 'watch', 'watch'])
    expect(kinds.filter((kind) => kind === 'list')).toHaveLength(1)
    expect(server.requests[2]?.searchParams.get('resourceVersion')).toBe(String(marked))
  })

  it('lists again what the server has forgotten, and finds what is gone', async () => {
    const server = await cluster()
    server.put('services', service('a'))
    server.put('services', service('b'))
    const made = bench(server, 'role: service')
    await untilAddresses(made, a, b)
    await waitUntil('it watches', () => server.watches() === 1 || undefined)
    server.breakWatches('end')
    server.remove('services', 'x', 'a')
    server.put('services', service('c'))
    server.compact()
    await untilAddresses(made, b, 'c.x.svc:80')
    expect(server.asked('services')).toContain('list')
    expect(made.metric('prometheus_sd_kubernetes_failures_total')).toBeGreaterThan(0)
  })

  it('keeps its targets while the server fails, asks ever more slowly, and comes back', async () => {
    const server = await cluster()
    server.put('services', service('a'))
    const made = bench(server, 'role: service')
    await untilAddresses(made, a)
    await waitUntil('it watches', () => server.watches() === 1 || undefined)
    server.refuse(503)
    server.breakWatches('cut')
    await made.untilMetric('prometheus_sd_kubernetes_failures_total', 3)
    expect(made.told.at(-1)).toHaveLength(1)
    expect(made.logged.join()).toContain('server returned status 503')
    expect(made.logged.join()).toContain('no such luck')
    const before = server.requests.length
    for (let second = 0; second < 60; second++) await made.clock.advance(1_000)
    expect(server.requests.length - before).toBeLessThan(10)
    server.refuse(undefined)
    server.put('services', service('b'))
    await untilAddresses(made, a, b)
  })

  it('asks for the namespaces and selectors of the configuration only', async () => {
    const server = await cluster()
    server.put('nodes', nodeObject('node-1'))
    server.put('pods', podObject('x', 'one', { ip: '10.0.0.1' }))
    server.put('pods', podObject('x', 'two', { ip: '10.0.0.2', labels: { app: 'db' } }))
    server.put('pods', podObject('y', 'three', { ip: '10.0.0.3' }))
    server.put('pods', podObject('z', 'four', { ip: '10.0.0.4' }))
    const made = bench(
      server,
      `role: pod
namespaces: {names: [x, y]}
selectors: [{role: pod, label: app=web, field: spec.nodeName=node-1}]`,
    )
    const ofPod = (ip: string) => [`${ip}:8080`, `${ip}:9090`, ip, ip]
    await untilAddresses(made, ...ofPod('10.0.0.1'), ...ofPod('10.0.0.3'))
    const paths = new Set(server.requests.map((url) => url.pathname))
    expect([...paths].sort()).toEqual(['/api/v1/namespaces/x/pods', '/api/v1/namespaces/y/pods'])
    for (const { searchParams } of server.requests) {
      expect(searchParams.get('labelSelector')).toBe('app=web')
      expect(searchParams.get('fieldSelector')).toBe('spec.nodeName=node-1')
    }
  })

  it('ends its watches when it is no longer wanted', async () => {
    const server = await cluster()
    const made = bench(server, 'role: service')
    await waitUntil('it watches', () => server.watches() === 1 || undefined)
    made.apply('- job_name: j')
    await waitUntil('the watch is gone', () => server.watches() === 0 || undefined)
  })
})
