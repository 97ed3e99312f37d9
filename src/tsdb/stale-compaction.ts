import type { Clock } from '../base/clock.ts'
import type { Mutex } from '../base/mutex.ts'
import { turnsOf } from '../base/turns.ts'
import type { JobRunner } from './background-jobs.ts'
import type { BlockList } from './block-list.ts'
import { removeDeadLabels } from './head/dead-labels.ts'
import type { Head } from './head/head.ts'
import { SeriesRemoval } from './head/series-removal.ts'
import { HeadTruncation } from './head/truncation.ts'
import { keepTimesYoung } from './head/young-times.ts'
import type { LastReaders } from './last-readers.ts'
import { evictionRecord } from './wal/tombstone-record.ts'

/** Series that leave in one step, with one record of the log. */
const seriesPerStep = 256

export interface StaleCompactionOptions {
  readonly clock: Clock
  readonly head: Head
  readonly blocks: BlockList
  readonly background: JobRunner
  readonly changes: Mutex
  readonly rangeMs: number
  readonly segmentBytesMax: number | undefined
  /** Appends to the log; throws TSDB_READ_ONLY. */
  readonly log: (record: Uint8Array) => void
  /** The log has samples of series that are gone, up to a time: it goes on to name them. */
  readonly keepInLog: (refs: Float64Array, untilMs: number) => void
  readonly readers: LastReaders
}

/**
 * Moves series whose newest sample is a stale marker from the head into blocks of their own (row
 * T4.11), all of their samples and whatever the time of others. The log is told with a tombstone over
 * all time, as upstream does, so that a replay takes them away again; a series that comes back has
 * another ref. A series that gets a sample meanwhile stays.
 */
export class StaleCompaction {
  readonly #options: StaleCompactionOptions

  constructor(options: StaleCompactionOptions) {
    this.#options = options
  }

  /** Answers how many series went. Rejects with what went wrong; then all are still in the head. */
  async run(): Promise<number> {
    const { head, changes, readers } = this.#options
    const ids = this.#stale()
    if (ids.length === 0) return 0
    const newestMs = Float64Array.from(ids, (id) => head.chunks.newestMs(id))
    await changes.run(() => this.#writeBlocks(ids))
    // Queries that began before the blocks were listed read these series in the head.
    if (!(await readers.areGone())) return 0
    return await this.#remove(ids, newestMs)
  }

  #stale(): Uint32Array {
    const { head } = this.#options
    const ids = new Uint32Array(head.idCount)
    let count = 0
    for (let id = 0; id < head.idCount; id++) {
      if (head.isAlive(id) && this.#isEligible(id)) ids[count++] = id
    }
    return ids.slice(0, count)
  }

  #isEligible(id: number): boolean {
    const { head } = this.#options
    return head.chunks.isStale(id) && !head.chunks.isEmpty(id) && !head.outOfOrder.has(id)
  }

  async #writeBlocks(ids: Uint32Array): Promise<void> {
    const { head, blocks, background, rangeMs, segmentBytesMax } = this.#options
    const { minTimeMs = 0, maxTimeMs = -1 } = head.stats()
    blocks.removeLeftovers()
    for (let at = Math.floor(minTimeMs / rangeMs) * rangeMs; at <= maxTimeMs; at += rangeMs) {
      await background.run({
        kind: 'flush',
        minTimeMs: at,
        maxTimeMs: at + rangeMs,
        staleSeries: ids,
        segmentBytesMax,
      })
    }
    blocks.reload()
  }

  async #remove(ids: Uint32Array, newestMs: Float64Array): Promise<number> {
    const { head, clock, log, keepInLog } = this.#options
    const turn = turnsOf(clock)
    const truncation = new HeadTruncation(head)
    const removal = new SeriesRemoval(head)
    let untilMs = Number.NEGATIVE_INFINITY
    for (let start = 0; start < ids.length; start += seriesPerStep) {
      await turn()
      // What follows is one step: nobody appends between the look, the log and the removal.
      const gone: number[] = []
      for (let at = start; at < Math.min(start + seriesPerStep, ids.length); at++) {
        const id = ids[at] ?? 0
        const isAsBefore = head.chunks.newestMs(id) === newestMs[at]
        if (!head.isAlive(id) || !isAsBefore || !this.#isEligible(id)) continue
        gone.push(id)
        untilMs = Math.max(untilMs, newestMs[at] ?? 0)
      }
      if (gone.length === 0) continue
      log(evictionRecord(gone.map((id) => head.ref(id))))
      for (const id of gone) truncation.evict(id)
      removal.forget(gone)
    }
    truncation.end()
    await removal.finish(turn)
    keepInLog(removal.removedRefs, untilMs)
    await removeDeadLabels(head, turn)
    keepTimesYoung(head)
    return removal.removedRefs.length
  }
}
