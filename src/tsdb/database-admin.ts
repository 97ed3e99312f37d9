import { randomFillSync } from 'node:crypto'
import { join } from 'node:path'
import { ByteWriter } from '../base/byte-writer.ts'
import type { Clock } from '../base/clock.ts'
import type { Mutex } from '../base/mutex.ts'
import type { Matcher } from '../model/matcher.ts'
import type { StorageAdmin } from '../storage/admin.ts'
import type { TimeRange } from '../storage/querier.ts'
import type { JobRunner, OutOfOrderPart } from './background-jobs.ts'
import type { BlockList } from './block-list.ts'
import type { DatabaseMetrics } from './database-metrics.ts'
import type { Head } from './head/head.ts'
import { rangesOf } from './out-of-order-flush.ts'
import { addTombstone, beginTombstoneRecord } from './wal/tombstone-record.ts'
import type { WalWriter } from './wal/writer.ts'

export interface DatabaseAdminOptions {
  readonly clock: Clock
  readonly head: Head
  readonly blocks: BlockList
  readonly wal: WalWriter
  readonly background: JobRunner
  readonly metrics: DatabaseMetrics
  /** Most bytes of one file of chunks in a block; upstream's where absent. */
  readonly segmentBytesMax: number | undefined
  /** Held by whoever changes which blocks there are, or what is in them. */
  readonly changes: Mutex
}

/** Tombstones of one record of the log. */
const perRecord = 10_000

/** What an operator may do to the database, one thing at a time. */
export class DatabaseAdmin implements StorageAdmin {
  readonly #options: DatabaseAdminOptions

  constructor(options: DatabaseAdminOptions) {
    this.#options = options
  }

  deleteSeries(sets: readonly (readonly Matcher[])[], range: TimeRange): Promise<void> {
    const { changes, background, blocks } = this.#options
    return changes.run(async () => {
      const plain = sets.map((set) => set.map(({ op, name, value }) => ({ op, name, value })))
      try {
        const { series } = await background.run({ kind: 'delete', sets: plain, range })
        this.#deleteFromHead(series ?? new Uint32Array(0), range)
      } finally {
        blocks.reload()
      }
    })
  }

  /** Logged before it is seen, as samples are. */
  #deleteFromHead(ids: Uint32Array, { minTimeMs, maxTimeMs }: TimeRange): void {
    const { head, wal } = this.#options
    const writer = new ByteWriter(4096)
    const alive = ids.filter((id) => head.isAlive(id))
    for (let start = 0; start < alive.length; start += perRecord) {
      beginTombstoneRecord(writer)
      for (const id of alive.subarray(start, start + perRecord)) {
        const part = head.partOf(id, minTimeMs, maxTimeMs)
        if (part === undefined) continue
        addTombstone(writer, head.ref(id), part.minTimeMs, part.maxTimeMs)
      }
      wal.log([writer.copy()])
    }
    for (const id of alive) {
      const part = head.partOf(id, minTimeMs, maxTimeMs)
      if (part !== undefined) head.memory.tombstones.add(id, part.minTimeMs, part.maxTimeMs)
    }
  }

  cleanTombstones(): Promise<void> {
    const { changes, metrics } = this.#options
    return changes.run(() => metrics.cleanup(() => this.#rewriteBlocks()))
  }

  async #rewriteBlocks(): Promise<void> {
    const { background, blocks, head, segmentBytesMax } = this.#options
    blocks.reload()
    const touched = blocks.blocks.filter(({ meta }) => meta.stats.tombstones > 0)
    for (const { meta } of touched) {
      await background.run({
        kind: 'merge',
        ulids: [meta.ulid],
        isCleaned: true,
        floatEncoding: head.encodings.floats,
        segmentBytesMax,
      })
      blocks.reload()
    }
  }

  snapshot(skipHead: boolean): Promise<string> {
    const { changes, clock, background, blocks, head } = this.#options
    return changes.run(async () => {
      const name = snapshotName(clock.wallMs())
      const { minTimeMs, maxTimeMs } = head.stats()
      const isEmpty = skipHead || minTimeMs === undefined || maxTimeMs === undefined
      await background.run({
        kind: 'snapshot',
        folder: join('snapshots', name),
        ulids: blocks.blocks.map(({ meta }) => meta.ulid),
        head: isEmpty ? undefined : { minTimeMs, maxTimeMs },
        outOfOrder: skipHead || head.outOfOrder.isEmpty ? undefined : outOfOrderPart(head),
      })
      return name
    })
  }
}

function outOfOrderPart({ outOfOrder, rangeMs }: Head): OutOfOrderPart {
  const series = outOfOrder.series()
  return { series, startsMs: rangesOf(outOfOrder, series, rangeMs), rangeMs }
}

/** As upstream names them: UTC to the second, and sixteen digits of chance. */
function snapshotName(timeMs: number): string {
  const time = new Date(timeMs).toISOString().replace(/[-:]|\.\d+/g, '')
  const random = Buffer.from(randomFillSync(new Uint8Array(8))).toString('hex')
  return `${time}-${random}`
}
