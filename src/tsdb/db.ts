import { join } from 'node:path'
import { AssertionError } from '../base/assert.ts'
import type { Timer } from '../base/clock.ts'
import { messageOf, NarthexError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { Mutex } from '../base/mutex.ts'
import { MetricsRegistry } from '../base/self-metrics.ts'
import { turnsOf } from '../base/turns.ts'
import type { StorageAdmin } from '../storage/admin.ts'
import type { Appendable, Appender } from '../storage/appender.ts'
import type { ExemplarSource } from '../storage/exemplars.ts'
import type { StatisticsSource } from '../storage/statistics.ts'
import { type BlockList, sizeOf } from './block-list.ts'
import { BlockWriteMetrics } from './block-write-metrics.ts'
import type { FloatEncoding } from './chunk/chunk-encoding.ts'
import { compactionRanges } from './compact/plan.ts'
import { asUnusable, prepareDirectory } from './data-directory.ts'
import { DatabaseAdmin } from './database-admin.ts'
import { DatabaseMetrics } from './database-metrics.ts'
import type { DatabaseOptions } from './database-options.ts'
import type { DatabaseUpdate } from './database-reader.ts'
import { DatabaseStatistics } from './database-statistics.ts'
import type { DatabaseStats } from './database-stats.ts'
import { DiskReserve } from './disk-reserve.ts'
import { headChunksFolder } from './head/chunk-file-list.ts'
import { ChunkWriteQueue } from './head/chunk-write-queue.ts'
import type { Head, HeadStats } from './head/head.ts'
import { HeadAppender } from './head/head-appender.ts'
import type { HeadSnapshot } from './head/head-memory.ts'
import { OutOfOrderCommit } from './head/out-of-order-commit.ts'
import type { SampleLog } from './head/sample-log.ts'
import { SeriesLog } from './head/series-log.ts'
import { StagedSamples } from './head/staged-samples.ts'
import { LastReaders } from './last-readers.ts'
import { type LoadedHead, outOfOrderLogFolder, walFolder } from './load-head.ts'
import { type DatabaseParts, loadParts } from './load-parts.ts'
import { LocalBackground } from './local-background.ts'
import { LogTruncation } from './log-truncation.ts'
import { Maintenance, type MaintenanceTools } from './maintenance.ts'
import { saveSnapshot } from './memory-snapshot.ts'
import { OutOfOrderFlush } from './out-of-order-flush.ts'
import { OutOfOrderLog } from './out-of-order-log.ts'
import type { ReplayAttempts } from './replay-attempts.ts'
import { SeriesStateFile } from './series-state.ts'
import { settleTombstones } from './settle-tombstones.ts'
import { TransactionMetrics } from './transaction-metrics.ts'
import { recordIndexFolder } from './wal/record-index.ts'
import { WalWriter } from './wal/writer.ts'

/**
 * The database: takes samples on the main thread, and hands readers elsewhere the head's shared
 * memory. Acknowledged samples survive the death of the process, since commit has written the log;
 * they survive a power cut when a sync has followed, every second. Close it to sync and unlock.
 */
export class Database implements Appendable {
  readonly directory: string
  /** Deletion, tombstones, snapshots. */
  readonly admin: StorageAdmin
  readonly exemplars: ExemplarSource
  readonly statistics: StatisticsSource
  readonly #options: DatabaseOptions
  readonly #metrics: DatabaseMetrics
  readonly #transactions: TransactionMetrics
  readonly #head: Head
  readonly #wal: WalWriter
  readonly #samples: SampleLog
  readonly #outOfOrderLog: OutOfOrderLog
  readonly #outOfOrder: OutOfOrderCommit
  readonly #seriesLog: SeriesLog
  readonly #staged = new StagedSamples()
  readonly #lock: { release(): void }
  readonly #loaded: LoadedHead
  readonly #attempts: ReplayAttempts
  readonly #syncTimer: Timer
  readonly #blocks: BlockList
  readonly #reserve: DiskReserve
  readonly #maintenance: Maintenance
  readonly #settleTombstones: () => Promise<void>
  readonly #seriesState: SeriesStateFile | undefined
  /** What was in the head before anything was appended. */
  readonly #samplesReplayed: Pick<HeadStats, 'samplesAppended' | 'histogramsAppended'>
  #closed = false

  private constructor(options: DatabaseOptions, parts: DatabaseParts) {
    this.#options = options
    const registry = options.metrics ?? new MetricsRegistry()
    this.#metrics = new DatabaseMetrics(registry, options.clock)
    this.#transactions = new TransactionMetrics(registry)
    this.#samplesReplayed = parts.loaded.head.stats()
    this.directory = options.directory
    this.#lock = parts.lock
    this.#head = parts.loaded.head
    this.#blocks = parts.blocks
    this.#loaded = parts.loaded
    this.#attempts = parts.attempts
    const { fileSystem, clock } = options
    this.#queueChunks()
    this.#seriesLog = new SeriesLog(this.#head)
    this.#seriesLog.logged()
    this.#reserve = this.#openReserve()
    this.#wal = this.#openLog()
    this.#seriesState = this.#newSeriesState()
    this.#samples = this.#sampleLog(() => this.#wal)
    this.#outOfOrderLog = new OutOfOrderLog(this.#logOptions(outOfOrderLogFolder))
    // Opened now, it is synced: a killed process may have left it unsynced.
    if (!this.#head.outOfOrder.isEmpty) this.#outOfOrderLog.writer()
    this.#outOfOrder = new OutOfOrderCommit(this.#head, () =>
      this.#sampleLog(() => this.#outOfOrderLog.writer()),
    )
    this.#syncTimer = clock.every(limits.walSyncIntervalMs, () => this.#syncSoon())
    const runner = options.background ?? new LocalBackground(fileSystem, clock, this)
    const background = new BlockWriteMetrics(registry, runner)
    const { blocks } = parts
    const head = this.#head
    const wal = this.#wal
    const tools = {
      clock,
      head,
      blocks,
      background,
      metrics: this.#metrics,
      logger: options.logger,
      changes: new Mutex(),
      readers: new LastReaders(head.pins),
      segmentBytesMax: options.blockSegmentBytesMax,
    }
    const [commit, log] = [this.#outOfOrder, this.#outOfOrderLog]
    const outOfOrder = new OutOfOrderFlush({ ...tools, fileSystem, commit, log })
    this.admin = new DatabaseAdmin({ ...tools, fileSystem, wal, outOfOrder })
    this.#settleTombstones = () => settleTombstones({ ...tools, wal, outOfOrder })
    this.statistics = new DatabaseStatistics(head, blocks, clock)
    this.exemplars = {
      select: (sets, range) => head.exemplars.select(sets, range, turnsOf(clock)),
    }
    this.#maintenance = this.#newMaintenance({ ...tools, outOfOrder })
    this.#maintenance.start()
  }

  /** From the first commit on: what a replay closes is written at once. */
  #queueChunks(): void {
    const { clock, headChunksQueueMax = 0 } = this.#options
    if (headChunksQueueMax <= 0) return
    const { closed } = this.#head
    const schedule = () => clock.after(0, () => closed.writeWaiting())
    closed.queueIn(new ChunkWriteQueue(headChunksQueueMax, schedule))
    this.#metrics.chunkQueue(() => closed.queued)
  }

  #openReserve(): DiskReserve {
    const { fileSystem, clock, logger, directory } = this.#options
    const changed = () => this.#maintenance?.tryAgain()
    const reserve = new DiskReserve({ fileSystem, clock, logger, directory, changed })
    reserve.open()
    return reserve
  }

  #newSeriesState(): SeriesStateFile | undefined {
    const { fileSystem, logger, directory, writesSeriesState } = this.#options
    if (writesSeriesState !== true) return undefined
    return new SeriesStateFile(fileSystem, join(directory, walFolder), logger)
  }

  #logOptions(folder: string) {
    const { fileSystem, directory, walSegmentBytesMax, walCompression } = this.#options
    return {
      fileSystem,
      directory: join(directory, folder),
      segmentBytesMax: walSegmentBytesMax ?? limits.walSegmentBytes,
      compression: walCompression ?? 'snappy',
      timeSync: (sync: () => Promise<void>) =>
        this.#metrics.sync(folder === outOfOrderLogFolder, sync),
    } as const
  }

  #openLog(): WalWriter {
    const indexDirectory = join(this.#options.directory, recordIndexFolder)
    const options = { ...this.#logOptions(walFolder), indexDirectory }
    try {
      return WalWriter.open(options)
    } catch (thrown) {
      if (!this.#reserve.gaveRoomFor(thrown)) throw thrown
      return WalWriter.open(options)
    }
  }

  /** A log for samples: those that a full disk does not take are refused until there is room. */
  #sampleLog(writer: () => WalWriter): SampleLog {
    const log: SampleLog['log'] = (records, rows) => {
      this.#reserve.demandRoom()
      try {
        writer().log(records, rows)
      } catch (thrown) {
        this.#reserve.gaveRoomFor(thrown)
        throw thrown
      }
    }
    return { log }
  }

  #newMaintenance(tools: MaintenanceTools): Maintenance {
    const { fileSystem, directory, retention } = this.#options
    const { blockRangeMs, blockRangeMsMax, blockReloadIntervalMs } = this.#options
    const wal = this.#wal
    const compression = this.#options.walCompression ?? 'snappy'
    const otherRefs = {
      refs: Float64Array.from(this.#loaded.otherRefs),
      untilMs: this.#head.maxTimeMs,
    }
    const log = new LogTruncation({
      ...tools,
      fileSystem,
      directory,
      wal,
      compression,
      otherRefs,
      oldestLateMs: () =>
        Math.min(this.#head.outOfOrder.span.minTimeMs, this.#head.closed.oldestLateMs),
      gaveRoomFor: (thrown) => this.#reserve.gaveRoomFor(thrown),
    })
    return new Maintenance({
      ...tools,
      rangesMs: compactionRanges(
        blockRangeMs ?? limits.blockRangeMs,
        blockRangeMsMax ?? limits.blockRangeMsMax,
      ),
      reloadIntervalMs: blockReloadIntervalMs ?? limits.blockReloadIntervalMs,
      retention: retention ?? (() => ({ timeMs: 0, sizeBytes: 0 })),
      staleSeriesThreshold: this.#options.staleSeriesThreshold ?? (() => 0),
      log: (record) => wal.log([record]),
      keepInLog: (refs, untilMs) => log.keepUntil(refs, untilMs),
      capacityBytes: () => fileSystem.diskBytes(directory).total,
      flushDelayMs: this.#options.flushDelayMs ?? 0,
      isHeld: this.#options.isHeld ?? (() => false),
      mergesOverlaps: this.#options.mergesOverlaps ?? true,
      headBytes: () => this.#headBytes(),
      truncateLog: (minTimeMs, removedRefs) => log.run(minTimeMs, removedRefs),
      gaveRoomFor: (thrown) => this.#reserve.gaveRoomFor(thrown),
    })
  }

  #headBytes(): number {
    const { log, outOfOrderLog, chunks } = this.folderBytes()
    return log + outOfOrderLog + chunks
  }

  #bytesOf(folder: string): number {
    const { fileSystem } = this.#options
    const path = join(this.directory, folder)
    return fileSystem.stat(path) === undefined ? 0 : sizeOf(fileSystem, path)
  }

  /** The operator says that the clock is right: retention by time may believe it again. */
  confirmClock(): void {
    this.#maintenance.confirmClock()
  }

  /** Looks after blocks and head at once, as it also does by itself; resolves when that is done. */
  async maintain(): Promise<void> {
    this.#maintenance.poke()
    await this.#maintenance.settled
  }

  /**
   * Call it before anything is appended: after starts that died the head is flushed here, and what is
   * deleted of out-of-order samples is told apart from what will come.
   */
  async settle(): Promise<void> {
    if (this.#attempts.isCareful) {
      await this.maintain()
      this.#attempts.over()
    }
    await this.#settleTombstones()
  }

  /** Throws DIRECTORY_LOCKED, or DIRECTORY_UNUSABLE with the reason. */
  static async open(options: DatabaseOptions): Promise<Database> {
    const { directory, fileSystem } = options
    prepareDirectory(fileSystem, directory)
    try {
      return await Database.#openLocked(options, await options.lock(directory))
    } catch (thrown) {
      throw asUnusable(directory, thrown)
    }
  }

  static async #openLocked(options: DatabaseOptions, lock: { release(): void }): Promise<Database> {
    try {
      return new Database(options, await loadParts(options, lock))
    } catch (thrown) {
      lock.release()
      throw thrown
    }
  }

  /** New float chunks, and floats that compaction writes anew, are encoded so from now on. */
  encodeFloats(floats: FloatEncoding): void {
    this.#head.encodings.floats = floats
  }

  get epoch(): number {
    return this.#head.epoch
  }

  appender(): Appender {
    if (this.#closed) throw new NarthexError('CLOSED', 'the database is closed')
    const { clock, outOfOrderWindowMs } = this.#options
    this.#head.setOutOfOrderWindow(outOfOrderWindowMs?.() ?? 0)
    this.#transactions.begin()
    return new HeadAppender({
      head: this.#head,
      wal: this.#samples,
      seriesLog: this.#seriesLog,
      staged: this.#staged,
      outOfOrder: this.#outOfOrder,
      newestMs: clock.wallMs() + limits.appendAheadMs,
      lateness: this.#metrics.lateness,
      committed: () => this.#maintenance.flushSoon(),
      ended: () => this.#transactions.end(),
    })
  }

  /** What readers in other threads are handed before each query; see DatabaseReader. */
  updateSince(version: number): DatabaseUpdate {
    return { head: this.#head.update(version), blocks: this.#blocks.places }
  }

  snapshot(ids: Uint32Array, count: number, sinceVersion: number): HeadSnapshot {
    return this.#head.snapshot(ids, count, sinceVersion)
  }

  /** Keeps the memory that snapshots from now on name from being reused, until it is called. */
  pin(): () => void {
    return this.#head.pins.pin()
  }

  /** The newest exemplars stay as far as there is room for them; 0 keeps none. */
  resizeExemplars(exemplarsMax: number): void {
    this.#head.exemplars.resize(exemplarsMax)
  }

  /** Since when no samples are taken for want of room on the disk; undefined while they are. */
  get diskFullSinceMs(): number | undefined {
    return this.#reserve.fullSinceMs
  }

  stats(): DatabaseStats {
    const head = this.#head.stats()
    const [oldest] = this.#blocks.blocks
    const replayed = this.#samplesReplayed
    // Those that were taken out of order count here as well, as upstream.
    const { floats, histograms } = this.#head.outOfOrder.appended
    return {
      ...head,
      samplesAppended: head.samplesAppended - replayed.samplesAppended + floats + histograms,
      histogramsAppended: head.histogramsAppended - replayed.histogramsAppended + histograms,
      lowestMs:
        oldest === undefined
          ? head.minTimeMs
          : Math.min(oldest.meta.minTimeMs, head.minTimeMs ?? Infinity),
      log: this.#wal.counts,
      outOfOrderLog: this.#outOfOrderLog.counts,
      logCompression: this.#options.walCompression ?? 'snappy',
      chunkFilesDamaged: this.#loaded.chunkFilesDamaged,
      replayedWithoutSeries: this.#loaded.withoutSeries,
      walSegment: this.#wal.segment,
      walCorruptions: this.#loaded.corruptions,
      walReplaySeconds: this.#loaded.seconds,
      snapshotFailed: this.#loaded.snapshotFailed,
      ...this.#blocks.counts,
      blocks: this.#blocks.blocks.length,
      blockBytes: this.#blocks.sizeBytes,
      damagedBlocks: this.#maintenance.health.damaged,
      blockVerifications: this.#maintenance.health.verifications,
      isDiskFull: this.#reserve.isFull,
      clockJumpMs: this.#maintenance.clockJumpMs,
      maintenance: this.#maintenance.stats,
      exemplars: this.#head.exemplars.stats(),
      refused: this.#head.refused,
      outOfOrderAppended: this.#head.outOfOrder.appended,
      outOfOrderLogSegment: this.#outOfOrderLog.segment,
    }
  }

  /** Bytes of its folders beside the blocks, counted when it is asked for. */
  folderBytes(): { readonly log: number; readonly outOfOrderLog: number; readonly chunks: number } {
    return {
      log: this.#bytesOf(walFolder),
      outOfOrderLog: this.#bytesOf(outOfOrderLogFolder),
      chunks: this.#bytesOf(headChunksFolder),
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#syncTimer.cancel()
    await this.#maintenance.stop()
    this.#head.closed.writeAllWaiting()
    this.#writeSeriesState(true)
    const isWithSnapshot = this.#options.snapshotsMemory === true
    const log = isWithSnapshot ? this.#closeWithSnapshot() : this.#wal.close()
    const closed = await Promise.allSettled([log, this.#outOfOrderLog.close()])
    this.#lock.release()
    for (const each of closed) if (each.status === 'rejected') throw each.reason
  }

  /** Where there can be none, the log has everything: that is told, and closing goes on. */
  async #closeWithSnapshot(): Promise<void> {
    const { fileSystem, clock, logger, directory, walCompression } = this.#options
    // Pages are whole behind which others may read on.
    this.#wal.startSegment()
    const end = { segment: this.#wal.segment, offsetBytes: 0 }
    await this.#wal.close()
    const beganMs = clock.monotonicMs()
    try {
      const { directory: dir } = await saveSnapshot({
        fileSystem,
        directory,
        headChunksDirectory: join(directory, headChunksFolder),
        head: this.#head,
        end,
        compression: walCompression ?? 'snappy',
        otherRefs: this.#loaded.otherRefs,
        turn: turnsOf(clock),
      })
      const duration = `${((clock.monotonicMs() - beganMs) / 1_000).toFixed(3)}s`
      logger.info('Memory snapshot written', { dir, duration })
    } catch (thrown) {
      if (thrown instanceof AssertionError) throw thrown
      logger.error('Memory snapshot could not be written', { err: messageOf(thrown) })
    }
  }

  /** What stands in the log is not asked for: the next start reads it all the same. */
  #writeSeriesState(isClean: boolean): void {
    const { segment: lastSegment } = this.#wal
    this.#seriesState?.write({ lastRef: this.#head.lastRef, lastSegment, isClean })
  }

  #syncSoon(): void {
    const { logger } = this.#options
    this.#writeSeriesState(false)
    this.#reserve.tryAgain()
    this.#wal.sync().catch((thrown: unknown) => {
      this.#reserve.gaveRoomFor(thrown)
      logger.error('Write-ahead log could not be synced', { err: messageOf(thrown) })
    })
    this.#outOfOrderLog.sync().catch((thrown: unknown) => {
      this.#reserve.gaveRoomFor(thrown)
      logger.error('Log of out-of-order samples could not be synced', { err: messageOf(thrown) })
    })
  }
}
