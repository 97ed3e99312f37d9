import { sanitizeLabelName } from '../../model/label-name-sanitizing.ts'
import type { TargetGroup } from '../discoverer.ts'
import { hostPort } from '../host-port.ts'
import type {
  EndpointAddress,
  EndpointSlice,
  Endpoints,
  SliceEndpoint,
  SlicePort,
  TargetReference,
} from './endpoint-objects.ts'
import { type GroupContext, groupOf } from './groups.ts'
import {
  addContainerPort,
  addNamespace,
  addNode,
  addObject,
  addPod,
  addService,
  type MetaLabels,
  setMeta,
} from './meta-labels.ts'
import type { Pod, Service } from './objects.ts'

/** A pod behind the endpoints, and its ports that have a target by them. */
interface SeenPod {
  readonly pod: Pod
  readonly ports: Set<number>
}

/** The targets of one group of endpoints; pods that are met bring their other ports. */
class EndpointTargets {
  readonly targets: MetaLabels[] = []
  readonly #context: GroupContext
  readonly #seen = new Map<string, SeenPod>()

  constructor(context: GroupContext) {
    this.#context = context
  }

  /** `protocol` is what the label of a container's port tells; undefined for the container's own. */
  add(
    target: MetaLabels,
    reference: TargetReference | undefined,
    port: { readonly number: number | undefined; readonly protocol?: string },
  ): void {
    const { lookup, attached } = this.#context
    this.targets.push(target)
    if (reference?.kind !== 'Pod') return
    const pod = lookup.pod(reference.namespace, reference.name)
    if (pod === undefined) return
    const key = `${pod.namespace}/${pod.name}`
    const seen = this.#seen.get(key) ?? { pod, ports: new Set() }
    this.#seen.set(key, seen)
    addPod(target, pod, lookup, attached)
    if (port.number === undefined) return
    seen.ports.add(port.number)
    for (const container of pod.containers) {
      const own = container.ports.find((each) => each.number === port.number)
      if (own !== undefined) addContainerPort(target, container, own, port.protocol)
    }
  }

  /** Ports of the pods that no endpoint names are targets too. */
  addOtherPorts(): void {
    const { lookup, attached } = this.#context
    for (const { pod, ports } of this.#seen.values()) {
      if (pod.ip === '') continue
      for (const container of pod.containers) {
        for (const port of container.ports) {
          if (ports.has(port.number)) continue
          const target: MetaLabels = { __address__: hostPort(pod.ip, port.number) }
          addContainerPort(target, container, port)
          addPod(target, pod, lookup, attached)
          this.targets.push(target)
        }
      }
    }
  }
}

/** Row D3.5 */
export function endpointsGroup(
  source: string,
  endpoints: Endpoints,
  context: GroupContext,
): TargetGroup {
  const { lookup, attached } = context
  const labels: MetaLabels = {}
  setMeta(labels, 'namespace', endpoints.namespace)
  const service = lookup.service(endpoints.namespace, endpoints.name)
  if (service !== undefined) addService(labels, service)
  addObject(labels, endpoints, 'endpoints')
  if (attached.namespace) addNamespace(labels, endpoints.namespace, lookup)
  const all = new EndpointTargets(context)
  for (const { ports, ready, notReady } of endpoints.subsets) {
    for (const port of ports) {
      for (const [addresses, isReady] of [
        [ready, 'true'],
        [notReady, 'false'],
      ] as const) {
        for (const address of addresses) {
          const target = addressTarget(address, port, isReady, context)
          all.add(target, address.target, port)
        }
      }
    }
  }
  all.addOtherPorts()
  return groupOf(source, labels, all.targets)
}

function addressTarget(
  { ip, target: reference, nodeName, hostname }: EndpointAddress,
  port: { readonly name: string; readonly number: number; readonly protocol: string },
  isReady: string,
  { lookup, attached }: GroupContext,
): MetaLabels {
  const target: MetaLabels = { __address__: hostPort(ip, port.number) }
  setMeta(target, 'endpoint_port_name', port.name)
  setMeta(target, 'endpoint_port_protocol', port.protocol)
  setMeta(target, 'endpoint_ready', isReady)
  if (reference !== undefined) {
    setMeta(target, 'endpoint_address_target_kind', reference.kind)
    setMeta(target, 'endpoint_address_target_name', reference.name)
  }
  if (nodeName !== undefined) setMeta(target, 'endpoint_node_name', nodeName)
  setMeta(target, 'endpoint_hostname', hostname)
  if (attached.node) {
    const isNode = nodeName === undefined && reference?.kind === 'Node'
    addNode(target, isNode ? reference.name : nodeName, lookup)
  }
  return target
}

/** Row D3.6 */
export function endpointSliceGroup(
  source: string,
  slice: EndpointSlice,
  context: GroupContext,
): TargetGroup {
  const { lookup, attached } = context
  const labels: MetaLabels = {}
  setMeta(labels, 'namespace', slice.namespace)
  setMeta(labels, 'endpointslice_address_type', slice.addressType)
  addObject(labels, slice, 'endpointslice')
  const name = slice.labels.find(([label]) => label === 'kubernetes.io/service-name')?.[1]
  const service = name === undefined ? undefined : lookup.service(slice.namespace, name)
  if (service !== undefined) addService(labels, service)
  if (attached.namespace) addNamespace(labels, slice.namespace, lookup)
  if (isSecondFamily(service, slice)) return groupOf(source, labels, [])
  const all = new EndpointTargets(context)
  for (const endpoint of slice.endpoints) {
    for (const port of slice.ports) {
      for (const address of endpoint.addresses) {
        const target = sliceTarget(address, endpoint, port, context)
        all.add(target, endpoint.target, { number: port.number })
      }
    }
  }
  all.addOtherPorts()
  return groupOf(source, labels, all.targets)
}

/** Of a service with two families of addresses, the second would double the first one's targets. */
function isSecondFamily(service: Service | undefined, slice: EndpointSlice): boolean {
  const isDual = /^(?:Prefer|Require)DualStack$/.test(service?.ipFamilyPolicy ?? '')
  const primary = service?.primaryIpFamily ?? ''
  return isDual && primary !== '' && primary !== slice.addressType
}

function sliceTarget(
  address: string,
  endpoint: SliceEndpoint,
  port: SlicePort,
  { lookup, attached }: GroupContext,
): MetaLabels {
  const { number, name, protocol, appProtocol } = port
  const { target: reference, nodeName } = endpoint
  const target: MetaLabels = {
    __address__: number === undefined ? address : hostPort(address, number),
  }
  const optional = {
    port_name: name,
    port_protocol: protocol,
    port: number,
    port_app_protocol: appProtocol,
    endpoint_conditions_ready: endpoint.ready,
    endpoint_conditions_serving: endpoint.serving,
    endpoint_conditions_terminating: endpoint.terminating,
    endpoint_hostname: endpoint.hostname,
    address_target_kind: reference?.kind,
    address_target_name: reference?.name,
    endpoint_node_name: nodeName,
    endpoint_zone: endpoint.zone,
  }
  for (const [label, value] of Object.entries(optional)) {
    if (value !== undefined) setMeta(target, `endpointslice_${label}`, String(value))
  }
  for (const [key, value] of endpoint.topology) {
    const safe = sanitizeLabelName(key)
    setMeta(target, `endpointslice_endpoint_topology_${safe}`, value)
    setMeta(target, `endpointslice_endpoint_topology_present_${safe}`, 'true')
  }
  if (attached.node) addNode(target, reference?.kind === 'Node' ? reference.name : nodeName, lookup)
  return target
}
