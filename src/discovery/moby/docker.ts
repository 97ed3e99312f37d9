import { compareBytes } from '../../model/byte-order.ts'
import { Labels } from '../../model/labels.ts'
import { hostPort } from '../host-port.ts'
import type { JsonReader } from '../json-reader.ts'
import type { ConfigOf, Mechanism } from '../mechanism.ts'
import { type LabelEntries, metaLabels } from '../meta-labels.ts'
import { RefreshLoop } from '../refresh-loop.ts'
import { DockerApi } from './docker-api.ts'

/** docker_sd_configs: the ports of running containers, in each of their networks (row D4.2). */
export const dockerMechanism: Mechanism<'docker'> = () => (config, tools) => {
  const api = new DockerApi(config, tools)
  return new RefreshLoop(tools, {
    mechanism: 'docker',
    intervalMs: config.refreshIntervalMs,
    refresh: async (report) => {
      const containers = await api.list('/containers/json', 'listing containers', 'filtered')
      const networkLabels = await api.networkLabels('__meta_docker_')
      const targets = containerTargets(containers, networkLabels, config)
      report([{ source: 'Docker', targets, labels: Labels.empty }])
    },
    close: () => api.close(),
  })
}

/** The targets of what /containers/json answered. Throws NarthexError BODY_INVALID. */
function containerTargets(
  containers: readonly JsonReader[],
  networkLabels: ReadonlyMap<string, LabelEntries>,
  config: ConfigOf<'docker'>,
): readonly Labels[] {
  const byId = new Map(containers.map((container) => [container.text('Id'), container]))
  return containers.flatMap((container) => {
    const [name] = container.texts('Names')
    if (name === undefined) return []
    const common = containerLabels(container, name)
    return networksOf(container, byId, config.matchFirstNetwork).flatMap((network) => {
      const ip = network.text('IPAddress') || network.text('GlobalIPv6Address')
      const own: LabelEntries = [
        ['__meta_docker_network_ip', ip],
        ...common,
        ...(networkLabels.get(network.text('NetworkID')) ?? []),
      ]
      return portTargets(container, ip, own, config)
    })
  })
}

/** One target for each TCP port; where there is none, one with the port of the configuration. */
function portTargets(
  container: JsonReader,
  ip: string,
  labels: LabelEntries,
  config: ConfigOf<'docker'>,
): readonly Labels[] {
  const ports = container.objects('Ports').filter((port) => port.text('Type') === 'tcp')
  if (ports.length === 0) {
    const isHost = networkMode(container) === 'host'
    const address = isHost ? config.hostNetworkingHost : hostPort(ip, config.port)
    return [Labels.of([...labels, ['__address__', address]])]
  }
  return ports.map((port) => {
    const publicPort = port.number('PublicPort')
    const open: LabelEntries =
      publicPort === 0
        ? []
        : [
            ['__meta_docker_port_public', String(publicPort)],
            ['__meta_docker_port_public_ip', port.text('IP')],
          ]
    const privatePort = String(port.number('PrivatePort'))
    return Labels.of([
      ...labels,
      ...open,
      ['__meta_docker_port_private', privatePort],
      ['__address__', hostPort(ip, privatePort)],
    ])
  })
}

function containerLabels(container: JsonReader, name: string): LabelEntries {
  return [
    ['__meta_docker_container_id', container.text('Id')],
    ['__meta_docker_container_name', name],
    ['__meta_docker_container_network_mode', networkMode(container)],
    ['__meta_docker_container_image', container.text('Image')],
    ['__meta_docker_container_image_id', container.text('ImageID')],
    ...metaLabels('__meta_docker_container_label_', container.textMap('Labels')),
  ]
}

/**
 * The networks that a container is in: its own, or those of the container whose network it shares,
 * which may share another's in turn.
 */
function networksOf(
  container: JsonReader,
  byId: ReadonlyMap<string, JsonReader>,
  isFirstOnly: boolean,
): readonly JsonReader[] {
  const seen = new Set<JsonReader>()
  let owner = container
  let networks = ownNetworks(owner)
  while (networks.length === 0 && !seen.has(owner)) {
    seen.add(owner)
    const mode = networkMode(owner)
    const shared = mode.startsWith('container:') ? byId.get(mode.slice(10)) : undefined
    if (shared === undefined) break
    owner = shared
    networks = ownNetworks(owner)
  }
  const sorted = [...networks].sort(([a], [b]) => compareBytes(a, b))
  return (isFirstOnly ? sorted.slice(0, 1) : networks).map(([, network]) => network)
}

function ownNetworks(container: JsonReader): readonly (readonly [string, JsonReader])[] {
  const networks = container.object('NetworkSettings').object('Networks')
  return networks
    .keys()
    .filter((name) => networks.has(name))
    .map((name) => [name, networks.object(name)] as const)
}

function networkMode(container: JsonReader): string {
  return container.object('HostConfig').text('NetworkMode')
}
