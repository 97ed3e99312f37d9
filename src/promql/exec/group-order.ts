import { anyPresent } from './step-batch.ts'

/**
 * The order of groups by the first of their series that has a sample at all: a selector finds more
 * series than have one where it looks, which upstream's groups have never seen.
 */
export class GroupOrder {
  readonly #seen: Uint8Array
  readonly #order: number[] = []
  #latest = -1
  #isAscending = true

  constructor(groups: number) {
    this.#seen = new Uint8Array(groups)
  }

  /** The next series, whose steps are the bits of `words` words at `offset`. */
  add(group: number, present: Int32Array, offset: number, words: number): void {
    if (this.#seen[group] === 1 || !anyPresent(present, offset, words)) return
    this.#seen[group] = 1
    this.#order.push(group)
    if (group < this.#latest) this.#isAscending = false
    this.#latest = group
  }

  /** The groups that have samples; undefined where those stand in their order already. */
  get order(): readonly number[] | undefined {
    return this.#isAscending ? undefined : this.#order
  }
}
