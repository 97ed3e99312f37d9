import type { Clock } from '../base/clock.ts'
import type { FileSystem } from '../base/file-system.ts'
import { Mutex } from '../base/mutex.ts'
import { turnsOf } from '../base/turns.ts'
import type { JobRunner } from './background-jobs.ts'
import type { BlockList } from './block-list.ts'
import type { DatabaseMetrics } from './database-metrics.ts'
import type { Head } from './head/head.ts'
import type { OutOfOrderCommit } from './head/out-of-order-commit.ts'
import type { OutOfOrderSamples } from './head/out-of-order-samples.ts'
import type { LastReaders } from './last-readers.ts'
import type { OutOfOrderLog } from './out-of-order-log.ts'
import { listSegments } from './wal/segment-files.ts'

export interface OutOfOrderFlushOptions {
  readonly metrics: DatabaseMetrics
  readonly fileSystem: FileSystem
  readonly clock: Clock
  readonly head: Head
  readonly blocks: BlockList
  readonly background: JobRunner
  readonly commit: OutOfOrderCommit
  readonly log: OutOfOrderLog
  readonly readers: LastReaders
  /** Held while it is changed which blocks there are. */
  readonly changes: Mutex
  /** Most bytes of one file of chunks in a block; upstream's where absent. */
  readonly segmentBytesMax: number | undefined
}

/** Series whose slabs are closed, or whose chunks are dropped, between two looks at the clock. */
const seriesPerStep = 64

/**
 * Moves out-of-order samples from the head to blocks of their own (row T3.4). Queries that begin when
 * the blocks are listed read those samples there; when no query from before is left, head and log let
 * go of them.
 */
export class OutOfOrderFlush {
  readonly #options: OutOfOrderFlushOptions
  #series: Uint32Array = new Uint32Array(0)
  /** The segment of the log behind what is in blocks, and whether those before it are gone. */
  #firstKept = 0
  #isLogTruncated = true
  readonly #turn = new Mutex()

  constructor(options: OutOfOrderFlushOptions) {
    this.#options = options
  }

  /**
   * One at a time. `listed` is done as soon as the blocks are there, before it can be changed again
   * which there are; it must not reject. Answers false where the database was closed before the head
   * could let go of what is in them.
   */
  run(listed: () => Promise<void>): Promise<boolean> {
    const { changes, readers } = this.#options
    return this.#turn.run(async () => {
      await changes.run(async () => {
        await this.#write()
        await listed()
      })
      if (!(await readers.areGone())) return false
      await this.#drop()
      return true
    })
  }

  /** Samples that come meanwhile stay in the head, though they may be in the blocks as well. */
  async #write(): Promise<void> {
    const { clock, head, blocks, background, commit, log } = this.#options
    const { outOfOrder, rangeMs } = head
    const turn = turnsOf(clock)
    blocks.removeLeftovers()
    const known = outOfOrder.series()
    for (let start = 0; start < known.length; start += seriesPerStep) {
      await turn()
      commit.seal(known.subarray(start, start + seriesPerStep))
    }
    // In one step, with what has come meanwhile: neither samples nor markers of what goes to the
    // blocks stand in the segment that is kept. A start would read them again, deleted or not.
    const series = outOfOrder.series()
    commit.seal(series)
    const writer = log.writer()
    writer.startSegment()
    const firstKept = writer.segment
    const startsMs = rangesOf(outOfOrder, series, rangeMs)
    await background.run({
      kind: 'flush-out-of-order',
      series,
      startsMs,
      rangeMs,
      segmentBytesMax: this.#options.segmentBytesMax,
    })
    blocks.reload()
    outOfOrder.listSealed()
    this.#series = series
    this.#firstKept = firstKept
    this.#isLogTruncated = false
  }

  async #drop(): Promise<void> {
    const { clock, head } = this.#options
    const turn = turnsOf(clock)
    const dropped: number[] = []
    for (let at = 0; at < this.#series.length; at++) {
      if (at % seriesPerStep === 0) await turn()
      dropped.push(...head.outOfOrder.dropSealed(this.#series[at] ?? 0))
    }
    this.#series = new Uint32Array(0)
    head.outOfOrder.finishDrop()
    // A query that began meanwhile may stand on a chunk that was just cut off.
    head.pins.afterHeld(() => {
      for (const entry of dropped) head.closed.freeOutOfOrder(entry)
    })
    this.truncateLog()
  }

  /**
   * Removes what is in blocks from the log, if it is still there: oldest first, what a crash leaves is
   * the end of the log. Throws what the disk throws.
   */
  truncateLog(): void {
    if (this.#isLogTruncated) return
    const { fileSystem, log, metrics } = this.#options
    metrics.lateLogTruncations.begin()
    try {
      for (const { number, path } of listSegments(fileSystem, log.directory)) {
        if (number < this.#firstKept) fileSystem.remove(path)
      }
      fileSystem.syncDirectory(log.directory)
      this.#isLogTruncated = true
    } catch (thrown) {
      metrics.lateLogTruncations.fail()
      throw thrown
    }
  }
}

/** Where the block ranges begin in which the series may have out-of-order samples, ascending. */
export function rangesOf(
  outOfOrder: OutOfOrderSamples,
  series: Uint32Array,
  rangeMs: number,
): readonly number[] {
  const starts = new Set<number>()
  for (const id of series) {
    outOfOrder.eachSpan(id, (minTimeMs, maxTimeMs) => {
      const last = Math.floor(maxTimeMs / rangeMs) * rangeMs
      for (let at = Math.floor(minTimeMs / rangeMs) * rangeMs; at <= last; at += rangeMs) {
        starts.add(at)
      }
    })
  }
  return [...starts].sort((a, b) => a - b)
}
