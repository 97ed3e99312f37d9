import type { Clock, Timer } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import type { Logger } from '../base/logger.ts'
import type { Mutex } from '../base/mutex.ts'
import type { BackgroundRunner } from './background-jobs.ts'
import type { BlockList, ListedBlock } from './block-list.ts'
import { type PlannedBlock, planCompaction } from './compact/plan.ts'
import { beyondRetention, type RetentionLimits } from './compact/retention.ts'
import type { Head } from './head/head.ts'
import { SeriesRemoval } from './head/series-removal.ts'
import { HeadTruncation } from './head/truncation.ts'
import { turnsOf } from './turns.ts'

export interface MaintenanceOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly head: Head
  readonly blocks: BlockList
  readonly background: BackgroundRunner
  /** Held while it is changed which blocks there are. */
  readonly changes: Mutex
  /** Range of a block from the head, and of those made of several: each three times the last. */
  readonly rangesMs: readonly number[]
  readonly reloadIntervalMs: number
  readonly retention: () => RetentionLimits
  /** Bytes of log and head chunk files, for retention by size. */
  readonly headBytes: () => number
  /** Drops from the log what is older, after a block holds it, and series that left the head. */
  readonly truncateLog: (minTimeMs: number, removedRefs: readonly number[]) => Promise<void>
}

export interface MaintenanceStats {
  compactions: number
  compactionsFailed: number
  headTruncations: number
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
    deletedByTime: 0,
    deletedBySize: 0,
  }
  #timer: Timer | undefined
  #round: Promise<void> = Promise.resolve()
  #isRunning = false
  #isStopped = false
  #tellStopped: () => void = () => undefined
  readonly #stopped = new Promise<void>((resolve) => {
    this.#tellStopped = resolve
  })
  #notBeforeMs = Number.NEGATIVE_INFINITY
  #delayMs = 0

  constructor(options: MaintenanceOptions) {
    this.#options = options
  }

  start(): void {
    const { clock, reloadIntervalMs } = this.#options
    this.#timer = clock.every(reloadIntervalMs, () => this.poke())
  }

  /** Begins a round, unless one is under way. */
  poke(): void {
    if (this.#isRunning || this.#isStopped) return
    this.#isRunning = true
    this.#round = this.#runRound().finally(() => {
      this.#isRunning = false
    })
  }

  /** Waits for the round under way to end, not for queries; there is no other round after it. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#tellStopped()
    this.#timer?.cancel()
    await this.#round
  }

  /** The round under way, or that is over. */
  get settled(): Promise<void> {
    return this.#round
  }

  async #runRound(): Promise<void> {
    const { logger, clock, blocks } = this.#options
    try {
      blocks.reload()
      this.#retain()
      if (clock.monotonicMs() < this.#notBeforeMs) return
      while (!this.#isStopped && (await this.#flush())) this.#succeeded()
      while (!this.#isStopped && (await this.#compact())) this.#succeeded()
    } catch (thrown) {
      this.stats.compactionsFailed++
      this.#delayMs = Math.min(
        Math.max(this.#delayMs * 2, limits.compactionRetryMsMin),
        limits.compactionRetryMsMax,
      )
      this.#notBeforeMs = clock.monotonicMs() + this.#delayMs
      logger.error('Compaction failed', { err: messageOf(thrown), retryMs: this.#delayMs })
    }
  }

  #succeeded(): void {
    this.stats.compactions++
    this.#delayMs = 0
  }

  /** Writes the head's oldest range as a block once it reaches one and a half of it (row T7.5). */
  async #flush(): Promise<boolean> {
    const { head, rangesMs, background, blocks, changes } = this.#options
    const rangeMs = rangesMs[0] ?? 0
    const { minTimeMs } = head.stats()
    if (minTimeMs === undefined || !head.isFlushable) return false
    const endMs = (Math.floor(minTimeMs / rangeMs) + 1) * rangeMs
    await changes.run(async () => {
      await background.run({ kind: 'flush', minTimeMs, maxTimeMs: endMs })
      // In one step: queries see the samples in the block from now on, and no longer in the head.
      blocks.reload()
      head.setValidFrom(endMs)
    })
    await this.#truncate()
    return true
  }

  /** Frees the head's memory of what is in blocks, when nobody can be reading it any more. */
  async #truncate(): Promise<void> {
    const { head, clock, truncateLog } = this.#options
    const unread = new Promise<void>((resolve) => head.pins.afterHeld(resolve))
    await Promise.race([unread, this.#stopped])
    if (this.#isStopped) return
    const truncation = new HeadTruncation(head)
    await truncation.run(turnsOf(clock))
    const removal = new SeriesRemoval(head)
    await removal.run(truncation.emptied, turnsOf(clock))
    head.closed.deleteFilesBefore(head.validFromMs)
    await truncateLog(head.validFromMs, removal.removedRefs)
    this.stats.headTruncations++
  }

  async #compact(): Promise<boolean> {
    const { blocks, rangesMs, background, changes } = this.#options
    return await changes.run(async () => {
      const chosen = planCompaction(blocks.blocks.map(planned), rangesMs)
      if (chosen.length === 0) return false
      await background.run({ kind: 'merge', ulids: chosen.map(({ ulid }) => ulid) })
      blocks.reload()
      return true
    })
  }

  #retain(): void {
    const { blocks, retention, headBytes, logger } = this.#options
    const retained = blocks.blocks.map(({ meta, sizeBytes }) => ({
      ulid: meta.ulid,
      maxTimeMs: meta.maxTimeMs,
      sizeBytes,
    }))
    const newestMs = Math.max(...retained.map(({ maxTimeMs }) => maxTimeMs))
    const limitsNow = retention()
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

function planned({ meta }: ListedBlock): PlannedBlock {
  const { hints, failed } = meta.compaction
  const isStale = hints.includes('from-stale-series')
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
