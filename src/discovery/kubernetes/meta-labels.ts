import { sanitizeLabelName } from '../../model/label-name-sanitizing.ts'
import type { Attached, Lookup } from './lookup.ts'
import type { Container, ContainerPort, KubernetesObject, Pod, Service } from './objects.ts'

/** Labels by their names; one that is set again replaces the one before. */
export type MetaLabels = Record<string, string>

const prefix = '__meta_kubernetes_'

/** Under its name without `__meta_kubernetes_`. */
export function setMeta(labels: MetaLabels, name: string, value: string): void {
  labels[prefix + name] = value
}

/** Name, labels and annotations of an object (rows D3.2 to D3.7). */
export function addObject(labels: MetaLabels, object: KubernetesObject, kind: string): void {
  setMeta(labels, `${kind}_name`, object.name)
  addLabelsAndAnnotations(labels, object, kind)
}

function addLabelsAndAnnotations(labels: MetaLabels, object: KubernetesObject, kind: string): void {
  const add = (what: string, texts: readonly (readonly [string, string])[]) => {
    for (const [name, value] of texts) {
      const safe = sanitizeLabelName(name)
      setMeta(labels, `${kind}_${what}_${safe}`, value)
      setMeta(labels, `${kind}_${what}present_${safe}`, 'true')
    }
  }
  add('label', object.labels)
  add('annotation', object.annotations)
}

export function addNode(labels: MetaLabels, name: string | undefined, lookup: Lookup): void {
  const node = name === undefined ? undefined : lookup.node(name)
  if (node !== undefined) addObject(labels, node, 'node')
}

/** What attach_metadata says of the namespace (row D3.8). */
export function addNamespace(labels: MetaLabels, name: string, lookup: Lookup): void {
  const namespace = lookup.namespace(name)
  if (namespace !== undefined) addLabelsAndAnnotations(labels, namespace, 'namespace')
}

export function addService(labels: MetaLabels, service: Service): void {
  setMeta(labels, 'namespace', service.namespace)
  addObject(labels, service, 'service')
}

/** What a target says of its pod, but for its namespace. */
export function addPod(labels: MetaLabels, pod: Pod, lookup: Lookup, attached: Attached): void {
  setMeta(labels, 'pod_ip', pod.ip)
  setMeta(labels, 'pod_ready', pod.ready)
  setMeta(labels, 'pod_phase', pod.phase)
  setMeta(labels, 'pod_node_name', pod.nodeName)
  setMeta(labels, 'pod_host_ip', pod.hostIp)
  setMeta(labels, 'pod_uid', pod.uid)
  addObject(labels, pod, 'pod')
  const { controller, namespace } = pod
  if (controller === undefined) return
  const { kind, name } = controller
  setMeta(labels, 'pod_controller_kind', kind)
  setMeta(labels, 'pod_controller_name', name)
  if (kind === 'ReplicaSet' && attached.deployment) {
    const owner = lookup.replicaSet(namespace, name)?.controller
    if (owner?.kind === 'Deployment') setMeta(labels, 'pod_deployment_name', owner.name)
  }
  if (kind === 'Job' && attached.job) setMeta(labels, 'pod_job_name', name)
  if (kind === 'Job' && attached.cronjob) {
    const owner = lookup.job(namespace, name)?.controller
    if (owner?.kind === 'CronJob') setMeta(labels, 'pod_cronjob_name', owner.name)
  }
}

/** A container and one of its ports; `protocol` is the one that the label tells. */
export function addContainerPort(
  labels: MetaLabels,
  container: Container,
  port: ContainerPort,
  protocol = port.protocol,
): void {
  setMeta(labels, 'pod_container_name', container.name)
  setMeta(labels, 'pod_container_image', container.image)
  setMeta(labels, 'pod_container_port_name', port.name)
  setMeta(labels, 'pod_container_port_number', String(port.number))
  setMeta(labels, 'pod_container_port_protocol', protocol)
  setMeta(labels, 'pod_container_init', String(container.isInit))
}
