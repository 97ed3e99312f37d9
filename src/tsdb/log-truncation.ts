import { join } from 'node:path'
import { messageOf } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { limits } from '../base/limits.ts'
import type { Logger } from '../base/logger.ts'
import type { JobRunner } from './background-jobs.ts'
import type { DatabaseMetrics } from './database-metrics.ts'
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
  readonly background: JobRunner
  readonly compression: WalCompression
  readonly metrics: DatabaseMetrics
  /** Refs of the log that the head has given up in favour of others of the same series. */
  readonly otherRefs: { readonly refs: Float64Array; readonly untilMs: number }
  /** Of out-of-order samples in the head and in its files the oldest; Infinity where there are none. */
  readonly oldestLateMs: () => number
  /** Whether something failed for want of room, and there is more of it now. */
  readonly gaveRoomFor: (thrown: unknown) => boolean
}

/**
 * Refs that the head does not have and the log does: it stands in no segment after this one, for no
 * sample after this time.
 */
interface FormerRefs {
  readonly segment: number
  readonly untilMs: number
  readonly refs: Float64Array
}

/**
 * Makes a checkpoint of the older two thirds of the log whenever the head was truncated (row T2.13).
 * The name of a series by a ref that the head does not have stays in it as long as there may be
 * samples under that ref, in segments or in the checkpoint itself: series that left the head, and
 * those that came and went and so have several refs in the log.
 */
export class LogTruncation {
  readonly #options: LogTruncationOptions
  #former: FormerRefs[]
  #failures = 0

  constructor(options: LogTruncationOptions) {
    this.#options = options
    this.#former = [{ segment: options.wal.segment, ...options.otherRefs }]
  }

  /** These refs are gone from the head; the log has samples of theirs up to a time. */
  keepUntil(refs: Float64Array, untilMs: number): void {
    this.#former.push({ segment: this.#options.wal.segment, untilMs, refs })
  }

  /** Rejects when the checkpoint could not be made; the log is then as it was. */
  async run(minTimeMs: number, removedRefs: readonly Float64Array[]): Promise<void> {
    const { fileSystem, directory, wal, background, logger, metrics, oldestLateMs } = this.#options
    for (const refs of removedRefs) this.keepUntil(refs, Number.NEGATIVE_INFINITY)
    wal.startSegment()
    const segments = listSegments(fileSystem, join(directory, walFolder))
    const from = segments[0]?.number ?? 0
    const last = wal.segment - 1
    const to = from + Math.trunc(((last - from) * 2) / 3)
    if (to <= from) return
    const kept = this.#former.filter(({ segment, untilMs }) => segment > to || untilMs >= minTimeMs)
    const keptRefs = joined(kept.map(({ refs }) => refs))
    const setAsideUnreadable = this.#failures + 1 >= limits.checkpointTriesMax
    const { compression } = this.#options
    // What is deleted of out-of-order samples is deleted still when their log, or what the files have
    // where that is damaged, is read again.
    const tombstonesFromMs = Math.min(minTimeMs, oldestLateMs())
    const plan = { kind: 'checkpoint', from, to, minTimeMs, tombstonesFromMs, keptRefs } as const
    const job = { ...plan, setAsideUnreadable, compression }
    try {
      metrics.checkpoints.begin()
      metrics.logTruncations.begin()
      const { notRemoved } = await metrics.logTruncation(() => background.run(job))
      metrics.checkpointDeletions.begin()
      if (notRemoved !== undefined) {
        metrics.checkpointDeletions.fail()
        logger.error('What a checkpoint replaces is still there', { err: notRemoved })
      }
      this.#failures = 0
      this.#former = kept
    } catch (thrown) {
      this.#failures++
      metrics.checkpoints.fail()
      metrics.logTruncations.fail()
      logger.error('Write-ahead log could not be truncated', {
        err: messageOf(thrown),
        failures: this.#failures,
      })
      if (this.#options.gaveRoomFor(thrown)) await this.run(minTimeMs, [])
    }
  }
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0))
  let to = 0
  for (const part of parts) {
    all.set(part, to)
    to += part.length
  }
  return all
}
