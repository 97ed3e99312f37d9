import type { Clock, Timer } from '../base/clock.ts'
import type { FileSystem } from '../base/file-system.ts'
import { limits } from '../base/limits.ts'
import type { Logger } from '../base/logger.ts'
import type { MetricsRegistry } from '../base/self-metrics.ts'
import type { DiscoveryConfig } from '../config/discovery-config.ts'
import { discoveryIdentity } from '../config/identity.ts'
import type { Discoverer, DiscoveryJob, DiscoverySource, TargetGroup } from './discoverer.ts'
import { DiscoveryManagerMetrics, FileDiscoveryMetrics } from './discovery-metrics.ts'
import { FileDiscoverer } from './file.ts'
import { StaticDiscoverer } from './static.ts'

export interface DiscoveryManagerOptions {
  readonly fs: FileSystem
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: MetricsRegistry
  /** Tells this manager's metrics from another's: scrape or notify. */
  readonly name?: string
}

/** A running discoverer with the last good group of each of its sources. */
interface Provider {
  readonly discoverer: Discoverer
  readonly groups: Map<string, TargetGroup>
}

/**
 * Runs the discoverers of all jobs; jobs that ask for the same share one (row D1.4). What is new
 * is told at once, so that a server scrapes from its first second; after that changes wait until
 * five seconds have passed since the last ones.
 */
export class DiscoveryManager implements DiscoverySource {
  readonly #options: DiscoveryManagerOptions
  readonly #metrics: DiscoveryManagerMetrics
  readonly #fileMetrics: FileDiscoveryMetrics
  readonly #providers = new Map<string, Provider>()
  #jobs: readonly DiscoveryJob[] = []
  #call: (groupsByJob: ReadonlyMap<string, readonly TargetGroup[]>) => void = () => undefined
  #timer: Timer | undefined
  #isChanged = false
  #isApplying = false
  #lastUpdateMs = 0

  constructor(options: DiscoveryManagerOptions) {
    this.#options = options
    this.#fileMetrics = new FileDiscoveryMetrics(options.metrics)
    this.#metrics = new DiscoveryManagerMetrics(
      options.metrics,
      options.name ?? 'scrape',
      () => this.#targetCounts(),
      () => this.#lastUpdateMs / 1_000,
    )
  }

  subscribe(call: (groupsByJob: ReadonlyMap<string, readonly TargetGroup[]>) => void): void {
    this.#call = call
  }

  apply(jobs: readonly DiscoveryJob[]): void {
    this.#isApplying = true
    this.#jobs = jobs
    const wanted = new Map(
      jobs.flatMap((job) => job.configs.map((config) => [discoveryIdentity(config), config])),
    )
    for (const [identity, provider] of this.#providers) {
      if (wanted.has(identity)) continue
      provider.discoverer.stop()
      this.#providers.delete(identity)
    }
    for (const [identity, config] of wanted) {
      if (!this.#providers.has(identity)) this.#startProvider(identity, config)
    }
    this.#isApplying = false
    this.#tell()
  }

  stop(): void {
    this.#timer?.cancel()
    for (const { discoverer } of this.#providers.values()) discoverer.stop()
    this.#providers.clear()
    this.#jobs = []
  }

  #startProvider(identity: string, config: DiscoveryConfig): void {
    const provider = { discoverer: this.#discoverer(config), groups: new Map() }
    this.#providers.set(identity, provider)
    provider.discoverer.start((groups) => this.#receive(provider, groups))
  }

  /** The one line that a new mechanism needs here. */
  #discoverer(config: DiscoveryConfig): Discoverer {
    switch (config.mechanism) {
      case 'static':
        return new StaticDiscoverer(config)
      case 'file':
        return new FileDiscoverer(config, { ...this.#options, metrics: this.#fileMetrics })
    }
  }

  #receive(provider: Provider, groups: readonly TargetGroup[]): void {
    this.#metrics.received.add()
    for (const group of groups) {
      if (group.targets.length === 0) provider.groups.delete(group.source)
      else provider.groups.set(group.source, group)
    }
    if (this.#isApplying) return
    if (this.#timer === undefined) this.#tell()
    else {
      if (!this.#isChanged) this.#metrics.delayed.add()
      this.#isChanged = true
    }
  }

  #tell(): void {
    const { clock } = this.#options
    this.#isChanged = false
    this.#timer?.cancel()
    this.#timer = clock.after(limits.discoveryDelayMs, () => {
      this.#timer = undefined
      if (this.#isChanged) this.#tell()
    })
    this.#lastUpdateMs = clock.wallMs()
    this.#metrics.sent.add()
    this.#call(new Map(this.#jobs.map((job) => [job.name, this.#groupsOf(job)])))
  }

  #groupsOf(job: DiscoveryJob): readonly TargetGroup[] {
    return job.configs.flatMap((config) => {
      const provider = this.#providers.get(discoveryIdentity(config))
      return provider === undefined ? [] : [...provider.groups.values()]
    })
  }

  #targetCounts(): ReadonlyMap<string, number> {
    const count = (groups: readonly TargetGroup[]) =>
      groups.reduce((sum, group) => sum + group.targets.length, 0)
    return new Map(this.#jobs.map((job) => [job.name, count(this.#groupsOf(job))]))
  }
}
