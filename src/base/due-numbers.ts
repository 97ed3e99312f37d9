import type { PagedNumbers } from './paged-numbers.ts'

/**
 * Numbers that are to be given back, whose owner takes some each time that it gives others out: a million
 * in one step would hold the event loop up for a tenth of a second.
 */
export class DueNumbers {
  readonly #lists: PagedNumbers[] = []

  get count(): number {
    return this.#lists.reduce((sum, { length }) => sum + length, 0)
  }

  add(list: PagedNumbers): void {
    this.#lists.push(list)
  }

  /** The last one of the list that was added last; undefined where none is due. */
  take(): number | undefined {
    for (let list = this.#lists.at(-1); list !== undefined; list = this.#lists.at(-1)) {
      const number = list.pop()
      if (number !== undefined) return number
      this.#lists.pop()
    }
    return undefined
  }
}
