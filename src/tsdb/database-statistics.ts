import type { Clock } from '../base/clock.ts'
import { limits } from '../base/limits.ts'
import { turnsOf } from '../base/turns.ts'
import type { BlockDescription, Cardinality, StatisticsSource } from '../storage/statistics.ts'
import { jsonOf } from './block/meta.ts'
import type { BlockList } from './block-list.ts'
import { cardinalityOf } from './head/cardinality.ts'
import type { Head } from './head/head.ts'

/** Statistics of a database; those of the head are kept for a while, so that asking often is cheap. */
export class DatabaseStatistics implements StatisticsSource {
  readonly #head: Head
  readonly #blocks: BlockList
  readonly #clock: Clock
  #latest:
    | { readonly limit: number; readonly madeMs: number; readonly answer: Promise<Cardinality> }
    | undefined

  constructor(head: Head, blocks: BlockList, clock: Clock) {
    this.#head = head
    this.#blocks = blocks
    this.#clock = clock
  }

  cardinality(limit: number): Promise<Cardinality> {
    const nowMs = this.#clock.monotonicMs()
    const latest = this.#latest
    const isFresh = latest !== undefined && nowMs - latest.madeMs <= limits.statisticsAgeMs
    if (isFresh && latest.limit === limit) return latest.answer
    const answer = cardinalityOf(this.#head, limit, turnsOf(this.#clock))
    this.#latest = { limit, madeMs: nowMs, answer }
    return answer
  }

  blocks(): readonly BlockDescription[] {
    return this.#blocks.blocks.map(({ meta }) => jsonOf({ ...meta, foreign: {} }))
  }
}
