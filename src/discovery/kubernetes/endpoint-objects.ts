import type { JsonReader } from '../json-reader.ts'
import { type KubernetesObject, readObject } from './objects.ts'

/** What an address stands for. */
export interface TargetReference {
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

/** What a field has that may be absent. */
type Maybe<T> = T | undefined

function readReference(object: JsonReader): Maybe<TargetReference> {
  if (!object.has('targetRef')) return undefined
  const reference = object.object('targetRef')
  return {
    kind: reference.text('kind'),
    namespace: reference.text('namespace'),
    name: reference.text('name'),
  }
}

export interface EndpointAddress {
  readonly ip: string
  readonly hostname: string
  readonly nodeName: Maybe<string>
  readonly target: Maybe<TargetReference>
}

export interface EndpointSubset {
  readonly ready: readonly EndpointAddress[]
  readonly notReady: readonly EndpointAddress[]
  readonly ports: readonly {
    readonly name: string
    readonly number: number
    readonly protocol: string
  }[]
}

export interface Endpoints extends KubernetesObject {
  readonly subsets: readonly EndpointSubset[]
}

export function readEndpoints(object: JsonReader): Endpoints {
  return {
    ...readObject(object),
    subsets: object.objects('subsets').map((subset) => ({
      ready: subset.objects('addresses').map(readAddress),
      notReady: subset.objects('notReadyAddresses').map(readAddress),
      ports: subset.objects('ports').map((port) => ({
        name: port.text('name'),
        number: port.number('port'),
        protocol: port.text('protocol'),
      })),
    })),
  }
}

function readAddress(address: JsonReader): EndpointAddress {
  return {
    ip: address.text('ip'),
    hostname: address.text('hostname'),
    nodeName: maybe(address, 'nodeName'),
    target: readReference(address),
  }
}

export interface SliceEndpoint {
  readonly addresses: readonly string[]
  readonly ready: Maybe<boolean>
  readonly serving: Maybe<boolean>
  readonly terminating: Maybe<boolean>
  readonly hostname: Maybe<string>
  readonly nodeName: Maybe<string>
  readonly zone: Maybe<string>
  readonly target: Maybe<TargetReference>
  readonly topology: readonly (readonly [string, string])[]
}

export interface SlicePort {
  readonly name: Maybe<string>
  readonly number: Maybe<number>
  readonly protocol: Maybe<string>
  readonly appProtocol: Maybe<string>
}

export interface EndpointSlice extends KubernetesObject {
  readonly addressType: string
  readonly endpoints: readonly SliceEndpoint[]
  readonly ports: readonly SlicePort[]
}

export function readEndpointSlice(object: JsonReader): EndpointSlice {
  return {
    ...readObject(object),
    addressType: object.text('addressType'),
    endpoints: object.objects('endpoints').map(readSliceEndpoint),
    ports: object.objects('ports').map((port) => ({
      name: maybe(port, 'name'),
      number: port.has('port') ? port.number('port') : undefined,
      protocol: maybe(port, 'protocol'),
      appProtocol: maybe(port, 'appProtocol'),
    })),
  }
}

function readSliceEndpoint(endpoint: JsonReader): SliceEndpoint {
  const conditions = endpoint.object('conditions')
  const condition = (name: string) => (conditions.has(name) ? conditions.flag(name) : undefined)
  return {
    addresses: endpoint.texts('addresses'),
    ready: condition('ready'),
    serving: condition('serving'),
    terminating: condition('terminating'),
    hostname: maybe(endpoint, 'hostname'),
    nodeName: maybe(endpoint, 'nodeName'),
    zone: maybe(endpoint, 'zone'),
    target: readReference(endpoint),
    topology: endpoint.textMap('deprecatedTopology'),
  }
}

function maybe(object: JsonReader, key: string): Maybe<string> {
  return object.has(key) ? object.text(key) : undefined
}
