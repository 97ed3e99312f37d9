import { sanitizeLabelName } from '../../model/label-name-sanitizing.ts'
import { Labels } from '../../model/labels.ts'
import type { TargetGroup } from '../discoverer.ts'
import { hostPort } from '../host-port.ts'
import type { Attached, Lookup } from './lookup.ts'
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
import { type Ingress, type Node, objectKey, type Pod, type Service } from './objects.ts'

/** What a group is made with, beside its object. */
export interface GroupContext {
  readonly lookup: Lookup
  readonly attached: Attached
}

export function groupOf(
  source: string,
  labels: MetaLabels,
  targets: readonly MetaLabels[],
): TargetGroup {
  return { source, labels: Labels.of(labels), targets: targets.map((each) => Labels.of(each)) }
}

/** In the order in which upstream prefers them. */
const addressTypes = [
  'InternalIP',
  'InternalDNS',
  'ExternalIP',
  'ExternalDNS',
  'LegacyHostIP',
  'Hostname',
]

/** Row D3.2; undefined for a node that has no address yet: what was known of it stays. */
export function nodeGroup(source: string, node: Node): TargetGroup | undefined {
  const labels: MetaLabels = {}
  setMeta(labels, 'node_provider_id', node.providerId)
  for (const [type, status] of node.conditions) {
    const name = sanitizeLabelName(type.toLowerCase())
    setMeta(labels, `node_condition_${name}`, status.toLowerCase())
  }
  addObject(labels, node, 'node')
  // Of several addresses of one type the first counts.
  const addresses = new Map([...node.addresses].reverse())
  const type = addressTypes.find((each) => addresses.has(each))
  if (type === undefined) return undefined
  const address = hostPort(addresses.get(type) ?? '', node.kubeletPort)
  const target: MetaLabels = { __address__: address, instance: node.name }
  for (const [name, value] of addresses) {
    setMeta(target, `node_address_${sanitizeLabelName(name)}`, value)
  }
  return groupOf(source, labels, [target])
}

/** Row D3.3 */
export function serviceGroup(
  source: string,
  service: Service,
  { lookup, attached }: GroupContext,
): TargetGroup {
  const labels: MetaLabels = {}
  addService(labels, service)
  if (attached.namespace) addNamespace(labels, service.namespace, lookup)
  const targets = service.ports.map((port) => {
    const host = `${service.name}.${service.namespace}.svc`
    const target: MetaLabels = { __address__: hostPort(host, port.number) }
    setMeta(target, 'service_port_name', port.name)
    setMeta(target, 'service_port_number', String(port.number))
    setMeta(target, 'service_port_protocol', port.protocol)
    setMeta(target, 'service_type', service.type)
    if (service.type === 'ExternalName') {
      setMeta(target, 'service_external_name', service.externalName)
    } else setMeta(target, 'service_cluster_ip', service.clusterIp)
    if (service.type === 'LoadBalancer') {
      setMeta(target, 'service_loadbalancer_ip', service.loadBalancerIp)
    }
    return target
  })
  return groupOf(source, labels, targets)
}

/** Row D3.4; without targets while the pod has no address, and on nodes that are not selected. */
export function podGroup(
  source: string,
  pod: Pod,
  { lookup, attached }: GroupContext,
): TargetGroup {
  const isHidden = attached.node && lookup.node(pod.nodeName) === undefined
  if (pod.ip === '' || isHidden) return groupOf(source, {}, [])
  const labels: MetaLabels = {}
  addPod(labels, pod, lookup, attached)
  setMeta(labels, 'namespace', pod.namespace)
  if (attached.node) addNode(labels, pod.nodeName, lookup)
  if (attached.namespace) addNamespace(labels, pod.namespace, lookup)
  const targets = pod.containers.flatMap((container) => {
    const base: MetaLabels = { __address__: pod.ip }
    setMeta(base, 'pod_container_name', container.name)
    setMeta(base, 'pod_container_id', container.id)
    setMeta(base, 'pod_container_image', container.image)
    setMeta(base, 'pod_container_init', String(container.isInit))
    // A container without ports is one target, whose port relabelling has to add.
    if (container.ports.length === 0) return [base]
    return container.ports.map((port) => {
      const target = { ...base, __address__: hostPort(pod.ip, port.number) }
      addContainerPort(target, container, port)
      return target
    })
  })
  return groupOf(source, labels, targets)
}

/** Row D3.7 */
export function ingressGroup(
  source: string,
  ingress: Ingress,
  { lookup, attached }: GroupContext,
): TargetGroup {
  const labels: MetaLabels = {}
  setMeta(labels, 'namespace', ingress.namespace)
  setMeta(labels, 'ingress_class_name', ingress.className)
  addObject(labels, ingress, 'ingress')
  if (attached.namespace) addNamespace(labels, ingress.namespace, lookup)
  const targets = ingress.rules.flatMap(({ host, paths }) => {
    const isSecure = ingress.tlsHosts.some((pattern) => matchesHost(pattern, host))
    return paths.map((path) => {
      const target: MetaLabels = { __address__: host }
      setMeta(target, 'ingress_scheme', isSecure ? 'https' : 'http')
      setMeta(target, 'ingress_host', host)
      setMeta(target, 'ingress_path', path)
      return target
    })
  })
  return groupOf(source, labels, targets)
}

/** A `*` stands for the first part of a name, and for no other. */
function matchesHost(pattern: string, host: string): boolean {
  return pattern === host || pattern === ['*', ...host.split('.').slice(1)].join('.')
}

/** The source of an object's group, which is its place in the cluster. */
export function sourceOf(kind: string, namespace: string, name: string): string {
  return `${kind}/${objectKey(namespace, name)}`
}
