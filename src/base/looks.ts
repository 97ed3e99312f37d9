import { limits } from './limits.ts'

/**
 * For loops over series or values: each tells of every item, and once in some hundred items it is
 * looked whether the query still runs. A look throws where it was stopped, so a loop leaves nothing
 * behind that is half made. Loops that can let go of their thread are told, too, when their turn is over.
 */
export class Looks {
  readonly #look: () => void
  readonly #checkpoint: () => Promise<void> | undefined
  #items = 0
  /** Whether somebody has looked since the last turn. */
  #isDue = false

  constructor(look: () => void, checkpoint: () => Promise<void> | undefined) {
    this.#look = look
    this.#checkpoint = checkpoint
  }

  /** One more item is worked on. */
  item(): void {
    if (++this.#items < limits.itemsPerLook) return
    this.now()
  }

  /** One more item, behind which others may have their turn: then a promise to wait for. */
  turn(): Promise<void> | undefined {
    if (++this.#items < limits.itemsPerLook && !this.#isDue) return undefined
    return this.turnNow()
  }

  /** For an item that is large. */
  now(): void {
    this.#items = 0
    this.#isDue = true
    this.#look()
  }

  /** And one behind which others may have their turn. */
  turnNow(): Promise<void> | undefined {
    this.#items = 0
    this.#isDue = false
    return this.#checkpoint()
  }

  /**
   * Works on so many items, some hundred at a time, behind which others may have their turn: loops
   * that wait themselves take a tenth longer.
   */
  async inTurns(count: number, work: (from: number, to: number) => void): Promise<void> {
    for (let from = 0; from < count; ) {
      const to = Math.min(from + limits.itemsPerLook - this.#items, count)
      work(from, to)
      this.#items += to - from
      from = to
      if (this.#items < limits.itemsPerLook && !this.#isDue) continue
      const over = this.turnNow()
      if (over !== undefined) await over
    }
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
export const noLooks = new Looks(
  () => undefined,
  () => undefined,
)
