import { messageOf } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import { turnsOf } from '../../base/turns.ts'
import type { KubernetesRole } from '../../config/discovery/kubernetes.ts'
import { Labels } from '../../model/labels.ts'
import type { Discoverer, GroupSink, TargetGroup } from '../discoverer.ts'
import type { ConfigOf, DiscoveryTools, Mechanism } from '../mechanism.ts'
import { type ClusterAccess, fixedAccess, inClusterAccess, ownNamespace } from './cluster-access.ts'
import { ObjectStore, type ReflectorSettings, RelatedObjects } from './cluster-objects.ts'
import { sourceOf } from './groups.ts'
import { kubeconfigAccess } from './kubeconfig-access.ts'
import { KubernetesApi } from './kubernetes-api.ts'
import { KubernetesMetrics } from './kubernetes-metrics.ts'
import type { KubernetesObject } from './objects.ts'
import type { Reflector } from './reflector.ts'
import { type ResourceKind, resourcePath } from './resources.ts'
import { type Role, withRole } from './roles.ts'

type KubernetesConfig = ConfigOf<'kubernetes'>

/** kubernetes_sd_configs: the objects of a cluster, listed and watched (rows D3.1 to D3.8). */
export const kubernetesMechanism: Mechanism<'kubernetes'> = (registry) => {
  const metrics = new KubernetesMetrics(registry)
  return (config, tools) => {
    const { role, apiServer, kubeconfigFile, namespaces } = config
    const isInside = apiServer === undefined && kubeconfigFile === ''
    const inside = isInside ? inClusterAccess(tools, process.env) : undefined
    const fixed =
      apiServer === undefined
        ? inside
        : fixedAccess(new URL(apiServer.reveal()), config.http, tools)
    const own = isInside && namespaces.ownNamespace ? [ownNamespace(tools)] : []
    const names = [...namespaces.names, ...own]
    return new KubernetesDiscoverer({
      config,
      role: role === '' ? 'node' : role,
      namespaces: names.length === 0 ? [''] : names,
      tools,
      metrics,
      access: async () => fixed ?? (await kubeconfigAccess(kubeconfigFile, tools)),
    })
  }
}

interface KubernetesOptions {
  readonly config: KubernetesConfig
  readonly role: KubernetesRole
  /** '' is all of them. */
  readonly namespaces: readonly string[]
  readonly tools: DiscoveryTools
  readonly metrics: KubernetesMetrics
  readonly access: () => Promise<ClusterAccess>
}

class KubernetesDiscoverer implements Discoverer {
  readonly #options: KubernetesOptions
  readonly #abort = new AbortController()
  #access: ClusterAccess | undefined

  constructor(options: KubernetesOptions) {
    this.#options = options
  }

  start(report: GroupSink): void {
    void this.#run(report)
  }

  stop(): void {
    this.#abort.abort()
    this.#access?.close()
  }

