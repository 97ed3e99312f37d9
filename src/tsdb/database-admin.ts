import { randomFillSync } from 'node:crypto'
import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import type { FileSystem } from '../base/file-system.ts'
import type { Matcher } from '../model/matcher.ts'
import type { StorageAdmin } from '../storage/admin.ts'
import type { TimeRange } from '../storage/querier.ts'
import type { OutOfOrderPart } from './background-jobs.ts'
import { readTombstones } from './block/tombstones.ts'
import type { DatabaseMetrics } from './database-metrics.ts'
import type { Head } from './head/head.ts'
import { rangesOf } from './out-of-order-flush.ts'
import { SeriesDeletion, type SeriesDeletionOptions } from './series-deletion.ts'

export interface DatabaseAdminOptions extends SeriesDeletionOptions {
  readonly fileSystem: FileSystem
  readonly clock: Clock
  readonly metrics: DatabaseMetrics
  /** Most bytes of one file of chunks in a block; upstream's where absent. */
  readonly segmentBytesMax: number | undefined
}

/** What an operator may do to the database, one thing at a time. */
export class DatabaseAdmin implements StorageAdmin {
  readonly #options: DatabaseAdminOptions

  constructor(options: DatabaseAdminOptions) {
    this.#options = options
  }

  deleteSeries(sets: readonly (readonly Matcher[])[], range: TimeRange): Promise<void> {
    return new SeriesDeletion(this.#options, sets, range).run()
  }

  cleanTombstones(): Promise<void> {
    const { changes, metrics } = this.#options
    return changes.run(() => metrics.cleanup(() => this.#rewriteBlocks()))
  }

  async #rewriteBlocks(): Promise<void> {
    const { background, blocks, fileSystem, head, segmentBytesMax } = this.#options
    blocks.reload()
    // Not what meta.json says: other writers' need not tell of them, nor be right.
    const touched = blocks.blocks.filter(
      ({ directory }) => readTombstones(fileSystem, directory).count > 0,
    )
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
  const series = outOfOrder.unlistedSeries()
  return { series, startsMs: rangesOf(outOfOrder, series, rangeMs), rangeMs }
}

/** As upstream names them: UTC to the second, and sixteen digits of chance. */
function snapshotName(timeMs: number): string {
  const time = new Date(timeMs).toISOString().replace(/[-:]|\.\d+/g, '')
  const random = Buffer.from(randomFillSync(new Uint8Array(8))).toString('hex')
  return `${time}-${random}`
}
