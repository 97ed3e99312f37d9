import type { Clock } from '../base/clock.ts'
import type { FileSystem } from '../base/file-system.ts'
import type { Logger } from '../base/logger.ts'
import type { MetricsRegistry } from '../base/self-metrics.ts'
import type { BackgroundRunner } from './background-jobs.ts'
import type { BlockMeta } from './block/meta.ts'
import type { RetentionLimits } from './compact/retention.ts'
import type { HeadEncodings } from './head/head-encodings.ts'
import type { ScannedChunkFiles } from './head/scanned-chunk-files.ts'
import type { WalCompression } from './wal/compression.ts'
import type { LogReaders, ReplayStatus } from './wal/replay.ts'

export interface DatabaseOptions {
  readonly directory: string
  readonly fileSystem: FileSystem
  readonly clock: Clock
  readonly logger: Logger
  /** Keeps other processes out; released at close. */
  readonly lock: (directory: string) => Promise<{ release(): void }>
  readonly walSegmentBytesMax?: number | undefined
  readonly walCompression?: WalCompression
  /** Told which segments of the log there are to read, and which was read last. */
  readonly replayStatus?: (status: ReplayStatus) => void
  /** Have a large log read by other threads while this one takes its records in. */
  readonly logReaders?: LogReaders | undefined
  /** What has been found in the head chunk files by now; undefined where they are to be scanned. */
  readonly scannedChunkFiles?: Promise<ScannedChunkFiles | undefined> | undefined
  /** Range of a block from the head; larger ones are three times as long, up to `blockRangeMsMax`. */
  readonly blockRangeMs?: number
  readonly blockRangeMsMax?: number
  readonly blockReloadIntervalMs?: number
  /** Most bytes of one file of chunks in a block. */
  readonly blockSegmentBytesMax?: number | undefined
  /** How long a head that is ready to be flushed is left alone; 0 where absent. */
  readonly flushDelayMs?: number
  /** Whether a block may not be compacted yet; none is held where absent. */
  readonly isHeld?: (meta: BlockMeta) => boolean
  /** Whether overlapping blocks are made one, as where it is absent. */
  readonly mergesOverlaps?: boolean
  /** What is kept; asked for whenever it matters, so that it may change. */
  readonly retention?: () => RetentionLimits
  /** How many exemplars are kept at first; none where absent. See resizeExemplars. */
  readonly exemplarsMax?: number
  /** Whether what each series' metric is goes into the log (row T2.9). */
  readonly logsMetadata?: boolean
  /** How the head encodes samples; plain where absent. */
  readonly encodings?: HeadEncodings
  /** How far out of order samples are taken; asked for whenever it matters. 0 where absent: not at all. */
  readonly outOfOrderWindowMs?: () => number
  /** Share of stale series from which on they leave the head; asked for whenever it matters. */
  readonly staleSeriesThreshold?: () => number
  /** How many full chunks may wait in memory for being written; 0 where absent: none (row T4.6). */
  readonly headChunksQueueMax?: number
  /**
   * Writes down, every second and at the end, how far the refs of series have come, and begins behind
   * what is written there (row T2.16).
   */
  readonly writesSeriesState?: boolean
  /** Writes a memory snapshot when it is closed, and begins with the one that is there. */
  readonly snapshotsMemory?: boolean
  /** Told what happens; nobody is where it is absent. */
  readonly metrics?: MetricsRegistry
  /** Where long jobs run; in this thread where absent. */
  readonly background?: BackgroundRunner
}
