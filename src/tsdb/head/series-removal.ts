import { NumberSet } from '../../base/number-set.ts'
import { PagedNumbers } from '../../base/paged-numbers.ts'
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
  readonly #removed = new PagedNumbers()
  /** Pairs whose lists name a series that is gone. */
  readonly #pairs = new NumberSet()
  /** Behind finish(): refs of the series that are gone. */
  removedRefs = new Float64Array(0)

  constructor(head: Head) {
    this.#head = head
  }

  /**
   * Takes the candidates from their list, the last first.
   * `leaving` is told of those that go, before they do, in one step with that; it may throw.
   */
  async run(
    candidates: PagedNumbers,
    turn: () => Promise<void> | undefined,
    leaving?: (ids: readonly number[]) => void,
  ): Promise<void> {
    try {
      while (candidates.length > 0) {
        await turn()
        const gone = this.#takeRemovable(candidates)
        if (gone.length > 0) leaving?.(gone)
        this.#forget(gone)
      }
    } finally {
      await this.finish(turn)
    }
  }

  #takeRemovable(candidates: PagedNumbers): readonly number[] {
    const removable: number[] = []
    for (let left = perStep; left > 0; left--) {
      const id = candidates.pop()
      if (id === undefined) break
      if (this.#isRemovable(id)) removable.push(id)
    }
    return removable
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
    const isAlive = (series: number): boolean => head.isAlive(series)
    let left = valuesPerStep
    for (let pair = this.#pairs.take(); pair !== undefined; pair = this.#pairs.take()) {
      const filter = head.memory.index.filterPair(pair, isAlive)
      for (let isMore = true; isMore; ) {
        const before = filter.seen
        isMore = head.memory.index.advance(filter, left)
        left -= filter.seen - before + 1
        if (left > 0) continue
        left = valuesPerStep
        await turn()
      }
    }
    await this.#noteRefs(turn)
    const removed = this.#removed
    head.pins.afterHeld(() => head.freeAll(removed))
  }

  async #noteRefs(turn: () => Promise<void> | undefined): Promise<void> {
    this.removedRefs = new Float64Array(this.#removed.length)
    let to = 0
    for (const page of this.#removed.pages()) {
      await turn()
      for (const id of page) this.removedRefs[to++] = this.#head.ref(id)
    }
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
    }
    head.epoch++
  }
}
