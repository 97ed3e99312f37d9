import type { KubernetesObject, Node, Pod, Service } from './objects.ts'

/** The objects that groups of other objects take labels from; undefined for one that is not there. */
export interface Lookup {
  node(name: string): Node | undefined
  namespace(name: string): KubernetesObject | undefined
  pod(namespace: string, name: string): Pod | undefined
  service(namespace: string, name: string): Service | undefined
  replicaSet(namespace: string, name: string): KubernetesObject | undefined
  job(namespace: string, name: string): KubernetesObject | undefined
}

/** The flags of attach_metadata. */
export interface Attached {
  readonly node: boolean
  readonly namespace: boolean
  readonly deployment: boolean
  readonly job: boolean
  readonly cronjob: boolean
}
