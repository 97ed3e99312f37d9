/** Objects as a cluster's API server has them, with much that discovery does not look at. */
const managed = { managedFields: [{ manager: 'kubelet', operation: 'Update', fieldsV1: {} }] }

export function nodeObject(name: string, address = '10.0.0.1') {
  return {
    metadata: {
      name,
      uid: `uid-${name}`,
      labels: { 'kubernetes.io/os': 'linux', 'node-role.kubernetes.io/control-plane': '' },
      annotations: { 'node.alpha.kubernetes.io/ttl': '0' },
      ...managed,
    },
    spec: { podCIDR: '10.244.0.0/24', providerID: `kind://docker/kind/${name}` },
    status: {
      capacity: { cpu: '8', memory: '16307292Ki', pods: '110' },
      conditions: [
        { type: 'MemoryPressure', status: 'False', reason: 'KubeletHasSufficientMemory' },
        { type: 'Ready', status: 'True', reason: 'KubeletReady' },
      ],
      addresses: [
        { type: 'InternalIP', address },
        { type: 'InternalIP', address: 'fd00::1' },
        { type: 'Hostname', address: name },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
      nodeInfo: { kubeletVersion: 'v1.31.0', architecture: 'amd64' },
    },
  }
}

export interface PodOptions {
  readonly ip?: string
  readonly phase?: string
  readonly node?: string
  readonly owner?: { readonly kind: string; readonly name: string }
  readonly labels?: Readonly<Record<string, string>>
}

/** Two containers, one with two ports and one with none, and one that ran first. */
export function podObject(namespace: string, name: string, options: PodOptions = {}) {
  const { ip = '10.244.0.5', phase = 'Running', node = 'node-1', owner, labels } = options
  const reference = { apiVersion: 'apps/v1', uid: 'u', controller: true, blockOwnerDeletion: true }
  return {
    metadata: {
      name,
      namespace,
      uid: `uid-${name}`,
      labels: { app: 'web', 'app.kubernetes.io/part-of': 'shop', ...labels },
      annotations: { 'prometheus.io/scrape': 'true' },
      ...(owner === undefined ? {} : { ownerReferences: [{ ...reference, ...owner }] }),
      ...managed,
    },
    spec: {
      nodeName: node,
      initContainers: [{ name: 'prepare', image: 'busybox:1', command: ['true'] }],
      containers: [
        {
          name: 'web',
          image: 'shop/web:2',
          ports: [
            { name: 'http', containerPort: 8080, protocol: 'TCP' },
            { name: 'metrics', containerPort: 9090, protocol: 'TCP' },
          ],
        },
        { name: 'helper', image: 'shop/helper:1' },
      ],
    },
    status: {
      phase,
      ...(ip === '' ? {} : { podIP: ip, podIPs: [{ ip }], hostIP: '10.0.0.1' }),
      conditions: [
        { type: 'PodScheduled', status: 'True' },
        { type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' },
      ],
      containerStatuses: [
        { name: 'web', containerID: 'containerd://abc', ready: true, restartCount: 0 },
        { name: 'helper', containerID: 'containerd://def', ready: true, restartCount: 0 },
      ],
      initContainerStatuses: [{ name: 'prepare', containerID: 'containerd://012', ready: true }],
    },
  }
}

export function serviceObject(namespace: string, name: string, spec: object = {}, status = {}) {
  return {
    metadata: { name, namespace, labels: { app: 'web' }, annotations: { note: 'hi' }, ...managed },
    spec: {
      type: 'ClusterIP',
      clusterIP: '10.96.0.10',
      ports: [
        { name: 'http', port: 80, protocol: 'TCP', targetPort: 8080 },
        { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
      ],
      ...spec,
    },
    status: { loadBalancer: {}, ...status },
  }
}

/** One ready pod, one address that is not ready, and one that is a node. */
export function endpointsObject(namespace: string, name: string, pod: string) {
  return {
    metadata: { name, namespace, labels: { app: 'web' }, annotations: { note: 'ep' } },
    subsets: [
      {
        addresses: [
          {
            ip: '10.244.0.5',
            hostname: 'web-0',
            nodeName: 'node-1',
            targetRef: { kind: 'Pod', namespace, name: pod, uid: 'u' },
          },
          { ip: 'fd00::1', targetRef: { kind: 'Node', name: 'node-2' } },
        ],
        notReadyAddresses: [{ ip: '10.244.0.9', nodeName: 'node-2' }],
        ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
      },
    ],
  }
}

export function endpointSliceObject(namespace: string, name: string, pod: string, more = {}) {
  return {
    metadata: {
      name,
      namespace,
      labels: { 'kubernetes.io/service-name': 'web' },
      annotations: { note: 'slice' },
    },
    addressType: 'IPv4',
    endpoints: [
      {
        addresses: ['10.244.0.5'],
        conditions: { ready: true, serving: true, terminating: false },
        hostname: 'web-0',
        nodeName: 'node-1',
        zone: 'zone-a',
        targetRef: { kind: 'Pod', namespace, name: pod },
        deprecatedTopology: { 'kubernetes.io/hostname': 'node-1' },
      },
      { addresses: ['10.244.0.9'], conditions: { ready: false } },
      { addresses: ['10.0.0.2'], conditions: {}, targetRef: { kind: 'Node', name: 'node-2' } },
    ],
    ports: [{ name: 'http', port: 8080, protocol: 'TCP', appProtocol: 'http' }],
    ...more,
  }
}

export function ingressObject(namespace: string, name: string) {
  const backend = { service: { name: 'web', port: { number: 80 } } }
  return {
    metadata: { name, namespace, labels: { app: 'web' }, annotations: { note: 'in' } },
    spec: {
      ingressClassName: 'nginx',
      tls: [{ hosts: ['*.shop.example', '*'], secretName: 's' }],
      rules: [
        { host: 'www.shop.example', http: { paths: [{ path: '/a', backend }, { backend }] } },
        { host: 'a.b.shop.example', http: { paths: [{ path: '/', backend }] } },
        { host: 'plain.example' },
        { host: 'intranet' },
      ],
    },
  }
}

/** A ReplicaSet or a Job, with whom it belongs to. */
export function ownedObject(namespace: string, name: string, kind: string, owner: string) {
  return {
    metadata: { name, namespace, ownerReferences: [{ kind, name: owner, controller: true }] },
    spec: {},
  }
}
