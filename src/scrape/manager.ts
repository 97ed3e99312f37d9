import type { Clock } from '../base/clock.ts'
import type { FileSystem } from '../base/file-system.ts'
import { limits } from '../base/limits.ts'
import type { Logger } from '../base/logger.ts'
import type { MetricsRegistry } from '../base/self-metrics.ts'
import type { Tracer } from '../base/tracer.ts'
import type { Config, ScrapeConfig } from '../config/config.ts'
import type { DiscoverySource, TargetGroup } from '../discovery/discoverer.ts'
import { DialerMetrics } from '../http/dialer-metrics.ts'
import { Resolver, type ResolverOptions } from '../http/resolver.ts'
import { createPageScanner } from '../kernels/exposition.ts'
import { printDurationMs } from '../model/duration.ts'
import { Labels } from '../model/labels.ts'
import { offsetSeed } from '../model/scrape-offset.ts'
import type { Appendable } from '../storage/appender.ts'
import type { MetadataSource, MetricMetadata } from '../storage/metadata.ts'
import { ScrapeFailureLogs } from './failure-logs.ts'
import { LineShapes } from './line-shapes.ts'
import type { ScrapeLoop } from './loop.ts'
import { PageColumns } from './page-columns.ts'
import { ProtobufScratch } from './parse-protobuf.ts'
import { ScrapePool } from './pool.ts'
import { type PoolSize, ScrapeMetrics } from './scrape-metrics.ts'
import { MetadataPool } from './target-metadata.ts'
import type { ActiveTarget, DroppedTarget, TargetFamilies, TargetsView } from './target-state.ts'
import type { ScrapeFeatures } from './target-writer.ts'

export interface ScrapeManagerOptions {
  readonly appendable: Appendable
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: MetricsRegistry
  readonly fs: FileSystem
  /** Where targets come from; the manager applies the jobs to it and stops it. */
  readonly discovery: DiscoverySource
  readonly features?: ScrapeFeatures
  /** Spreads scrapes over the interval differently on every server: its full name. */
  readonly hostName: string
  /** How far off its slot a scrape may be to get the slot's time; 2 ms where absent. */
  readonly alignMs?: number
  /** Where scrapes are traced. */
  readonly tracer?: Tracer
  /** Name servers instead of the system's. */
  readonly nameServers?: NonNullable<ResolverOptions['servers']>
}

/**
 * All scraping: one pool for each job. Protocol: apply() for every configuration, stop() at the
 * end. Jobs that did not change keep their loops running (row S2.6).
 */
