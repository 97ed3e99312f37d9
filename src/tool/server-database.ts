import type { WalReplay } from '../api/api-options.ts'
import { systemClock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { lockDirectory } from '../base/node-directory-lock.ts'
import { nodeFileSystem } from '../base/node-file-system.ts'
import { uncachedFault } from '../base/node-uncached-files.ts'
import type { Gauge, MetricsRegistry } from '../base/self-metrics.ts'
import type { Config } from '../config/config.ts'
import type { DatabaseOptions } from '../tsdb/database-options.ts'
import { Database } from '../tsdb/db.ts'
import { BackgroundThread } from '../workers/background-thread.ts'
import { builtFiles } from './built-files.ts'
import { type EarlyScan, takeEarlyScan } from './early-scan.ts'
import type { Flags } from './flags.ts'
import { LogReaderThreads } from './log-readers.ts'
import { present } from './present.ts'
import { longestBlockMs } from './retention.ts'
import { storageEncodings } from './storage-encodings.ts'
import { demandCapacity, storageSettings, tellDisk, writesUncached } from './storage-settings.ts'
import { backgroundWorkerSource } from './worker-source.ts'

export interface ServerDatabaseOptions {
  readonly flags: Flags
  readonly logger: Logger
  readonly metrics: MetricsRegistry
  /** The one in force. */
  readonly config: () => Config
  /** Is called where the log is long enough for others to make ready meanwhile. */
  readonly replayBegins: () => void
}

/** The server's database as flags and configuration say, with its lock and its threads. */
export class ServerDatabase {
  readonly #options: ServerDatabaseOptions
  readonly #cleanStart: Gauge
  #database: Database | undefined
  #background: BackgroundThread | undefined
  /** Chunks of blocks are written past the page cache. */
  #isUncached = false
  #walReplay: WalReplay = { min: 0, max: 0, current: 0 }

  constructor(options: ServerDatabaseOptions) {
    this.#options = options
    this.#cleanStart = options.metrics.gauge(
      'prometheus_tsdb_clean_start',
      '-1 without a lock file, 0 where one of before was taken over, 1 where it is a new one.',
    )
    this.#cleanStart.set(-1)
  }

  /** Throws CLOSED before it is opened. */
  get database(): Database {
    return present(this.#database)
  }

  get walReplay(): WalReplay {
    return this.#walReplay
  }

  /** Segments of the log that were found damaged; none before it is opened. */
  get walCorruptions(): number {
    return this.#database?.stats().walCorruptions ?? 0
  }

  /** Replays the log. Throws DIRECTORY_LOCKED or DIRECTORY_UNUSABLE. */
  async open(): Promise<Database> {
    const { flags, logger, config } = this.#options
    const folder = flags.text('storage.tsdb.path')
    demandCapacity(nodeFileSystem, folder, config().storage.retention, logger)
    const source = backgroundWorkerSource(builtFiles(nodeFileSystem))
    // The folder is there once it is locked: jobs come later.
    this.#background = new BackgroundThread(
      source,
      () => this.database,
      () => this.#isUncached,
    )
    const early = takeEarlyScan(folder)
    const logReaders = new LogReaderThreads(logger, this.#options.replayBegins, early?.worker)
    try {
      this.#database = await Database.open(this.#openOptions(folder, early, logReaders))
    } finally {
      logReaders.end()
    }
    await this.#database.settle()
    return this.#database
  }

  #openOptions(
    folder: string,
    early: EarlyScan | undefined,
    logReaders: LogReaderThreads,
  ): DatabaseOptions {
    const { flags, logger, metrics, config } = this.#options
    const retention = () => config().storage.retention
    const tools = { fileSystem: nodeFileSystem, clock: systemClock, logger }
    return {
      ...tools,
      ...storageSettings(flags, tools),
      directory: folder,
      lock: (directory) => this.#lock(directory),
      blockRangeMsMax: longestBlockMs(retention(), flags),
      retention,
      metrics,
      exemplarsMax: this.#exemplarsMax(config()),
      logsMetadata: flags.isFeatureOn('metadata-wal-records'),
      encodings: storageEncodings(config().storage, flags),
      outOfOrderWindowMs: () => config().storage.outOfOrderWindowMs,
      staleSeriesThreshold: () => config().storage.staleSeriesThreshold,
      writesSeriesState: flags.isFeatureOn('fast-startup'),
      snapshotsMemory: flags.isFeatureOn('memory-snapshot-on-shutdown'),
      background: present(this.#background),
      logReaders,
      scannedChunkFiles: early?.scanned,
      replayStatus: (status) => {
        this.#walReplay = status
      },
    }
  }

  /** Takes what a loaded configuration says anew. */
  apply(config: Config): void {
    this.database.encodeFloats(storageEncodings(config.storage, this.#options.flags).floats)
    this.database.resizeExemplars(this.#exemplarsMax(config))
  }

  async close(): Promise<void> {
    await this.#background?.close()
    await this.#database?.close()
  }

  async #lock(directory: string): Promise<{ release(): void }> {
    const { flags, logger } = this.#options
    tellDisk(nodeFileSystem, directory, logger)
    this.#isUncached = writesUncached(flags, logger, () => uncachedFault(directory))
    if (flags.isOn('storage.tsdb.no-lockfile')) return { release: () => undefined }
    const lock = await lockDirectory(directory, logger)
    this.#cleanStart.set(lock.isReplaced ? 0 : 1)
    return lock
  }

  /** None without --enable-feature=exemplar-storage, whatever the configuration says (row C7.7). */
  #exemplarsMax({ storage }: Config): number {
    const isOn = this.#options.flags.isFeatureOn('exemplar-storage')
    return isOn ? Math.max(0, storage.exemplarsMax ?? 0) : 0
  }
}
