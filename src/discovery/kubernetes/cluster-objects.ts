import type { JsonReader } from '../json-reader.ts'
import type { Lookup } from './lookup.ts'
import {
  type KubernetesObject,
  type Node,
  objectKey,
  type Pod,
  readNode,
  readObject,
  readPod,
  readService,
  type Service,
} from './objects.ts'
import { type ObjectEvent, Reflector, type ReflectorOptions } from './reflector.ts'
import type { ResourceKind } from './resources.ts'

/** What a reflector of each kind needs beside its kind; answers one for each namespace. */
export type ReflectorSettings = (
  kind: ResourceKind,
) => readonly Omit<ReflectorOptions<KubernetesObject>, 'read' | 'changed'>[]

/** The objects of one kind, of all namespaces that are asked for. */
export class ObjectStore<T extends KubernetesObject> {
  readonly reflectors: readonly Reflector<T>[]

  constructor(
    kind: ResourceKind,
    read: (object: JsonReader) => T,
    settings: ReflectorSettings,
    changed: (event: ObjectEvent, key: string) => void,
  ) {
    this.reflectors = settings(kind).map((options) => new Reflector({ ...options, read, changed }))
  }

  get(key: string): T | undefined {
    for (const { objects } of this.reflectors) {
      const object = objects.get(key)
      if (object !== undefined) return object
    }
    return undefined
  }
}

/**
 * The objects that groups take labels from. It remembers which group asked for which object, found
 * or not, and names those groups when the object changes.
 */
export class RelatedObjects implements Lookup {
  readonly #nodes: ObjectStore<Node> | undefined
  readonly #namespaces: ObjectStore<KubernetesObject> | undefined
  readonly #pods: ObjectStore<Pod> | undefined
  readonly #services: ObjectStore<Service> | undefined
  readonly #replicaSets: ObjectStore<KubernetesObject> | undefined
  readonly #jobs: ObjectStore<KubernetesObject> | undefined
  /** Groups by what they asked for, and the other way round. */
  readonly #askers = new Map<string, Set<string>>()
  readonly #asked = new Map<string, Set<string>>()
  #group = ''

  constructor(
    kinds: ReadonlySet<ResourceKind>,
    settings: ReflectorSettings,
    changed: (kind: ResourceKind, event: ObjectEvent, groups: Iterable<string>) => void,
  ) {
    const store = <T extends KubernetesObject>(kind: ResourceKind, read: (o: JsonReader) => T) => {
      if (!kinds.has(kind)) return undefined
      return new ObjectStore(kind, read, settings, (event, key) =>
        changed(kind, event, this.#askers.get(`${kind} ${key}`) ?? []),
      )
    }
    this.#nodes = store('node', readNode)
    this.#namespaces = store('namespace', readObject)
    this.#pods = store('pod', readPod)
    this.#services = store('service', readService)
    this.#replicaSets = store('replicaset', readObject)
    this.#jobs = store('job', readObject)
  }

  get reflectors(): readonly Reflector<KubernetesObject>[] {
    return [
      ...(this.#nodes?.reflectors ?? []),
      ...(this.#namespaces?.reflectors ?? []),
      ...(this.#pods?.reflectors ?? []),
      ...(this.#services?.reflectors ?? []),
      ...(this.#replicaSets?.reflectors ?? []),
      ...(this.#jobs?.reflectors ?? []),
    ]
  }

  /** What is asked for from now on is asked for by this group. */
  askFor(group: string): void {
    for (const object of this.#asked.get(group) ?? []) {
      const askers = this.#askers.get(object)
      askers?.delete(group)
      if (askers?.size === 0) this.#askers.delete(object)
    }
    this.#asked.delete(group)
    this.#group = group
  }

  node(name: string): Node | undefined {
    return this.#note('node', name, this.#nodes)
  }

  namespace(name: string): KubernetesObject | undefined {
    return this.#note('namespace', name, this.#namespaces)
  }

  pod(namespace: string, name: string): Pod | undefined {
    return this.#note('pod', objectKey(namespace, name), this.#pods)
  }

  service(namespace: string, name: string): Service | undefined {
    return this.#note('service', objectKey(namespace, name), this.#services)
  }

  replicaSet(namespace: string, name: string): KubernetesObject | undefined {
    return this.#note('replicaset', objectKey(namespace, name), this.#replicaSets)
  }

  job(namespace: string, name: string): KubernetesObject | undefined {
    return this.#note('job', objectKey(namespace, name), this.#jobs)
  }

  #note<T extends KubernetesObject>(
    kind: ResourceKind,
    key: string,
    store: ObjectStore<T> | undefined,
  ): T | undefined {
    if (store === undefined) return undefined
    const object = `${kind} ${key}`
    addTo(this.#askers, object, this.#group)
    addTo(this.#asked, this.#group, object)
    return store.get(key)
  }
}

function addTo(sets: Map<string, Set<string>>, key: string, member: string): void {
  const set = sets.get(key)
  if (set === undefined) sets.set(key, new Set([member]))
  else set.add(member)
}
