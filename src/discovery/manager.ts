import type { Clock, Timer } from '../base/clock.ts'
import { NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { limits } from '../base/limits.ts'
import type { Logger } from '../base/logger.ts'
import type { MetricsRegistry } from '../base/self-metrics.ts'
import type { DiscoveryConfig } from '../config/discovery-config.ts'
import { discoveryIdentity } from '../config/identity.ts'
import type { DiscoveryJob, DiscoverySource, TargetGroup } from './discoverer.ts'
import { DiscoveryManagerMetrics } from './discovery-metrics.ts'
import type { DiscoveryMechanisms } from './mechanisms.ts'
import { Provider, replacements } from './provider.ts'

export interface DiscoveryManagerOptions {
  readonly fs: FileSystem
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: MetricsRegistry
  /** Shared by all managers of the process. */
  readonly mechanisms: Pick<DiscoveryMechanisms, 'discoverer'>
  /** Tells this manager's metrics from another's: scrape or notify. */
  readonly name?: string
  /** The longest wait until a change is told; five seconds where absent. */
  readonly delayMsMax?: number | undefined
}

type GroupsByJob = ReadonlyMap<string, readonly TargetGroup[]>

/**
 * Runs the discoverers of all jobs; jobs that ask for the same share one (row D1.4). A change is
 * told at once after quiet times, then ever more slowly, at least every five seconds. A discoverer
 * that a reload replaces leaves its groups to the new one until that has an answer: a reload makes
 * no gap.
 */
export class DiscoveryManager implements DiscoverySource {
  readonly #options: DiscoveryManagerOptions
  readonly #metrics: DiscoveryManagerMetrics
  readonly #providers = new Map<string, Provider>()
  /** The providers of each job, in the order of its configuration. */
  #jobs: ReadonlyMap<string, readonly Provider[]> = new Map()
  #call: (groupsByJob: GroupsByJob) => void = () => undefined
  #timer: Timer | undefined
  #inheritance: Timer | undefined
  readonly #delayMsMax: number
  #delayMs = 0
  #toldMs = -Infinity
  #isChanged = false
  #isApplying = false
  readonly #lastUpdateMs = new Map<string, number>()

  constructor(options: DiscoveryManagerOptions) {
    this.#options = options
    this.#delayMsMax = options.delayMsMax ?? limits.discoveryDelayMs
    this.#metrics = new DiscoveryManagerMetrics(
      options.metrics,
      options.name ?? 'scrape',
      () => this.#targetCounts(),
      () => new Map([...this.#lastUpdateMs].map(([job, ms]) => [job, ms / 1_000])),
    )
  }

  subscribe(call: (groupsByJob: GroupsByJob) => void): void {
    this.#call = call
  }

  apply(jobs: readonly DiscoveryJob[]): void {
    this.#isApplying = true
    const before = this.#jobs
    let failed = 0
    const started: Provider[] = []
    const providersOf = (job: DiscoveryJob): readonly Provider[] => {
      const providers = new Set<Provider>()
      for (const config of job.configs) {
        const provider = this.#providerOf(config, job.name, started)
        if (provider === undefined) failed++
        else providers.add(provider)
      }
      return [...providers]
    }
    this.#jobs = new Map(jobs.map((job) => [job.name, providersOf(job)]))
    this.#metrics.failedConfigs.set(failed)
    this.#bequeath(before)
    for (const provider of started) {
      provider.discoverer.start((groups) => this.#receive(provider, groups))
    }
    this.#stopUnused()
    this.#isApplying = false
    this.#toldMs = -Infinity
    this.#tell()
  }

  stop(): void {
    this.#timer?.cancel()
    this.#inheritance?.cancel()
    this.#jobs = new Map()
    this.#stopUnused()
  }

  /** The running one, or a new one that is yet to be started; undefined where it cannot be made. */
  #providerOf(config: DiscoveryConfig, job: string, started: Provider[]): Provider | undefined {
    const identity = discoveryIdentity(config)
    const known = this.#providers.get(identity)
    if (known !== undefined) return known
    const { fs, clock, mechanisms } = this.#options
    const logger = this.#options.logger.with({ discovery: config.mechanism, config: job })
    try {
      const tools = { fs, clock, logger, setName: job }
      const provider = new Provider(config, mechanisms.discoverer(config, tools))
      this.#providers.set(identity, provider)
      started.push(provider)
      return provider
    } catch (thrown) {
      if (!(thrown instanceof NarthexError)) throw thrown
      logger.error('Cannot create service discovery', { err: thrown.message })
      return undefined
    }
  }

  #bequeath(before: ReadonlyMap<string, readonly Provider[]>): void {
    for (const [job, now] of this.#jobs) {
      for (const [old, heir] of replacements(before.get(job) ?? [], now)) {
        heir.inherit(job, old.groupsFor(job))
      }
    }
    this.#inheritance?.cancel()
    this.#inheritance = this.#options.clock.after(limits.discoveryInheritedMs, () => {
      const forgotten = [...this.#providers.values()].filter((heir) => heir.forgetInherited())
      if (forgotten.length > 0) this.#changed()
    })
  }

  #stopUnused(): void {
    const used = new Set([...this.#jobs.values()].flat())
    for (const [identity, provider] of this.#providers) {
      if (used.has(provider)) continue
      provider.discoverer.stop()
      this.#providers.delete(identity)
    }
    for (const job of this.#lastUpdateMs.keys()) {
      if (!this.#jobs.has(job)) this.#lastUpdateMs.delete(job)
    }
  }

  #receive(provider: Provider, groups: readonly TargetGroup[]): void {
    this.#metrics.received.add()
    provider.take(groups)
    if (!this.#isApplying) this.#changed()
  }

  #changed(): void {
    if (this.#timer === undefined) this.#tell()
    else this.#isChanged = true
  }

  #tell(): void {
    const { clock } = this.#options
    this.#isChanged = false
    this.#timer?.cancel()
    const isAfterQuiet = clock.monotonicMs() - this.#toldMs > this.#delayMsMax
    this.#delayMs = nextDelayMs(isAfterQuiet ? 0 : this.#delayMs, this.#delayMsMax)
    this.#toldMs = clock.monotonicMs()
    this.#timer = clock.after(this.#delayMs, () => {
      this.#timer = undefined
      if (this.#isChanged) this.#tell()
    })
    const nowMs = clock.wallMs()
    for (const job of this.#jobs.keys()) this.#lastUpdateMs.set(job, nowMs)
    this.#metrics.sent.add()
    this.#call(new Map([...this.#jobs.keys()].map((job) => [job, this.#groupsOf(job)])))
  }

  #groupsOf(job: string): readonly TargetGroup[] {
    return (this.#jobs.get(job) ?? []).flatMap((provider) => provider.groupsFor(job))
  }

  #targetCounts(): ReadonlyMap<string, number> {
    const count = (groups: readonly TargetGroup[]) =>
      groups.reduce((sum, group) => sum + group.targets.length, 0)
    return new Map([...this.#jobs.keys()].map((job) => [job, count(this.#groupsOf(job))]))
  }
}

/** Upstream's back-off: from a tenth of a second, half as long again each time, up to five. */
function nextDelayMs(lastMs: number, delayMsMax: number): number {
  return Math.min(lastMs === 0 ? limits.discoveryDelayMsMin : lastMs * 1.5, delayMsMax)
}
