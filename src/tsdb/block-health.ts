import type { Clock } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import type { Logger } from '../base/logger.ts'
import type { Mutex } from '../base/mutex.ts'
import type { JobRunner } from './background-jobs.ts'
import type { BlockList } from './block-list.ts'

export interface BlockHealthOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly blocks: BlockList
  readonly background: JobRunner
  /** Held while it is changed which blocks there are, or what is in them. */
  readonly changes: Mutex
}

/**
 * Finds damaged blocks before a query does: each is opened once when it is new, and every now and
 * then all bytes of one are held against its seal, those first that have waited longest. What is
 * wrong is told once, with the block's name, and counted until the block is gone.
 */
export class BlockHealth {
  readonly #options: BlockHealthOptions
  readonly #opened = new Set<string>()
  /** When a block was last read through; since the start. */
  readonly #verifiedMs = new Map<string, number>()
  readonly #faults = new Map<string, string>()
  #lastVerifyMs: number
  /** Blocks that were read through. */
  verifications = 0

  constructor(options: BlockHealthOptions) {
    this.#options = options
    this.#lastVerifyMs = options.clock.monotonicMs()
  }

  /** Blocks that are known to be damaged. */
  get damaged(): number {
    const unreadable = this.#options.blocks.damaged.map(({ ulid }) => ulid)
    return new Set([...this.#faults.keys(), ...unreadable]).size
  }

  /** Looks at what is new, and at one block whole when it is time. */
  async round(): Promise<void> {
    const { blocks, clock } = this.#options
    const ulids = blocks.blocks.map(({ meta }) => meta.ulid)
    this.#forgetAllBut(new Set(ulids))
    const fresh = ulids.filter((ulid) => !this.#opened.has(ulid))
    if (fresh.length > 0) await this.#check(fresh, false)
    const nowMs = clock.monotonicMs()
    if (nowMs - this.#lastVerifyMs < limits.blockVerifyIntervalMs) return
    this.#lastVerifyMs = nowMs
    const since = (ulid: string) => this.#verifiedMs.get(ulid) ?? Number.NEGATIVE_INFINITY
    const oldest = blocks.blocks.map(({ meta }) => meta.ulid).sort((a, b) => since(a) - since(b))[0]
    if (oldest === undefined) return
    await this.#check([oldest], true)
    this.#verifiedMs.set(oldest, nowMs)
    this.verifications++
  }

  async #check(ulids: readonly string[], isWhole: boolean): Promise<void> {
    const { background, changes, logger } = this.#options
    try {
      const { faults } = await changes.run(() => background.run({ kind: 'verify', ulids, isWhole }))
      for (const ulid of ulids) {
        this.#opened.add(ulid)
        const found = faults?.find((fault) => fault.ulid === ulid)
        if (found !== undefined) this.#tell(ulid, found.reason)
        // Opening it again says nothing of what reading it through has found.
        else if (isWhole) this.#faults.delete(ulid)
      }
    } catch (thrown) {
      logger.warn('Blocks could not be verified', { err: messageOf(thrown) })
    }
  }

  #tell(ulid: string, reason: string): void {
    if (this.#faults.get(ulid) === reason) return
    this.#faults.set(ulid, reason)
    this.#options.logger.error('Block is damaged', { block: ulid, err: reason })
  }

  #forgetAllBut(ulids: ReadonlySet<string>): void {
    for (const known of [this.#opened, this.#verifiedMs, this.#faults]) {
      for (const ulid of [...known.keys()]) if (!ulids.has(ulid)) known.delete(ulid)
    }
  }
}
