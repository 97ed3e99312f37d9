import { Labels } from '../../model/labels.ts'
import { hostPort } from '../host-port.ts'
import type { JsonReader } from '../json-reader.ts'
import { type LabelEntries, metaLabels } from '../meta-labels.ts'
import { nodeAddress, nodeLabels } from './swarm-nodes.ts'
import { addressOfPrefix, serviceLabels, servicePorts, tcpPorts } from './swarm-services.ts'

const prefix = '__meta_dockerswarm_'

/** What a task belongs to, by id. */
export interface TaskSurroundings {
  readonly services: ReadonlyMap<string, JsonReader>
  readonly nodes: ReadonlyMap<string, JsonReader>
  readonly networkLabels: ReadonlyMap<string, LabelEntries>
  /** Where a task's service has no port open. */
  readonly port: number
}

/**
 * The targets of a task: its own ports at its node, and its service's ports at each of the task's
 * addresses (row D4.5).
 */
export function taskTargets(task: JsonReader, around: TaskSurroundings): readonly Labels[] {
  const service = around.services.get(task.text('ServiceID'))
  const node = around.nodes.get(task.text('NodeID'))
  const common: LabelEntries = [
    ...taskLabels(task),
    ...(service === undefined ? [] : serviceLabels(service)),
    ...(node === undefined ? [] : nodeLabels(node)),
  ]
  const address = node === undefined ? '' : nodeAddress(node)
  const own = tcpPorts(task.object('Status').object('PortStatus')).map((port) =>
    Labels.of([
      ...common,
      [`${prefix}task_port_publish_mode`, port.text('PublishMode')],
      ['__address__', hostPort(address, port.number('PublishedPort'))],
    ]),
  )
  const ports = service === undefined ? [] : servicePorts(service)
  const attached = task
    .objects('NetworksAttachments')
    .flatMap((attachment) => attachmentTargets(attachment, common, ports, around))
  return [...own, ...attached]
}

function attachmentTargets(
  attachment: JsonReader,
  common: LabelEntries,
  ports: readonly JsonReader[],
  around: TaskSurroundings,
): readonly Labels[] {
  const network = attachment.object('Network').text('ID')
  const labels = [...common, ...(around.networkLabels.get(network) ?? [])]
  return attachment.texts('Addresses').flatMap((text) => {
    const ip = addressOfPrefix(text)
    const targets = ports.map((port) =>
      Labels.of([
        ...labels,
        [`${prefix}task_port_publish_mode`, port.text('PublishMode')],
        ['__address__', hostPort(ip, port.number('PublishedPort'))],
      ]),
    )
    if (targets.length > 0) return targets
    return [Labels.of([...labels, ['__address__', hostPort(ip, around.port)]])]
  })
}

function taskLabels(task: JsonReader): LabelEntries {
  const status = task.object('Status')
  return [
    [`${prefix}task_id`, task.text('ID')],
    [`${prefix}task_desired_state`, task.text('DesiredState')],
    [`${prefix}task_state`, status.text('State')],
    [`${prefix}task_slot`, String(task.number('Slot'))],
    [`${prefix}task_container_id`, status.object('ContainerStatus').text('ContainerID')],
    ...metaLabels(
      `${prefix}container_label_`,
      task.object('Spec').object('ContainerSpec').textMap('Labels'),
    ),
  ]
}
