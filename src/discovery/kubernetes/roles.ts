import type { KubernetesRole } from '../../config/discovery/kubernetes.ts'
import type { TargetGroup } from '../discoverer.ts'
import type { JsonReader } from '../json-reader.ts'
import { endpointSliceGroup, endpointsGroup } from './endpoint-groups.ts'
import { readEndpointSlice, readEndpoints } from './endpoint-objects.ts'
import { type GroupContext, ingressGroup, nodeGroup, podGroup, serviceGroup } from './groups.ts'
import type { Attached } from './lookup.ts'
import { type KubernetesObject, readIngress, readNode, readPod, readService } from './objects.ts'
import type { ResourceKind } from './resources.ts'

/** A role: whose objects become groups, and what else their labels come from. */
export interface Role<T extends KubernetesObject> {
  readonly kind: ResourceKind
  /** Before the object's place in the name of its group's source. */
  readonly sourcePrefix: string
  readonly read: (object: JsonReader) => T
  /** undefined: what was known stays. */
  readonly group: (source: string, object: T, context: GroupContext) => TargetGroup | undefined
  readonly related: ReadonlySet<ResourceKind>
}

/** Calls with the role's definition, whose type of object is known only there. */
export function withRole<R>(
  role: KubernetesRole,
  attached: Attached,
  use: <T extends KubernetesObject>(role: Role<T>) => R,
): R {
  const namespace: readonly ResourceKind[] = attached.namespace ? ['namespace'] : []
  const podOwners: readonly ResourceKind[] = [
    ...(attached.node ? (['node'] as const) : []),
    ...(attached.deployment ? (['replicaset'] as const) : []),
    ...(attached.job || attached.cronjob ? (['job'] as const) : []),
    ...namespace,
  ]
  const behind = new Set<ResourceKind>(['service', 'pod', ...podOwners])
  const define = <T extends KubernetesObject>(
    kind: ResourceKind,
    read: Role<T>['read'],
    group: Role<T>['group'],
    related: Iterable<ResourceKind>,
    sourcePrefix: string = kind,
  ) => use({ kind, sourcePrefix, read, group, related: new Set(related) })
  switch (role) {
    case 'node':
      return define('node', readNode, nodeGroup, [])
    case 'service':
      return define('service', readService, serviceGroup, namespace, 'svc')
    case 'pod':
      return define('pod', readPod, podGroup, podOwners)
    case 'ingress':
      return define('ingress', readIngress, ingressGroup, namespace)
    case 'endpoints':
      return define('endpoints', readEndpoints, endpointsGroup, behind)
    case 'endpointslice':
      return define('endpointslice', readEndpointSlice, endpointSliceGroup, behind)
  }
}
