import type { Clock, Timer } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import type { Logger } from '../base/logger.ts'
import type { Mutex } from '../base/mutex.ts'
import { turnsOf } from '../base/turns.ts'
import type { JobRunner } from './background-jobs.ts'
import { type BlockMeta, isFromOutOfOrder, staleSeriesHint } from './block/meta.ts'
import { BlockHealth } from './block-health.ts'
import type { BlockList, ListedBlock } from './block-list.ts'
import { type PlannedBlock, planCompaction } from './compact/plan.ts'
import { beyondRetention, limitsOf, type RetentionLimits } from './compact/retention.ts'
import type { DatabaseMetrics } from './database-metrics.ts'
import { FlushDelay } from './flush-delay.ts'
import { removeDeadLabels } from './head/dead-labels.ts'
import type { Head } from './head/head.ts'
import { SeriesRemoval } from './head/series-removal.ts'
import { HeadTruncation } from './head/truncation.ts'
import { keepTimesYoung } from './head/young-times.ts'
import type { LastReaders } from './last-readers.ts'
import { logEvictions } from './log-evictions.ts'
import type { OutOfOrderFlush } from './out-of-order-flush.ts'
import { RetryDelay } from './retry-delay.ts'
import { SaneClock } from './sane-clock.ts'
import { StaleCompaction } from './stale-compaction.ts'

/** What others of the database need as well. */
export interface MaintenanceTools {
  readonly metrics: DatabaseMetrics
  readonly clock: Clock
  readonly logger: Logger
  readonly head: Head
  readonly blocks: BlockList
  readonly background: JobRunner
  /** Held while it is changed which blocks there are. */
  readonly changes: Mutex
  readonly outOfOrder: OutOfOrderFlush
  readonly readers: LastReaders
  /** Most bytes of one file of chunks in a block; upstream's where absent. */
  readonly segmentBytesMax: number | undefined
}

export interface MaintenanceOptions extends MaintenanceTools {
  /** Range of a block from the head, and of those made of several: each three times the last. */
  readonly rangesMs: readonly number[]
  readonly reloadIntervalMs: number
  readonly retention: () => RetentionLimits
  /** Share of stale series from which on they leave the head (row C7.2); 0: never. */
  readonly staleSeriesThreshold: () => number
  /** See StaleCompactionOptions. */
  readonly log: (record: Uint8Array) => void
  readonly keepInLog: (refs: Float64Array, untilMs: number) => void
  /** Of the file system; 0 where it is unknown. */
  readonly capacityBytes: () => number
  /** How long a head that is ready to be flushed is left alone. */
  readonly flushDelayMs: number
  /** Whether a block may not be compacted yet; nor may those that came after it. */
  readonly isHeld: (meta: BlockMeta) => boolean
  readonly mergesOverlaps: boolean
  /** Bytes of logs and head chunk files, for retention by size. */
  readonly headBytes: () => number
  /** Drops from the log what is older, after a block holds it, and series that left the head. */
  readonly truncateLog: (minTimeMs: number, removedRefs: readonly Float64Array[]) => Promise<void>
  /** Whether something failed for want of room, and there is more of it now. */
  readonly gaveRoomFor: (thrown: unknown) => boolean
}

export interface MaintenanceStats {
  compactions: number
  compactionsFailed: number
  headTruncations: number
  staleCompactions: number
  staleCompactionsFailed: number
  deletedByTime: number
  deletedBySize: number
}

/**
 * Keeps the database in order (rows T7.*): flushes the head, makes larger blocks of smaller ones,
 * deletes what retention does not keep. One round at a time; what fails is told, counted and tried
 * again after a while that doubles.
 */
export class Maintenance {
  readonly #options: MaintenanceOptions
  readonly stats: MaintenanceStats = {
    compactions: 0,
    compactionsFailed: 0,
    headTruncations: 0,
    staleCompactions: 0,
    staleCompactionsFailed: 0,
    deletedByTime: 0,
    deletedBySize: 0,
  }
  #timer: Timer | undefined
  #round: Promise<void> = Promise.resolve()
  #isRunning = false
  /** Something happened during a round that another has to look at. */
  #isWanted = false
  #isStopped = false
  readonly #flushDelay: FlushDelay
  readonly #flushRetry = new RetryDelay()
  readonly #logRetry = new RetryDelay()
  /** Series that left the head since the log was truncated; undefined where the head was not. */
  #removedRefs: readonly Float64Array[] | undefined
  readonly #outOfOrderRetry = new RetryDelay()
  /** The head was flushed since its out-of-order samples were. */
  #isOutOfOrderDue = false
  readonly #mergeRetry = new RetryDelay()
  readonly #staleRetry = new RetryDelay()
  readonly #stale: StaleCompaction
  #flushedAtMs = Number.NEGATIVE_INFINITY
  readonly #saneClock: SaneClock
  /** Set by so much, the clock is not believed: nothing is deleted for its age. */
  clockJumpMs = 0
  /** Which blocks are damaged, as far as anybody has looked. */
  readonly health: BlockHealth

