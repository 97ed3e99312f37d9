import { Labels } from '../../model/labels.ts'
import { hostPort } from '../host-port.ts'
import type { JsonReader } from '../json-reader.ts'
import { type LabelEntries, metaLabels } from '../meta-labels.ts'

const prefix = '__meta_dockerswarm_node_'

/** The target of a node (row D4.6). */
export function nodeTarget(node: JsonReader, port: number): Labels {
  const manager = node.object('ManagerStatus')
  const engine = node.object('Description').object('Engine')
  return Labels.of([
    ...nodeLabels(node),
    [`${prefix}engine_version`, engine.text('EngineVersion')],
    ...(node.has('ManagerStatus')
      ? ([
          [`${prefix}manager_leader`, String(manager.flag('Leader'))],
          [`${prefix}manager_reachability`, manager.text('Reachability')],
          [`${prefix}manager_address`, manager.text('Addr')],
        ] as const)
      : []),
    ['__address__', hostPort(nodeAddress(node), port)],
  ])
}

/** What the tasks on a node say of it. */
export function nodeLabels(node: JsonReader): LabelEntries {
  const spec = node.object('Spec')
  const description = node.object('Description')
  const platform = description.object('Platform')
  return [
    [`${prefix}id`, node.text('ID')],
    [`${prefix}role`, spec.text('Role')],
    [`${prefix}address`, nodeAddress(node)],
    [`${prefix}availability`, spec.text('Availability')],
    [`${prefix}hostname`, description.text('Hostname')],
    [`${prefix}platform_architecture`, platform.text('Architecture')],
    [`${prefix}platform_os`, platform.text('OS')],
    [`${prefix}status`, node.object('Status').text('State')],
    ...metaLabels(`${prefix}label_`, spec.textMap('Labels')),
  ]
}

export function nodeAddress(node: JsonReader): string {
  return node.object('Status').text('Addr')
}
