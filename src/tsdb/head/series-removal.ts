import type { Head } from './head.ts'

/** Series looked at between two looks at the clock. */
const perStep = 256
/** The same of the values of lists: those of some pairs are as many as there are series. */
const valuesPerStep = 16_384

/**
 * Takes series without samples out of the head (row T4.9): first nobody finds them, then the lists
 * of their label pairs lose them, and when every query that may have read those has ended their ids
 * are used again. `turn` is awaited between steps, so that others run in between.
 */
export class SeriesRemoval {
  readonly #head: Head
  readonly #removed: number[] = []
  /** Refs of the series that are gone. */
  readonly removedRefs: number[] = []
  /** Pairs whose lists name a series that is gone. */
  readonly #pairs = new Set<number>()

  constructor(head: Head) {
    this.#head = head
  }

  /** `leaving` is told of those that go, before they do, in one step with that; it may throw. */
  async run(
    candidates: readonly number[],
    turn: () => Promise<void> | undefined,
    leaving?: (ids: readonly number[]) => void,
  ): Promise<void> {
    try {
      for (let start = 0; start < candidates.length; start += perStep) {
        await turn()
        const gone = candidates.slice(start, start + perStep).filter((id) => this.#isRemovable(id))
        if (gone.length > 0) leaving?.(gone)
        this.#forget(gone)
      }
    } finally {
      await this.finish(turn)
    }
  }

  #isEmpty(id: number): boolean {
    const { chunks, outOfOrder } = this.#head
    return this.#head.isAlive(id) && chunks.isEmpty(id) && !outOfOrder.has(id)
  }

  /** What the log does not know yet stays: the next commit names it. */
  #isRemovable(id: number): boolean {
    return this.#isEmpty(id) && !this.#head.isUnlogged(id)
  }

  /** Takes them off the lists; behind the last of them. */
  async finish(turn: () => Promise<void> | undefined): Promise<void> {
    const head = this.#head
    let left = valuesPerStep
    for (const pair of this.#pairs) {
      const filter = head.memory.index.filterPair(pair, (series) => head.isAlive(series))
      for (let isMore = true; isMore; ) {
        const before = filter.seen
        isMore = head.memory.index.advance(filter, left)
        left -= filter.seen - before + 1
        if (left > 0) continue
        left = valuesPerStep
        await turn()
      }
    }
    const removed = this.#removed
    head.pins.afterHeld(() => head.freeIds(removed))
  }

  /** Nobody finds them any more; then finish(). Passes over those that have samples. */
  forget(candidates: readonly number[]): void {
    this.#forget(candidates.filter((id) => this.#isRemovable(id)))
  }

  /** The same of what the log names that is being read. */
  forgetReplayed(id: number): void {
    this.#forget(this.#isEmpty(id) ? [id] : [])
  }

  #forget(ids: readonly number[]): void {
    const head = this.#head
    const { index } = head.memory
    for (const series of ids) {
      const labels = head.forget(series)
      for (let at = 0; at < labels.length; at += 2) {
        this.#pairs.add(index.existing(labels[at] ?? 0, labels[at + 1] ?? 0))
      }
      this.#removed.push(series)
      this.removedRefs.push(head.ref(series))
    }
    head.epoch++
  }
}
