import { NarthexError } from '../../base/errors.ts'
import { isIpAddress } from '../../http/hosts-file.ts'
import { Labels } from '../../model/labels.ts'
import { hostPort } from '../host-port.ts'
import type { JsonReader } from '../json-reader.ts'
import { type LabelEntries, metaLabels } from '../meta-labels.ts'

const prefix = '__meta_dockerswarm_service_'

/** The targets of a service: each TCP port at each of its virtual addresses (row D4.4). */
export function serviceTargets(
  service: JsonReader,
  networkLabels: ReadonlyMap<string, LabelEntries>,
  port: number,
): readonly Labels[] {
  const common = [...serviceLabels(service), ...ownLabels(service)]
  return service
    .object('Endpoint')
    .objects('VirtualIPs')
    .flatMap((virtual) => {
      const ip = addressOfPrefix(virtual.text('Addr'))
      const labels = [...common, ...(networkLabels.get(virtual.text('NetworkID')) ?? [])]
      const targets = servicePorts(service).map((open) =>
        Labels.of([
          [`${prefix}endpoint_port_name`, open.text('Name')],
          [`${prefix}endpoint_port_publish_mode`, open.text('PublishMode')],
          ...labels,
          ['__address__', hostPort(ip, open.number('PublishedPort'))],
        ]),
      )
      if (targets.length > 0) return targets
      return [Labels.of([...labels, ['__address__', hostPort(ip, port)]])]
    })
}

/** What the tasks of a service say of it. */
export function serviceLabels(service: JsonReader): LabelEntries {
  const spec = service.object('Spec')
  return [
    [`${prefix}id`, service.text('ID')],
    [`${prefix}name`, spec.text('Name')],
    [`${prefix}mode`, serviceMode(spec.object('Mode'))],
    ...metaLabels(`${prefix}label_`, spec.textMap('Labels')),
  ]
}

/** The TCP ports that a service has open. */
export function servicePorts(service: JsonReader): readonly JsonReader[] {
  return tcpPorts(service.object('Endpoint'))
}

/** Of what has a list `Ports`. */
export function tcpPorts(owner: JsonReader): readonly JsonReader[] {
  return owner.objects('Ports').filter((port) => port.text('Protocol') === 'tcp')
}

/** The address of `10.0.0.2/24`. Throws NarthexError BODY_INVALID. */
export function addressOfPrefix(text: string): string {
  const [address = '', bits = '', more] = text.split('/')
  if (!isIpAddress(address) || !/^\d+$/.test(bits) || more !== undefined) {
    const words = `error while parsing address ${text}: invalid CIDR address`
    throw new NarthexError('BODY_INVALID', words)
  }
  return address
}

/** Only a service whose tasks are containers has their labels. */
function ownLabels(service: JsonReader): LabelEntries {
  const container = service.object('Spec').object('TaskTemplate').object('ContainerSpec')
  return [
    [`${prefix}task_container_hostname`, container.text('Hostname')],
    [`${prefix}task_container_image`, container.text('Image')],
    [`${prefix}updating_status`, service.object('UpdateStatus').text('State')],
  ]
}

function serviceMode(mode: JsonReader): string {
  if (mode.has('Global')) return 'global'
  return mode.has('Replicated') ? 'replicated' : ''
}