  constructor(options: MaintenanceOptions) {
    this.#options = options
    this.health = new BlockHealth(options)
    this.#flushDelay = new FlushDelay(options.flushDelayMs)
    this.#stale = new StaleCompaction({
      ...options,
      rangeMs: options.rangesMs[0] ?? 0,
    })
    this.#saneClock = new SaneClock(options.clock)
  }

  start(): void {
    const { clock, reloadIntervalMs } = this.#options
    this.#timer = clock.every(reloadIntervalMs, () => this.poke())
  }

  /** Begins a round; where one is under way, another follows it. */
  poke(): void {
    if (this.#isStopped) return
    this.#isWanted = true
    if (this.#isRunning) return
    this.#isRunning = true
    this.#round = this.#runRounds()
  }

  /** Begins a round in which also what failed is tried: there may be room now. */
  tryAgain(): void {
    this.#flushRetry.succeeded()
    this.#mergeRetry.succeeded()
    this.poke()
  }

  /** Begins a round when the head may be flushed now; asked at every commit. */
  flushSoon(): void {
    if (this.#mayFlush()) this.poke()
  }

  /** Not while it is put off, nor when it has failed just now. */
  #mayFlush(): boolean {
    const { head, clock } = this.#options
    const nowMs = clock.monotonicMs()
    return this.#flushDelay.isOver(head.isFlushable, nowMs) && this.#flushRetry.isOver(nowMs)
  }

  /** Waits for the round under way to end, not for queries; there is no other round after it. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#options.readers.stop()
    this.#timer?.cancel()
    await this.#round
  }

  /** The round under way, or that is over. */
  get settled(): Promise<void> {
    return this.#round
  }

  async #runRounds(): Promise<void> {
    while (this.#isWanted && !this.#isStopped) {
      this.#isWanted = false
      await this.#runRound()
    }
    this.#isRunning = false
  }

  async #runRound(): Promise<void> {
    const { logger, blocks, metrics } = this.#options
    metrics.compactionsTriggered.add()
    try {
      blocks.reload()
      this.#retain()
    } catch (thrown) {
      logger.error('Blocks could not be reloaded', { err: messageOf(thrown) })
      return
    }
    // Each by itself: a block that cannot be merged does not keep the head in memory.
    await this.#repeat(this.#flushRetry, () => this.#flush())
    await this.#repeat(this.#logRetry, () => this.#truncateLog())
    await this.#repeat(this.#outOfOrderRetry, () => this.#flushOutOfOrder())
    await this.#compactStale()
    await this.#repeat(this.#mergeRetry, () => this.#compact())
    if (!this.#isStopped) await this.health.round()
  }

  /** Until there is nothing left to do, or something fails. */
  async #repeat(retry: RetryDelay, work: () => Promise<boolean>): Promise<void> {
    const { logger, clock } = this.#options
    if (!retry.isOver(clock.monotonicMs())) return
    try {
      while (!this.#isStopped && (await work())) {
        retry.succeeded()
      }
    } catch (thrown) {
      this.stats.compactionsFailed++
      const retryMs = retry.failed(clock.monotonicMs())
      logger.error('Compaction failed', { err: messageOf(thrown), retryMs })
      if (!this.#options.gaveRoomFor(thrown)) return
      retry.succeeded()
      await this.#repeat(retry, work)
    }
  }

  /** Writes the head's oldest range as a block once it reaches one and a half of it (row T7.5). */
  async #flush(): Promise<boolean> {
    const { head, rangesMs, background, blocks, changes } = this.#options
    const { segmentBytesMax } = this.#options
    const rangeMs = rangesMs[0] ?? 0
    const { minTimeMs } = head.stats()
    if (minTimeMs === undefined || !this.#mayFlush()) return false
    const endMs = (Math.floor(minTimeMs / rangeMs) + 1) * rangeMs
    await changes.run(async () => {
      blocks.removeLeftovers()
      const job = { kind: 'flush', minTimeMs, maxTimeMs: endMs, segmentBytesMax } as const
      await background.run(job)
      // In one step: queries see the samples in the block from now on, and no longer in the head.
      blocks.reload()
      head.setValidFrom(endMs)
    })
    this.#isOutOfOrderDue = true
    this.#flushedAtMs = this.#options.clock.monotonicMs()
    this.stats.compactions++
    await this.#truncate()
    // A head that is far behind makes many blocks in one round: what is kept never waits for the last.
    this.#retain()
    return true
  }

  /** Whenever the head has been flushed (row T3.4), as far as that goes, as upstream. */
  async #flushOutOfOrder(): Promise<boolean> {
    const { head, outOfOrder, truncateLog } = this.#options
    if (!this.#isOutOfOrderDue || head.outOfOrder.isEmpty) return false
    const isDropped = await outOfOrder.run(async () => {
      this.#isOutOfOrderDue = false
      this.stats.compactions++
    })
    if (!isDropped) return false
    const removedRefs = await this.#truncateMemory()
    if (removedRefs.length > 0) await truncateLog(head.validFromMs, [removedRefs])
    return true
  }

  /** Frees the head's memory of what is in blocks, when nobody can be reading it any more. */
  async #truncate(): Promise<void> {
    const { metrics, readers } = this.#options
    if (!(await readers.areGone())) return
    this.stats.headTruncations++
    try {
      const removedRefs = await this.#truncateMemory()
      this.#removedRefs = [...(this.#removedRefs ?? []), removedRefs]
    } catch (thrown) {
      metrics.headTruncationsFailed.add()
      throw thrown
    }
  }

  /** Once for all flushes of a round (row T2.13): each reads most of the log. */
  async #truncateLog(): Promise<boolean> {
    const { head, truncateLog } = this.#options
    const removedRefs = this.#removedRefs
    if (removedRefs === undefined) return false
    this.#removedRefs = undefined
    await truncateLog(head.validFromMs, removedRefs)
    return true
  }

  /** Answers the refs of the series that are gone. */
  #truncateMemory(): Promise<Float64Array> {
    const { head, clock, metrics, log, keepInLog } = this.#options
    return metrics.collection(async () => {
      const truncation = new HeadTruncation(head)
      await truncation.run(turnsOf(clock))
      const removal = new SeriesRemoval(head)
      const evicted: number[] = []
      await removal.run(truncation.emptied, turnsOf(clock), (ids) => {
        evicted.push(...logEvictions(head, ids, log))
      })
      if (evicted.length > 0) keepInLog(Float64Array.from(evicted), head.outOfOrder.listedUntilMs)
      head.closed.deleteFilesBefore(head.validFromMs)
      await removeDeadLabels(head, turnsOf(clock))
      keepTimesYoung(head)
      return removal.removedRefs
    })
  }

  /** Not where the next flush is near (row T4.11): that takes most of them anyway. */
  async #compactStale(): Promise<void> {
    const { head, clock, logger, metrics, staleSeriesThreshold, rangesMs } = this.#options
    const nowMs = clock.monotonicMs()
    const { series, staleSeries } = head.stats()
    const threshold = staleSeriesThreshold()
    if (threshold <= 0 || series === 0 || staleSeries / series < threshold) return
    const isFlushNear =
      nowMs + limits.staleCompactionApartMs > this.#flushedAtMs + (rangesMs[0] ?? 0)
    const hasFlushed = this.#flushedAtMs > Number.NEGATIVE_INFINITY
    if ((hasFlushed && isFlushNear) || !this.#staleRetry.isOver(nowMs) || this.#isStopped) return
    this.stats.staleCompactions++
    try {
      const gone = await metrics.staleCompaction(() => this.#stale.run())
      this.#staleRetry.succeeded()
      logger.info('Stale series moved to blocks', { series: gone })
    } catch (thrown) {
      this.stats.staleCompactionsFailed++
      const retryMs = this.#staleRetry.failed(clock.monotonicMs())
      logger.error('Stale series compaction failed', { err: messageOf(thrown), retryMs })
    }
  }

  /** Merges blocks, but lets a head that became flushable go first. */
  async #compact(): Promise<boolean> {
    const { head, rangesMs, background, blocks, changes } = this.#options
    const { segmentBytesMax, mergesOverlaps, metrics } = this.#options
    if (this.#mayFlush()) {
      this.#isWanted = true
      return false
    }
    return await changes.run(async () => {
      const settled = this.#mergeable().filter(({ meta }) => isSettled(meta, head.validFromMs))
      const chosen = planCompaction(settled.map(planned), rangesMs, mergesOverlaps)
      if (chosen.length === 0) return false
      blocks.removeLeftovers()
      const ulids = chosen.map(({ ulid }) => ulid)
      if (doOverlap(chosen)) metrics.verticalCompactions.add()
      const floatEncoding = head.encodings.floats
      const job = { kind: 'merge', ulids, floatEncoding, segmentBytesMax } as const
      await background.run(job)
      this.stats.compactions++
      blocks.reload()
      return true
    })
  }

  /** The operator says that the clock is right. */
  confirmClock(): void {
    this.#saneClock.confirm()
  }

  /** As configured, but nothing goes for its age while the clock is not to be believed. */
  #believed(configured: RetentionLimits): RetentionLimits {
    const jumpMs = this.#saneClock.jumpMs()
    if (jumpMs !== 0 && this.clockJumpMs === 0) {
      const words =
        'The clock was set; nothing is deleted for its age until the configuration is reloaded'
      this.#options.logger.error(words, { jumpMs })
    }
    this.clockJumpMs = jumpMs
    return jumpMs === 0 ? configured : { ...configured, timeMs: 0 }
  }

  /** Blocks up to the first, by their names, that is held: else gaps would be left behind. */
  #mergeable(): readonly ListedBlock[] {
    const { blocks, isHeld } = this.#options
    const byName = [...blocks.blocks].sort((a, b) => (a.meta.ulid < b.meta.ulid ? -1 : 1))
    const held = byName.findIndex(({ meta }) => isHeld(meta))
    return held < 0 ? byName : byName.slice(0, held)
  }

  #limits(): RetentionLimits {
    const { retention, capacityBytes, logger } = this.#options
    const limits = this.#believed(retention())
    if ((limits.percentage ?? 0) === 0) return limits
    const capacity = capacityBytes()
    if (capacity === 0) {
      logger.warn('Capacity of the file system is unknown: no retention by percentage')
    }
    return limitsOf(limits, capacity)
  }

  #retain(): void {
    const { blocks, headBytes, logger, clock } = this.#options
    const listed = blocks.blocks.map(({ meta: { ulid, maxTimeMs }, sizeBytes }) => {
      return { ulid, maxTimeMs, sizeBytes }
    })
    // A block from the future makes nothing older.
    const newestMs = Math.min(clock.wallMs(), Math.max(...listed.map(({ maxTimeMs }) => maxTimeMs)))
    const retained = [...listed, ...blocks.damaged]
    const limitsNow = this.#limits()
    const gone = beyondRetention(retained, limitsNow, newestMs, headBytes())
    if (gone.length === 0) return
    const byTime = gone.filter(
      ({ maxTimeMs }) => limitsNow.timeMs > 0 && newestMs - maxTimeMs >= limitsNow.timeMs,
    )
    this.stats.deletedByTime += byTime.length > 0 ? 1 : 0
    this.stats.deletedBySize += byTime.length < gone.length ? 1 : 0
    logger.info('Deleting blocks beyond retention', { blocks: gone.map(({ ulid }) => ulid).join() })
    blocks.drop(gone.map(({ ulid }) => ulid))
  }
}

/**
 * Out-of-order blocks that reach into what the head has in order wait for it. Made one with others
 * they would look like a block of all samples up to their end, and after a restart the log's would
 * be taken for known.
 */
function isSettled(meta: BlockMeta, headFromMs: number): boolean {
  return !isFromOutOfOrder(meta) || meta.maxTimeMs <= headFromMs
}

function doOverlap(blocks: readonly PlannedBlock[]): boolean {
  const sorted = [...blocks].sort((a, b) => a.minTimeMs - b.minTimeMs)
  return sorted.some(({ minTimeMs }, at) => minTimeMs < (sorted[at - 1]?.maxTimeMs ?? minTimeMs))
}

function planned({ meta }: ListedBlock): PlannedBlock {
  const { hints, failed } = meta.compaction
  const isStale = hints.includes(staleSeriesHint)
  const isSelected = hints.includes('from-selected-series')
  return {
    ulid: meta.ulid,
    minTimeMs: meta.minTimeMs,
    maxTimeMs: meta.maxTimeMs,
    series: meta.stats.series,
    tombstones: meta.stats.tombstones,
    failed,
    partOf: isStale ? 'stale-series' : isSelected ? 'selected-series' : 'all',
  }
}
