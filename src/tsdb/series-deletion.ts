import { messageOf } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { Mutex } from '../base/mutex.ts'
import type { Matcher } from '../model/matcher.ts'
import type { TimeRange } from '../storage/querier.ts'
import type { JobRunner, PlainMatchers } from './background-jobs.ts'
import type { BlockList } from './block-list.ts'
import { deleteInOrder, hiddenPart } from './delete-in-order.ts'
import type { Head } from './head/head.ts'
import type { OutOfOrderFlush } from './out-of-order-flush.ts'
import { hidesLate } from './settle-tombstones.ts'
import type { WalWriter } from './wal/writer.ts'

export interface SeriesDeletionOptions {
  readonly logger: Logger
  readonly head: Head
  readonly blocks: BlockList
  readonly wal: WalWriter
  readonly background: JobRunner
  readonly outOfOrder: OutOfOrderFlush
  /** Held by whoever changes which blocks there are, or what is in them. */
  readonly changes: Mutex
}

/**
 * Deletes a range of series (row T8.1), in blocks and in the head. What is sent of the range later
 * is out of order, and nothing says what of its log came before the log's tombstone. So a tombstone
 * hides samples in order only: out-of-order samples of the range that there are by now go to blocks
 * first, and are deleted there.
 */
export class SeriesDeletion {
  readonly #options: SeriesDeletionOptions
  readonly #sets: readonly PlainMatchers[]
  readonly #range: TimeRange

  constructor(
    options: SeriesDeletionOptions,
    sets: readonly (readonly Matcher[])[],
    range: TimeRange,
  ) {
    this.#options = options
    this.#sets = sets.map((set) => set.map(({ op, name, value }) => ({ op, name, value })))
    this.#range = range
  }

  /**
   * Rejects with what went wrong; then it may be that some of it is deleted. Nothing is where the
   * range ends before it starts.
   */
  async run(): Promise<void> {
    if (this.#range.minTimeMs > this.#range.maxTimeMs) return
    const isDone = await this.#options.changes.run(async () => {
      const ids = await this.#deleteFromBlocks()
      if (ids.some((id) => this.#hasLate(id))) return false
      this.#deleteFromHead(ids)
      return true
    })
    if (!isDone) await this.#runBehindFlush()
  }

  /** Nobody waits for the queries that still read in the head what went to blocks. */
  #runBehindFlush(): Promise<void> {
    const { outOfOrder, logger } = this.#options
    return new Promise((resolve, reject) => {
      const listed = async () => {
        try {
          this.#deleteFromHead(await this.#deleteFromBlocks())
          resolve()
        } catch (thrown) {
          reject(thrown)
        }
      }
      outOfOrder.run(listed).catch((thrown: unknown) => {
        logger.error('Out-of-order samples could not be moved to blocks', {
          err: messageOf(thrown),
        })
        reject(thrown)
      })
    })
  }

  /** Answers the series of the head that are meant. */
  async #deleteFromBlocks(): Promise<Uint32Array> {
    const { background, blocks, head } = this.#options
    try {
      const { series = new Uint32Array(0) } = await background.run({
        kind: 'delete',
        sets: this.#sets,
        range: this.#range,
      })
      return series.filter((id) => head.isAlive(id))
    } finally {
      blocks.reload()
    }
  }

  /** Whether there may be out-of-order samples, in the head alone, that are to be hidden by now. */
  #hasLate(id: number): boolean {
    const { head } = this.#options
    const { minTimeMs, maxTimeMs } = this.#range
    return head.outOfOrder.mayHaveUnlisted(id, minTimeMs, maxTimeMs) || hidesLate(head, id)
  }

  /** The log of out-of-order samples must not bring back what is in blocks. */
  #deleteFromHead(ids: Uint32Array): void {
    const { head, wal, outOfOrder } = this.#options
    outOfOrder.truncateLog()
    deleteInOrder(head, wal, ids, (id) => hiddenPart(head, id, this.#range))
  }
}