  async #run(report: GroupSink): Promise<void> {
    const access = await this.#open()
    if (access === undefined) return
    const { config, role, tools } = this.#options
    const api = new KubernetesApi(access)
    const groups = withRole<RunningGroups>(role, config.attachMetadata, (definition) => {
      const sink: GroupSink = (told) => {
        if (!this.#abort.signal.aborted) report(told)
      }
      return new RoleGroups(definition, this.#options, sink, this.#settings(api))
    })
    tools.logger.debug('Kubernetes discovery started', { role })
    await Promise.all(groups.reflectors.map((each) => each.run(this.#abort.signal)))
  }

  /** A kubeconfig that cannot be used now is tried again. */
  async #open(): Promise<ClusterAccess | undefined> {
    const { tools, access, metrics } = this.#options
    for (;;) {
      try {
        this.#access = await access()
        if (!this.#abort.signal.aborted) return this.#access
        this.#access.close()
        return undefined
      } catch (thrown) {
        metrics.failures.add()
        tools.logger.error('Kubernetes cluster cannot be used', { err: messageOf(thrown) })
        await new Promise<void>((resolve) => {
          const timer = tools.clock.after(limits.kubernetesRetryMsMax, resolve)
          this.#abort.signal.addEventListener('abort', () => {
            timer.cancel()
            resolve()
          })
        })
        if (this.#abort.signal.aborted) return undefined
      }
    }
  }

  #settings(api: KubernetesApi): (settled: () => void) => ReflectorSettings {
    const { config, namespaces, tools, metrics } = this.#options
    return (settled) => (kind) => {
      const isClusterWide = kind === 'node' || kind === 'namespace'
      const selector = config.selectors.find((each) => each.role === kind)
      const selectors = new URLSearchParams()
      if (selector !== undefined && selector.label !== '') {
        selectors.set('labelSelector', selector.label)
      }
      if (selector !== undefined && selector.field !== '') {
        selectors.set('fieldSelector', selector.field)
      }
      return (isClusterWide ? [''] : namespaces).map((namespace) => ({
        api,
        clock: tools.clock,
        logger: tools.logger,
        path: resourcePath(kind, namespace),
        selectors,
        settled,
        failed: () => metrics.failures.add(),
      }))
    }
  }
}

interface RunningGroups {
  readonly reflectors: readonly Pick<Reflector<KubernetesObject>, 'run' | 'isSynced'>[]
}

/** The groups of a role: made anew whenever their object, or one that they tell of, changes. */
class RoleGroups<T extends KubernetesObject> implements RunningGroups {
  readonly #role: Role<T>
  readonly #options: KubernetesOptions
  readonly #report: GroupSink
  readonly #objects: ObjectStore<T>
  readonly #related: RelatedObjects
  readonly #changed = new Set<string>()
  #isTelling = false
  #hasTold = false

  constructor(
    role: Role<T>,
    options: KubernetesOptions,
    report: GroupSink,
    settings: (settled: () => void) => ReflectorSettings,
  ) {
    this.#role = role
    this.#options = options
    this.#report = report
    const { metrics } = options
    const reflected = settings(() => void this.#tell())
    this.#objects = new ObjectStore(role.kind, role.read, reflected, (event, key) => {
      metrics.event(role.kind, event)
      this.#changed.add(key)
    })
    this.#related = new RelatedObjects(role.related, reflected, (kind, event, groups) => {
      if (this.#isCounted(kind, event)) metrics.event(kind, event)
      for (const key of groups) this.#changed.add(key)
    })
  }

  get reflectors(): RunningGroups['reflectors'] {
    return [...this.#objects.reflectors, ...this.#related.reflectors]
  }

  /** Upstream counts what its handlers see: of pods only changes, and none behind slices. */
  #isCounted(kind: ResourceKind, event: string): boolean {
    if (kind === 'pod') return event === 'update' && this.#role.kind === 'endpoints'
    return kind === 'service'
  }

  /** Once everything has been listed: half a picture would lack labels. */
  async #tell(): Promise<void> {
    if (this.#isTelling || !this.reflectors.every((each) => each.isSynced)) return
    this.#isTelling = true
    const turn = turnsOf(this.#options.tools.clock)
    while (this.#changed.size > 0 || !this.#hasTold) {
      const keys = [...this.#changed]
      this.#changed.clear()
      const groups: TargetGroup[] = []
      for (const key of keys) {
        const group = this.#groupOf(key)
        if (group !== undefined) groups.push(group)
        await turn()
      }
      if (groups.length > 0 || !this.#hasTold) this.#report(groups)
      this.#hasTold = true
    }
    this.#isTelling = false
  }

  #groupOf(key: string): TargetGroup | undefined {
    const object = this.#objects.get(key)
    const source = sourceOf(this.#role.sourcePrefix, '', key)
    this.#related.askFor(key)
    if (object === undefined) return { source, targets: [], labels: Labels.empty }
    return this.#role.group(source, object, {
      lookup: this.#related,
      attached: this.#options.config.attachMetadata,
    })
  }
}
