import { join } from 'node:path'
import type { Clock, Timer } from '../base/clock.ts'
import { messageOf, NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { limits } from '../base/limits.ts'
import type { Logger } from '../base/logger.ts'
import type { Appendable, Appender } from '../storage/appender.ts'
import { type DatabaseUpdate, headChunksFolder } from './database-reader.ts'
import { loadHeadChunks } from './head/chunk-file-loader.ts'
import { ChunkFileWriter } from './head/chunk-file-writer.ts'
import { Head, type HeadStats } from './head/head.ts'
import { HeadAppender, StagedSamples } from './head/head-appender.ts'
import type { HeadChunkTable } from './head/head-chunk-table.ts'
import type { HeadSnapshot } from './head/head-memory.ts'
import { HeadReplay } from './head/head-replay.ts'
import { SeriesLog } from './head/series-log.ts'
import { type ReplayResult, replayWal } from './wal/replay.ts'
import { WalWriter } from './wal/writer.ts'

export interface DatabaseOptions {
  readonly directory: string
  readonly fileSystem: FileSystem
  readonly clock: Clock
  readonly logger: Logger
  /** Keeps other processes out; released at close. */
  readonly lock: (directory: string) => Promise<{ release(): void }>
  readonly walSegmentBytesMax?: number
  readonly walCompression?: 'none' | 'snappy'
  /** Segments of the log read so far, of how many. */
  readonly replayProgress?: (read: number, total: number) => void
}

export interface DatabaseStats extends HeadStats {
  readonly walSegment: number
  readonly walCorruptions: number
  readonly walReplaySeconds: number
}

/**
 * The database: takes samples on the main thread, and hands readers elsewhere the head's shared
 * memory. Acknowledged samples survive the death of the process, since commit has written the log;
 * they survive a power cut when a sync has followed, every second. Close it to sync and unlock.
 */
export class Database implements Appendable {
  /** Nothing leaves the head yet, so ids stay valid. */
  readonly epoch = 0
  readonly directory: string
  readonly #options: DatabaseOptions
  readonly #head: Head
  readonly #wal: WalWriter
  readonly #seriesLog: SeriesLog
  readonly #staged = new StagedSamples()
  readonly #lock: { release(): void }
  readonly #replay: ReplayResult
  readonly #replaySeconds: number
  readonly #syncTimer: Timer
  #closed = false

  private constructor(options: DatabaseOptions, lock: { release(): void }) {
    this.#options = options
    this.directory = options.directory
    this.#lock = lock
    this.#head = new Head()
    const { fileSystem, clock } = options
    const directory = join(options.directory, 'wal')
    const beganMs = clock.monotonicMs()
    const handler = new HeadReplay(this.#head, this.#openHeadChunks())
    this.#replay = replayWal({
      fileSystem,
      directory,
      handler,
      ...(options.replayProgress === undefined ? {} : { progress: options.replayProgress }),
    })
    this.#replaySeconds = (clock.monotonicMs() - beganMs) / 1_000
    this.#tellReplay(handler)
    this.#seriesLog = new SeriesLog(this.#head)
    this.#seriesLog.logged()
    this.#wal = WalWriter.open({
      fileSystem,
      directory,
      segmentBytesMax: options.walSegmentBytesMax ?? limits.walSegmentBytes,
      compression: options.walCompression ?? 'snappy',
    })
    this.#syncTimer = clock.every(limits.walSyncIntervalMs, () => this.#syncSoon())
  }

  #openHeadChunks(): HeadChunkTable {
    const { fileSystem, logger } = this.#options
    const directory = join(this.#options.directory, headChunksFolder)
    const { table, nextFile, damage } = loadHeadChunks({ fileSystem, directory })
    for (const err of damage) {
      logger.error('Head chunk file set aside; its samples are read from the log', { err })
    }
    this.#head.closed.writeTo(new ChunkFileWriter({ fileSystem, directory, firstFile: nextFile }))
    return table
  }

  /** Throws DIRECTORY_LOCKED, or DIRECTORY_UNUSABLE with the reason. */
  static async open(options: DatabaseOptions): Promise<Database> {
    const { directory, fileSystem } = options
    try {
      fileSystem.makeDirectory(directory)
    } catch (thrown) {
      throw new NarthexError(
        'DIRECTORY_UNUSABLE',
        `data directory ${directory} cannot be used: ${messageOf(thrown)}`,
        { cause: thrown },
      )
    }
    const lock = await options.lock(directory)
    try {
      return new Database(options, lock)
    } catch (thrown) {
      lock.release()
      throw thrown
    }
  }

  appender(): Appender {
    if (this.#closed) throw new NarthexError('CLOSED', 'the database is closed')
    const aheadMs = this.#options.clock.wallMs() + limits.appendAheadMs
    return new HeadAppender(this.#head, this.#wal, this.#seriesLog, this.#staged, aheadMs)
  }

  /** What readers in other threads are handed before each query; see DatabaseReader. */
  updateSince(version: number): DatabaseUpdate {
    return { head: this.#head.update(version) }
  }

  snapshot(ids: Uint32Array, count: number, sinceVersion: number): HeadSnapshot {
    return this.#head.snapshot(ids, count, sinceVersion)
  }

  /** Keeps the memory that snapshots from now on name from being reused, until it is called. */
  pin(): () => void {
    return this.#head.pins.pin()
  }

  stats(): DatabaseStats {
    return {
      ...this.#head.stats(),
      walSegment: this.#wal.segment,
      walCorruptions: this.#replay.corruptions.length,
      walReplaySeconds: this.#replaySeconds,
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#syncTimer.cancel()
    try {
      await this.#wal.close()
    } finally {
      this.#lock.release()
    }
  }

  #syncSoon(): void {
    this.#wal.sync().catch((thrown: unknown) => {
      this.#options.logger.error('Write-ahead log could not be synced', { err: messageOf(thrown) })
    })
  }

  #tellReplay(handler: HeadReplay): void {
    const { logger } = this.#options
    for (const corruption of this.#replay.corruptions) {
      logger.error('Write-ahead log is damaged; the bytes are kept in wal/quarantine', {
        err: corruption.message,
      })
    }
    for (const [name, records] of this.#replay.notLoaded) {
      logger.warn('Write-ahead log has records that this version does not load', { name, records })
    }
    if (handler.samplesWithoutSeries > 0) {
      logger.warn('Samples in the write-ahead log have no series', {
        samples: handler.samplesWithoutSeries,
      })
    }
    logger.info('Write-ahead log replayed', {
      segments: this.#replay.segments,
      samples: handler.samplesAdded,
      duration: `${this.#replaySeconds.toFixed(3)}s`,
    })
  }
}
