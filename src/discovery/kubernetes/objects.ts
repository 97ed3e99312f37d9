import type { JsonReader } from '../json-reader.ts'

/** What all objects of the API have, as far as labels are made of it. */
export interface KubernetesObject {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly labels: Texts
  readonly annotations: Texts
  /** The owner that controls it. */
  readonly controller: { readonly kind: string; readonly name: string } | undefined
}

type Texts = readonly (readonly [string, string])[]

export function readObject(object: JsonReader): KubernetesObject {
  const meta = object.object('metadata')
  const owner = meta.objects('ownerReferences').find((each) => each.flag('controller'))
  return {
    namespace: meta.text('namespace'),
    name: meta.text('name'),
    uid: meta.text('uid'),
    labels: meta.textMap('labels'),
    annotations: meta.textMap('annotations'),
    controller: owner && { kind: owner.text('kind'), name: owner.text('name') },
  }
}

/** The key of an object among those of its kind: those of the cluster have no namespace. */
export function objectKey(namespace: string, name: string): string {
  return namespace === '' ? name : `${namespace}/${name}`
}

export interface Node extends KubernetesObject {
  /** Type and address, in the order of the API. */
  readonly addresses: readonly (readonly [string, string])[]
  readonly kubeletPort: number
  readonly providerId: string
  /** Type and status. */
  readonly conditions: readonly (readonly [string, string])[]
}

export function readNode(object: JsonReader): Node {
  const status = object.object('status')
  return {
    ...readObject(object),
    addresses: status.objects('addresses').map((each) => [each.text('type'), each.text('address')]),
    kubeletPort: status.object('daemonEndpoints').object('kubeletEndpoint').number('Port'),
    providerId: object.object('spec').text('providerID'),
    conditions: status
      .objects('conditions')
      .map((each) => [each.text('type'), each.text('status')]),
  }
}

export interface Pod extends KubernetesObject {
  readonly ip: string
  readonly hostIp: string
  readonly phase: string
  readonly nodeName: string
  /** In lower case; unknown where nobody says. */
  readonly ready: string
  /** Those that run first come last, as upstream has them. */
  readonly containers: readonly Container[]
}

export interface Container {
  readonly name: string
  readonly image: string
  /** '' while it has none. */
  readonly id: string
  readonly isInit: boolean
  readonly ports: readonly ContainerPort[]
}

export interface ContainerPort {
  readonly name: string
  readonly number: number
  readonly protocol: string
}

export function readPod(object: JsonReader): Pod {
  const [spec, status] = [object.object('spec'), object.object('status')]
  const ready = status.objects('conditions').find((each) => each.text('type') === 'Ready')
  return {
    ...readObject(object),
    ip: status.text('podIP'),
    hostIp: status.text('hostIP'),
    phase: status.text('phase'),
    nodeName: spec.text('nodeName'),
    ready: (ready?.text('status') ?? 'unknown').toLowerCase(),
    containers: [
      ...readContainers(spec.objects('containers'), status.objects('containerStatuses'), false),
      ...readContainers(
        spec.objects('initContainers'),
        status.objects('initContainerStatuses'),
        true,
      ),
    ],
  }
}

function readContainers(
  containers: readonly JsonReader[],
  statuses: readonly JsonReader[],
  isInit: boolean,
): readonly Container[] {
  return containers.map((container) => {
    const name = container.text('name')
    return {
      name,
      image: container.text('image'),
      id: statuses.find((each) => each.text('name') === name)?.text('containerID') ?? '',
      isInit,
      ports: container.objects('ports').map((port) => ({
        name: port.text('name'),
        number: port.number('containerPort'),
        protocol: port.text('protocol'),
      })),
    }
  })
}

export interface Service extends KubernetesObject {
  readonly type: string
  readonly clusterIp: string
  readonly externalName: string
  /** Addresses of its load balancer, with commas. */
  readonly loadBalancerIp: string
  readonly ipFamilyPolicy: string
  /** '' where it has none. */
  readonly primaryIpFamily: string
  readonly ports: readonly ContainerPort[]
}

export function readService(object: JsonReader): Service {
  const spec = object.object('spec')
  const ingress = object.object('status').object('loadBalancer').objects('ingress')
  const addresses = ingress.map((each) => each.text('ip')).filter((ip) => ip !== '')
  return {
    ...readObject(object),
    type: spec.text('type'),
    clusterIp: spec.text('clusterIP'),
    externalName: spec.text('externalName'),
    loadBalancerIp: addresses.length > 0 ? addresses.join(',') : spec.text('loadBalancerIP'),
    ipFamilyPolicy: spec.text('ipFamilyPolicy'),
    primaryIpFamily: spec.texts('ipFamilies')[0] ?? '',
    ports: spec.objects('ports').map((port) => ({
      name: port.text('name'),
      number: port.number('port'),
      protocol: port.text('protocol'),
    })),
  }
}

export interface Ingress extends KubernetesObject {
  readonly className: string
  readonly tlsHosts: readonly string[]
  /** A rule without HTTP paths has the path of the root. */
  readonly rules: readonly { readonly host: string; readonly paths: readonly string[] }[]
}

export function readIngress(object: JsonReader): Ingress {
  const spec = object.object('spec')
  return {
    ...readObject(object),
    className: spec.text('ingressClassName'),
    tlsHosts: spec.objects('tls').flatMap((each) => each.texts('hosts')),
    rules: spec.objects('rules').map((rule) => ({
      host: rule.text('host'),
      paths: rule.has('http')
        ? rule
            .object('http')
            .objects('paths')
            .map((each) => each.text('path') || '/')
        : ['/'],
    })),
  }
}
