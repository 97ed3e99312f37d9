import type { Clock, Timer } from '../base/clock.ts'
import type { FileSystem } from '../base/file-system.ts'
import type { Logger } from '../base/logger.ts'
import type { Tracer } from '../base/tracer.ts'
import { turnsOf } from '../base/turns.ts'
import type { ScrapeConfig } from '../config/config.ts'
import { scrapeConfigIdentity, seriesRulesIdentity } from '../config/identity.ts'
import type { TargetGroup } from '../discovery/discoverer.ts'
import type { ClientSettings } from '../http/client-settings.ts'
import type { DialCounts } from '../http/dialer-metrics.ts'
import { clientSettings, HttpClient } from '../http/http-client.ts'
import type { Resolver } from '../http/resolver.ts'
import type { Labels } from '../model/labels.ts'
import { scrapeOffsetMs } from '../model/scrape-offset.ts'
import type { Appendable } from '../storage/appender.ts'
import type { ScrapeFailureLogs } from './failure-logs.ts'
import { PageFetcher } from './fetch.ts'
import { FoundTargets } from './found-targets.ts'
import { ScrapeLoop } from './loop.ts'
import { ScrapeFault } from './scrape-fault.ts'
import type { ScrapeMetrics } from './scrape-metrics.ts'
import type { SeriesCache } from './series-cache.ts'
import type { Target } from './target.ts'
import { type MetadataPool, TargetMetadata } from './target-metadata.ts'
import { type ScrapeFeatures, type ScrapeScratch, TargetWriter } from './target-writer.ts'

/** What all pools of a manager share. */
export interface PoolOptions {
  readonly appendable: Appendable
  readonly clock: Clock
  readonly fs: FileSystem
  readonly logger: Logger
  readonly metrics: ScrapeMetrics
  readonly failureLogs: ScrapeFailureLogs
  readonly resolver: Resolver
  readonly dials: DialCounts
  readonly scratch: ScrapeScratch
  readonly metadataPool: MetadataPool
  readonly features: ScrapeFeatures
  /** How far off its slot a scrape may be to get the slot's time. */
  readonly alignMs: number
  readonly tracer: Tracer | undefined
  /** Differs between servers, so that two of them do not scrape in step. */
  readonly offsetSeed: () => bigint
}

/** The loop that a new one takes over from, if there is one, and whether its series go on. */
interface Predecessor {
  readonly loop: ScrapeLoop | undefined
  readonly keepsSeries: boolean
}

/** The targets of one job and their loops. Protocol: sync() and reload() at will, then stop(). */
export class ScrapePool {
  readonly loops = new Map<string, ScrapeLoop>()
  /** The first keep_dropped_targets of them; all where that is 0. */
  droppedLabels: readonly Labels[] = []
  droppedCount = 0
  /** Counts syncs, and the end. */
  #syncRun = 0
  /** Counts reloads, and the end. */
  #reloadRun = 0
  /** Of a sync that is still going on. */
  #unfinished: readonly TargetGroup[] | undefined
  #config: ScrapeConfig
  #identity: string
  /** All targets of the job share its token and look at its certificate files together. */
  #settings: ClientSettings
  readonly #options: PoolOptions
  readonly #departing = new Set<Timer>()
  /** Loops that others took over from, while their last scrape is under way. */
  readonly #finishing = new Set<ScrapeLoop>()

  constructor(config: ScrapeConfig, options: PoolOptions) {
    this.#config = config
    this.#identity = scrapeConfigIdentity(config)
    this.#options = options
    this.#settings = clientSettings({ ...options, config: config.http })
  }

  get config(): ScrapeConfig {
    return this.#config
  }

  /**
   * Starts and stops loops so that there is one for each distinct target of the groups: at once, or
   * of very many in turns, in which loops go on. What comes in between begins anew.
   */
  sync(groups: readonly TargetGroup[]): void {
    this.#unfinished = groups
    void this.#syncInTurns(groups, ++this.#syncRun)
  }

