import { describe, it, onTestFinished } from 'vitest'
import { DiscoveryBench } from '../support/discovery-bench.ts'
import {
  endpointSliceObject,
  endpointsObject,
  ingressObject,
  nodeObject,
  podObject,
  serviceObject,
} from '../support/kubernetes-objects.ts'
import { KubernetesServer } from '../support/kubernetes-server.ts'
import { peersAreAbsent } from '../support/peers.ts'
import { startPrometheus } from '../support/real-prometheus.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { waitUntil } from '../support/wait-until.ts'

const roles = ['node', 'service', 'pod', 'ingress', 'endpoints', 'endpointslice']
const attached: Readonly<Record<string, string>> = {
  pod: ', attach_metadata: {node: true}',
  endpoints: ', attach_metadata: {node: true}',
  endpointslice: ', attach_metadata: {node: true}',
}

function jobs(url: string): string {
  return roles
    .map(
      (role) =>
        `- job_name: ${role}\n  kubernetes_sd_configs:\n  - {api_server: '${url}', role: ${role}${attached[role] ?? ''}}\n`,
    )
    .join('')
}

interface ApiTarget {
  readonly discoveredLabels: Readonly<Record<string, string>>
}

describe.skipIf(peersAreAbsent)('Kubernetes discovery beside the real Prometheus', () => {
  it('finds the same targets with the same labels in every role', { timeout: 30_000 }, async () => {
    const cluster = await new KubernetesServer().start()
    for (const name of ['node-1', 'node-2']) {
      const node = nodeObject(name)
      // Their labels are younger than this peer.
      node.status.conditions = []
      cluster.put('nodes', node)
    }
    cluster.put('services', serviceObject('x', 'web'))
    const pod = podObject('x', 'web-1', { owner: { kind: 'ReplicaSet', name: 'web-7f' } })
    // Prometheus shows one of several targets that would be scraped alike.
    pod.spec.initContainers = []
    cluster.put('pods', pod)
    cluster.put('endpoints', endpointsObject('x', 'web', 'web-1'))
    cluster.put('endpointslices', endpointSliceObject('x', 'web-abc', 'web-1'))
    const ingress = ingressObject('x', 'web')
    ingress.spec.rules[0]?.http?.paths.pop()
    cluster.put('ingresses', ingress)
    const config = `scrape_configs:\n${jobs(cluster.url)}`
    const prometheus = await startPrometheus(temporaryDirectory(), [], config)
    onTestFinished(async () => void (await prometheus.stop()))
    const bench = new DiscoveryBench()
    bench.apply(jobs(cluster.url))
    const real = await waitUntil('Prometheus has found all', async () => {
      const reply = await fetch(`${prometheus.url}/api/v1/targets?state=active`)
      const { data } = (await reply.json()) as { data: { activeTargets: ApiTarget[] } }
      const found = roles.map((role) =>
        data.activeTargets
          .map(({ discoveredLabels }) => metaOnly(discoveredLabels))
          .filter(({ job }) => job === role)
          .map(({ job, ...labels }) => labels),
      )
      return found.every((targets) => targets.length > 0) ? found : undefined
    })
    for (const [index, role] of roles.entries()) {
      await bench.untilTargetsInAnyOrder(role, real[index] ?? [])
    }
  })
})

/** Without what the scrape config adds. */
function metaOnly(labels: Readonly<Record<string, string>>): Record<string, string> {
  const kept = Object.entries(labels).filter(([name]) =>
    /^(?:__address__|instance|job|__meta_.*)$/.test(name),
  )
  return Object.fromEntries(kept)
}
