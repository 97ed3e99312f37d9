import { limits } from './limits.ts'

/**
 * For loops over series or values that cannot let go of their thread in between: each tells of every
 * item, and once in some hundred items it is looked whether the query still runs. A look throws
 * where it was stopped, so a loop leaves nothing behind that is half made.
 */
export class Looks {
  readonly #look: () => void
  #items = 0

  constructor(look: () => void) {
    this.#look = look
  }

  /** One more item is worked on. */
  item(): void {
    if (++this.#items < limits.itemsPerLook) return
    this.now()
  }

  /** For an item that is large. */
  now(): void {
    this.#items = 0
    this.#look()
  }

  /** What is asked of each item, telling of it. */
  each<I, R>(ask: (item: I) => R): (item: I) => R {
    return (item) => {
      this.item()
      return ask(item)
    }
  }
}

/** Of work that nobody stops. */
export const noLooks = new Looks(() => undefined)