  async #syncInTurns(groups: readonly TargetGroup[], run: number): Promise<void> {
    const { clock, metrics } = this.#options
    const startMs = clock.monotonicMs()
    const turn = turnsOf(clock)
    // Where others had their turn: whether another sync, a reload or the end came meanwhile.
    const isOver = () => turn()?.then(() => run !== this.#syncRun)
    const found = new FoundTargets(this.#config, this.#options.logger)
    for (const group of groups) {
      for (const [index, labels] of group.targets.entries()) {
        found.add(group, index, labels)
        const over = isOver()
        if (over !== undefined && (await over)) return
      }
    }
    const { targets } = found
    const leaving = [...this.loops].filter(([key]) => !targets.has(key))
    const heirs = new Map(leaving.map(([key, loop]) => [loop.target.seriesKey, { key, loop }]))
    const keepsSeries = this.#seriesKeeper()
    for (const [key, target] of targets) {
      if (this.loops.has(key)) continue
      const heir = heirs.get(target.seriesKey)
      heirs.delete(target.seriesKey)
      // A reload that is still going on may not have come to it.
      const goesOn = heir !== undefined && keepsSeries(heir.loop)
      if (goesOn) this.#finishLoop(heir.key, heir.loop)
      else if (heir !== undefined) this.#depart(heir.key, heir.loop)
      this.#startLoop(target, { loop: heir?.loop, keepsSeries: goesOn })
      const over = isOver()
      if (over !== undefined && (await over)) return
    }
    for (const { key, loop } of heirs.values()) this.#depart(key, loop)
    this.droppedLabels = found.dropped
    this.droppedCount = found.droppedCount
    this.#unfinished = undefined
    this.#applyTargetLimit()
    const seconds = (clock.monotonicMs() - startMs) / 1_000
    metrics.lengths.observeSync(this.#config.jobName, seconds, found.failedCount)
  }

  /**
   * Takes a changed configuration over; an equal one leaves every loop alone. Loops begin anew at
   * once, or very many of them in turns, in which others go on as before until it is theirs. Where
   * the rules for series are the same, what a loop knows about its series goes on with the next.
   */
  reload(config: ScrapeConfig): void {
    const identity = scrapeConfigIdentity(config)
    if (identity === this.#identity) return
    this.#config = config
    this.#identity = identity
    this.#settings = clientSettings({ ...this.#options, config: config.http })
    this.#options.metrics.poolReloads.add()
    // What begins anew takes it from the loop before.
    this.#applyTargetLimit()
    void this.#restartInTurns(++this.#reloadRun)
    if (this.#unfinished !== undefined) this.sync(this.#unfinished)
  }

  async #restartInTurns(run: number): Promise<void> {
    const { clock, metrics } = this.#options
    const startMs = clock.monotonicMs()
    const turn = turnsOf(clock)
    const keepsSeries = this.#seriesKeeper()
    for (const [key, loop] of [...this.loops]) {
      // Another sync may have ended it, or begun it anew.
      if (this.loops.get(key) !== loop || loop.config === this.#config) continue
      const goesOn = keepsSeries(loop)
      if (goesOn) this.#finishLoop(key, loop)
      else this.#depart(key, loop)
      const begun = this.#startLoop(loop.target, { loop, keepsSeries: goesOn })
      begun.forcedFault = loop.forcedFault
      begun.state = loop.state
      const others = turn()
      if (others === undefined) continue
      await others
      if (run !== this.#reloadRun) return
    }
    this.#applyTargetLimit()
    const seconds = (clock.monotonicMs() - startMs) / 1_000
    metrics.lengths.observeReload(this.#config.scrapeIntervalMs, seconds)
  }

  /** Whether a loop made its series by the rules that the configuration has now. */
  #seriesKeeper(): (loop: ScrapeLoop) => boolean {
    const rules = seriesRulesIdentity(this.#config)
    const known = new Map([[this.#config, true]])
    return ({ config }) => {
      const isKept = known.get(config) ?? seriesRulesIdentity(config) === rules
      known.set(config, isKept)
      return isKept
    }
  }

  /** `isGone`: the job is no more, so its series end; else the server stops and they go on later. */
  stop(options: { readonly isGone: boolean }): void {
    this.#syncRun++
    this.#reloadRun++
    for (const [key, loop] of this.loops) {
      if (options.isGone) this.#depart(key, loop)
      else loop.stop()
    }
    this.loops.clear()
    if (!options.isGone) this.cancelDepartures()
  }

  /** Whether series of loops that ended are still to be marked stale. */
  get isDeparting(): boolean {
    return this.#departing.size > 0
  }

  cancelDepartures(): void {
    for (const timer of this.#departing) timer.cancel()
    this.#departing.clear()
    for (const loop of this.#finishing) loop.stop()
    this.#finishing.clear()
  }

  #startLoop(target: Target, before: Predecessor): ScrapeLoop {
    const { alignMs, clock, dials, failureLogs, fs, logger, metrics, resolver } = this.#options
    const { socketPath } = target.url
    const client = new HttpClient({
      config: this.#config.http,
      fs,
      clock,
      resolver,
      dials,
      settings: this.#settings,
      ...(socketPath === undefined ? {} : { socketPath }),
    })
    const heir = before.keepsSeries ? before.loop?.writer : undefined
    const loop = new ScrapeLoop({
      target,
      config: this.#config,
      fetcher: new PageFetcher(target, this.#config, client),
      writer: this.#writer(target, heir?.metadata, heir?.cache),
      clock,
      logger: logger.with({ scrape_pool: this.#config.jobName }),
      metrics,
      failureLogs,
      alignMs,
      tracer: this.#options.tracer,
      offsetMs: scrapeOffsetMs(target, this.#options.offsetSeed()),
      // Whoever is idle need not be waited for, nor be kept.
      before: before.loop?.isBusy === true ? before.loop : undefined,
    })
    this.loops.set(target.key, loop)
    loop.start()
    return loop
  }

  #writer(
    target: Target,
    metadata: TargetMetadata | undefined,
    heir: SeriesCache | undefined,
  ): TargetWriter {
    const { appendable, clock, features, logger, metadataPool, metrics, scratch } = this.#options
    return new TargetWriter(
      {
        target,
        config: this.#config,
        appendable,
        scratch,
        metadata: metadata ?? new TargetMetadata(metadataPool.intern),
        features,
        metrics,
        clock,
        logger: logger.with({ scrape_pool: this.#config.jobName }),
      },
      heir,
    )
  }

  #finishLoop(key: string, loop: ScrapeLoop): void {
    this.loops.delete(key)
    this.#finishing.add(loop)
    loop.finish(() => this.#finishing.delete(loop))
  }

  #depart(key: string, loop: ScrapeLoop): void {
    this.#finishLoop(key, loop)
    const timer = loop.markStaleLater(() => this.#departing.delete(timer))
    this.#departing.add(timer)
  }

  #applyTargetLimit(): void {
    const { targetsMax } = this.#config.limits
    const count = this.loops.size
    const isOver = targetsMax > 0 && count > targetsMax
    if (isOver) this.#options.metrics.overTargetLimit.add()
    const text = `target_limit exceeded (number of targets: ${count}, limit: ${targetsMax})`
    for (const loop of this.loops.values()) {
      loop.forcedFault = isOver ? new ScrapeFault(text, 'forced') : undefined
    }
  }
}
