import { join } from 'node:path'
import { messageOf } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { limits } from '../base/limits.ts'
import type { Logger } from '../base/logger.ts'
import type { BackgroundRunner } from './background-jobs.ts'
import { walFolder } from './load-head.ts'
import type { WalCompression } from './wal/compression.ts'
import { listSegments } from './wal/segment-files.ts'
import type { WalWriter } from './wal/writer.ts'

export interface LogTruncationOptions {
  readonly fileSystem: FileSystem
  /** The data directory. */
  readonly directory: string
  readonly logger: Logger
  readonly wal: WalWriter
  readonly background: BackgroundRunner
  readonly compression: WalCompression
}

/** Refs of series that left the head while the log's current segment was this one. */
interface Removed {
  readonly segment: number
  readonly refs: readonly number[]
}

/**
 * Makes a checkpoint of the older two thirds of the log whenever the head was truncated (row T2.13).
 * A series that left the head stays in it as long as segments may hold samples of its.
 */
export class LogTruncation {
  readonly #options: LogTruncationOptions
  #removed: Removed[] = []
  #failures = 0

  constructor(options: LogTruncationOptions) {
    this.#options = options
  }

  /** Rejects when the checkpoint could not be made; the log is then as it was. */
  async run(minTimeMs: number, removedRefs: readonly number[]): Promise<void> {
    const { fileSystem, directory, wal, background, logger } = this.#options
    if (removedRefs.length > 0) this.#removed.push({ segment: wal.segment, refs: removedRefs })
    wal.startSegment()
    const segments = listSegments(fileSystem, join(directory, walFolder))
    const from = segments[0]?.number ?? 0
    const last = wal.segment - 1
    const to = from + Math.trunc(((last - from) * 2) / 3)
    if (to <= from) return
    const keptRefs = this.#removed.filter(({ segment }) => segment > to).flatMap(({ refs }) => refs)
    const setAsideUnreadable = this.#failures + 1 >= limits.checkpointTriesMax
    try {
      await background.run({
        kind: 'checkpoint',
        from,
        to,
        minTimeMs,
        keptRefs,
        setAsideUnreadable,
        compression: this.#options.compression,
      })
      this.#failures = 0
      this.#removed = this.#removed.filter(({ segment }) => segment > to)
    } catch (thrown) {
      this.#failures++
      logger.error('Write-ahead log could not be truncated', {
        err: messageOf(thrown),
        failures: this.#failures,
      })
    }
  }
}
