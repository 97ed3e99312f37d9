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

/** Series whose chunks are in blocks, since a listing of out-of-order chunks. */
interface Moved {
  readonly series: Uint32Array
  readonly listing: number
}

/** Series whose slabs are closed, or whose chunks are dropped, between two looks at the clock. */
const seriesPerStep = 64

/**
 * Moves out-of-order samples from the head to blocks of their own (row T3.4). Queries that begin when
 * the blocks are listed read those samples there; when no query from before is left, head and log let
 * go of them. What has come since then can go to blocks meanwhile, and so on.
 */
export class OutOfOrderFlush {
  readonly #options: OutOfOrderFlushOptions
  /** The segment of the log behind what is in blocks, and whether those before it are gone. */
  #firstKept = 0
  #isLogTruncated = true
  readonly #drops = new Mutex()

  constructor(options: OutOfOrderFlushOptions) {
    this.#options = options
  }

  /**
   * `listed` is done as soon as the blocks are there, before it can be changed again which there are; it
   * must not reject. Answers false where the database was closed before the head could let go of what is
   * in them.
   */
  async run(listed: () => Promise<void>): Promise<boolean> {
    const { changes, readers } = this.#options
    const moved = await changes.run(async () => {
      const written = await this.#write()
      await listed()
      return written
    })
    if (!(await readers.areGone())) return false
    return await this.#drops.run(() => this.#drop(moved))
  }

  /** Samples that come meanwhile stay in the head, though they may be in the blocks as well. */
  async #write(): Promise<Moved> {
    const { clock, head, blocks, background, commit, log } = this.#options
    const { outOfOrder, rangeMs } = head
    const turn = turnsOf(clock)
    blocks.removeLeftovers()
    const known = outOfOrder.unlistedSeries()
    for (let start = 0; start < known.length; start += seriesPerStep) {
      await turn()
      commit.seal(known.subarray(start, start + seriesPerStep))
    }
    // In one step, with what has come meanwhile: neither samples nor markers of what goes to the
    // blocks stand in the segment that is kept. A start would read them again, deleted or not.
    const series = outOfOrder.unlistedSeries()
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
    const listing = outOfOrder.listSealed()
    this.#firstKept = firstKept
    this.#isLogTruncated = false
    return { series, listing }
  }

  async #drop({ series, listing }: Moved): Promise<boolean> {
    const { clock, head, readers } = this.#options
    const turn = turnsOf(clock)
    const dropped: number[] = []
    for (let at = 0; at < series.length; at++) {
      if (at % seriesPerStep === 0) await turn()
      if (readers.isStopped) return false
      dropped.push(...head.outOfOrder.dropListed(series[at] ?? 0, listing))
    }
    head.outOfOrder.finishDrop()
    // A query that began meanwhile may stand on a chunk that was just cut off.
    head.pins.afterHeld(() => {
      for (const entry of dropped) head.closed.freeOutOfOrder(entry)
    })
    this.truncateLog()
    return true
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

/** Where the block ranges begin of out-of-order samples of series that no listed block holds, ascending. */
export function rangesOf(
  outOfOrder: OutOfOrderSamples,
  series: Uint32Array,
  rangeMs: number,
): readonly number[] {
  const starts = new Set<number>()
  for (const id of series) {
    outOfOrder.eachUnlistedSpan(id, (minTimeMs, maxTimeMs) => {
      const last = Math.floor(maxTimeMs / rangeMs) * rangeMs
      for (let at = Math.floor(minTimeMs / rangeMs) * rangeMs; at <= last; at += rangeMs) {
        starts.add(at)
      }
    })
  }
  return [...starts].sort((a, b) => a - b)
}
