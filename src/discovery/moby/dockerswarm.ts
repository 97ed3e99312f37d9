import { Labels } from '../../model/labels.ts'
import type { JsonReader } from '../json-reader.ts'
import type { ConfigOf, Mechanism } from '../mechanism.ts'
import { RefreshLoop } from '../refresh-loop.ts'
import { DockerApi } from './docker-api.ts'
import { nodeTarget } from './swarm-nodes.ts'
import { serviceTargets } from './swarm-services.ts'
import { taskTargets } from './swarm-tasks.ts'

const prefix = '__meta_dockerswarm_'

/** dockerswarm_sd_configs: nodes, services or tasks of a swarm (rows D4.3 to D4.6). */
export const dockerSwarmMechanism: Mechanism<'dockerswarm'> = () => (config, tools) => {
  const api = new DockerApi(config, tools)
  return new RefreshLoop(tools, {
    mechanism: 'dockerswarm',
    intervalMs: config.refreshIntervalMs,
    refresh: async (report) => {
      const targets = await targetsOf(api, config)
      report([{ source: 'DockerSwarm', targets, labels: Labels.empty }])
    },
    close: () => api.close(),
  })
}

async function targetsOf(
  api: DockerApi,
  { role, port }: ConfigOf<'dockerswarm'>,
): Promise<readonly Labels[]> {
  if (role === 'nodes') {
    const nodes = await api.list('/nodes', 'listing swarm nodes', 'filtered')
    return nodes.map((node) => nodeTarget(node, port))
  }
  if (role === 'services') {
    const services = await api.list('/services', 'listing swarm services', 'filtered')
    const networkLabels = await api.networkLabels(prefix)
    return services.flatMap((service) => serviceTargets(service, networkLabels, port))
  }
  const tasks = await api.list('/tasks', 'listing swarm tasks', 'filtered')
  const services = byId(await api.list('/services', 'computing services labels and ports'))
  const nodes = byId(await api.list('/nodes', 'computing nodes labels and ports'))
  const networkLabels = await api.networkLabels(prefix)
  return tasks.flatMap((task) => taskTargets(task, { services, nodes, networkLabels, port }))
}

function byId(things: readonly JsonReader[]): ReadonlyMap<string, JsonReader> {
  return new Map(things.map((thing) => [thing.text('ID'), thing]))
}