export class ScrapeManager implements TargetsView, MetadataSource {
  readonly #options: ScrapeManagerOptions
  readonly #metrics: ScrapeMetrics
  readonly #resolver: Resolver
  readonly #failureLogs: ScrapeFailureLogs
  readonly #scratch = {
    scanner: createPageScanner(),
    columns: new PageColumns(),
    protobuf: new ProtobufScratch(),
    shapes: new LineShapes(),
  }
  readonly #metadataPool = new MetadataPool(limits.scrapeMetadataPooled)
  readonly #pools = new Map<string, ScrapePool>()
  /** Pools of jobs that are gone, until their series are marked stale. */
  readonly #departed = new Set<ScrapePool>()
  #configs = new Map<string, ScrapeConfig>()
  #offsetSeed: bigint

  constructor(options: ScrapeManagerOptions) {
    this.#options = options
    this.#offsetSeed = offsetSeed(options.hostName, Labels.empty)
    this.#metrics = new ScrapeMetrics(options.metrics)
    this.#failureLogs = new ScrapeFailureLogs(options)
    const { fs, clock, nameServers } = options
    this.#resolver = new Resolver({ fs, clock, ...(nameServers && { servers: nameServers }) })
    this.#metrics.watchPools(() => [...this.#pools.values()].map(poolSize))
    options.discovery.subscribe((groups) => this.#sync(groups))
  }

  /** Throws CONFIG_INVALID where a failure log cannot be opened; then nothing has changed. */
  apply(config: Config): void {
    this.#failureLogs.use(config.scrapeConfigs.map((job) => job.scrapeFailureLogFile))
    this.#offsetSeed = offsetSeed(this.#options.hostName, config.global.externalLabels)
    this.#configs = new Map(config.scrapeConfigs.map((job) => [job.jobName, job]))
    for (const pool of this.#departed) if (!pool.isDeparting) this.#departed.delete(pool)
    for (const [name, pool] of this.#pools) {
      const job = this.#configs.get(name)
      if (job !== undefined) pool.reload(job)
      else {
        pool.stop({ isGone: true })
        this.#pools.delete(name)
        this.#departed.add(pool)
        this.#metrics.lengths.forgetJob(name)
      }
    }
    this.#options.discovery.apply(
      config.scrapeConfigs.map((job) => ({ name: job.jobName, configs: job.discovery })),
    )
  }

  /** Ends all loops; series are not marked stale, since the server may be back soon. */
  async stop(): Promise<void> {
    this.#options.discovery.stop()
    for (const pool of this.#pools.values()) pool.stop({ isGone: false })
    for (const pool of this.#departed) pool.cancelDepartures()
    this.#pools.clear()
    this.#failureLogs.close()
  }

  poolNames(): readonly string[] {
    return [...this.#pools.keys()]
  }

  activeTargets(): readonly ActiveTarget[] {
    return [...this.#pools].flatMap(([name, pool]) =>
      [...pool.loops.values()]
        .map((loop) => activeTarget(name, loop))
        .sort((a, b) => (a.scrapeUrl < b.scrapeUrl ? -1 : 1)),
    )
  }

  droppedTargets(): readonly DroppedTarget[] {
    return [...this.#pools].flatMap(([scrapePool, pool]) =>
      pool.droppedLabels.map((discoveredLabels) => ({ scrapePool, discoveredLabels })),
    )
  }

  droppedCounts(): ReadonlyMap<string, number> {
    return new Map([...this.#pools].map(([name, pool]) => [name, pool.droppedCount]))
  }

  poolConfig(scrapePool: string): ScrapeConfig | undefined {
    return this.#pools.get(scrapePool)?.config
  }

  eachTargetMetadata(visit: (labels: Labels, families: TargetFamilies) => boolean): void {
    for (const pool of this.#pools.values()) {
      for (const { target, writer } of pool.loops.values()) {
        if (!visit(target.labels, writer.metadata)) return
      }
    }
  }

  eachMetadata(visit: (family: string, metadata: MetricMetadata) => boolean): void {
    const told = new Map<string, Set<MetricMetadata>>()
    const once = (family: string, metadata: MetricMetadata): boolean => {
      const known = told.get(family) ?? new Set()
      if (known.has(metadata)) return true
      told.set(family, known.add(metadata))
      return visit(family, metadata)
    }
    for (const pool of this.#pools.values()) {
      for (const loop of pool.loops.values()) if (!loop.writer.metadata.each(once)) return
    }
  }

  #sync(groupsByJob: ReadonlyMap<string, readonly TargetGroup[]>): void {
    for (const [name, groups] of groupsByJob) {
      const config = this.#configs.get(name)
      if (config === undefined) continue
      this.#poolOf(config).sync(groups)
    }
  }

  #poolOf(config: ScrapeConfig): ScrapePool {
    const known = this.#pools.get(config.jobName)
    if (known !== undefined) return known
    this.#metrics.poolsCreated.add()
    const { alignMs, appendable, clock, fs, logger } = this.#options
    const pool = new ScrapePool(config, {
      appendable,
      clock,
      fs,
      logger,
      metrics: this.#metrics,
      failureLogs: this.#failureLogs,
      resolver: this.#resolver,
      dials: DialerMetrics.of(this.#options.metrics).named(config.jobName),
      scratch: this.#scratch,
      metadataPool: this.#metadataPool,
      features: this.#options.features ?? { typeAndUnitLabels: false, takesStarts: false },
      alignMs: alignMs ?? limits.scrapeAlignMs,
      tracer: this.#options.tracer,
      offsetSeed: () => this.#offsetSeed,
    })
    this.#pools.set(config.jobName, pool)
    return pool
  }
}

function poolSize({ config, loops }: ScrapePool): PoolSize {
  let [metadataEntries, metadataBytes] = [0, 0]
  for (const { writer } of loops.values()) {
    metadataEntries += writer.metadata.count
    metadataBytes += writer.metadata.textBytes
  }
  const { jobName, limits: bounds } = config
  const targets = loops.size
  return { jobName, targets, targetsMax: bounds.targetsMax, metadataEntries, metadataBytes }
}

function activeTarget(scrapePool: string, loop: ScrapeLoop): ActiveTarget {
  const { target, state } = loop
  return {
    scrapePool,
    discoveredLabels: target.discoveredLabels,
    labels: target.labels,
    scrapeUrl: target.url.text,
    ...state,
    scrapeInterval: printDurationMs(target.intervalMs),
    scrapeTimeout: printDurationMs(target.timeoutMs),
  }
}
