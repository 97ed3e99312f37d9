import type { Looks } from '../../base/looks.ts'
import type { AggregateNode } from '../plan/node.ts'
import { isHistogram } from './histogram-cells.ts'
import type { HeldMatrix } from './matrix.ts'
import { patternDefeatingSort } from './pattern-defeating-sort.ts'
import { isPresent } from './step-batch.ts'

/**
 * The k best of some series at one step, in a heap whose root is the worst that was kept: by the very
 * moves of upstream's, so that of equal values the same series are kept, in the same order. Those of
 * limitk and limit_ratio are the first that come, in the order of such a heap.
 */
export class BestOf {
  chosen = new Int32Array(64)
  readonly #isWorse: (left: number, right: number) => boolean
  /** Else the first that come are kept, as the heap has them. */
  readonly #isChoosy: boolean
  #step = 0

  constructor(
    readonly held: HeldMatrix,
    op: AggregateNode['op'],
    readonly looks: Looks,
  ) {
    this.#isWorse = worseFor(op)
    this.#isChoosy = op === 'topk' || op === 'bottomk'
  }

  /** Fills `chosen` and answers how many there are. */
  async choose(series: Int32Array, step: number, k: number): Promise<number> {
    const size = Math.min(Math.trunc(k), series.length)
    if (!(size >= 1)) return 0
    if (this.chosen.length < size) this.chosen = new Int32Array(size * 2)
    this.#step = step
    const { held, chosen, looks } = this
    let count = 0
    for (const candidate of series) {
      const over = looks.turn()
      if (over !== undefined) await over
      if (!isPresent(held.present, candidate * held.words, step)) continue
      if (count < size) {
        chosen[count] = candidate
        this.#rise(count)
        count++
        continue
      }
      if (!this.#isChoosy) break
      const value = this.#value(candidate)
      if (isNotANumber(value) || !this.#isWorse(this.#value(chosen[0] ?? 0), value)) continue
      chosen[0] = candidate
      this.#sink(count)
    }
    return count
  }

  /** Best first; equals as upstream has them. */
  async sort(count: number): Promise<void> {
    if (!this.#isChoosy) return
    const { looks } = this
    const goesBefore = (left: number, right: number) => {
      looks.item()
      return this.#isWorse(this.#value(right), this.#value(left))
    }
    await patternDefeatingSort(this.chosen.subarray(0, count), goesBefore, looks)
  }

  /** Upstream's heaps take a histogram for 0. */
  #value(series: number): number {
    const { held } = this
    if (isHistogram(held, series, this.#step)) return 0
    return held.values[series * held.steps + this.#step] ?? 0
  }

  /** To the root, as one that is worse. */
  #goesBeforeAt(left: number, right: number): boolean {
    this.looks.item()
    const [one = 0, other = 0] = [this.chosen[left], this.chosen[right]]
    return this.#isWorse(this.#value(one), this.#value(other))
  }

  #rise(from: number): void {
    let place = from
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (!this.#goesBeforeAt(place, parent)) return
      swap(this.chosen, place, parent)
      place = parent
    }
  }

  #sink(count: number): void {
    let place = 0
    for (;;) {
      const left = 2 * place + 1
      if (left >= count) return
      const isRight = left + 1 < count && this.#goesBeforeAt(left + 1, left)
      const child = isRight ? left + 1 : left
      if (!this.#goesBeforeAt(child, place)) return
      swap(this.chosen, place, child)
      place = child
    }
  }
}

/** A NaN is worse than anything, another NaN too: upstream's heaps take it for that. */
function worseFor(op: AggregateNode['op']): (left: number, right: number) => boolean {
  if (op === 'bottomk') return (left, right) => isNotANumber(left) || left > right
  return (left, right) => isNotANumber(left) || left < right
}

const { isNaN: isNotANumber } = Number

function swap(list: Int32Array, left: number, right: number): void {
  const moved = list[left] ?? 0
  list[left] = list[right] ?? 0
  list[right] = moved
}
