/** Where the API has the objects of each kind: group with version, and plural. */
export const resources = {
  node: ['/api/v1', 'nodes'],
  namespace: ['/api/v1', 'namespaces'],
  pod: ['/api/v1', 'pods'],
  service: ['/api/v1', 'services'],
  endpoints: ['/api/v1', 'endpoints'],
  endpointslice: ['/apis/discovery.k8s.io/v1', 'endpointslices'],
  ingress: ['/apis/networking.k8s.io/v1', 'ingresses'],
  replicaset: ['/apis/apps/v1', 'replicasets'],
  job: ['/apis/batch/v1', 'jobs'],
} as const

export type ResourceKind = keyof typeof resources

/** The path of a kind's objects; '' is all namespaces, and what has none. */
export function resourcePath(kind: ResourceKind, namespace: string): string {
  const [group, plural] = resources[kind]
  const scope = namespace === '' ? '' : `/namespaces/${encodeURIComponent(namespace)}`
  return `${group}${scope}/${plural}`
}
