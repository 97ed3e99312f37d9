import type { Pins } from '../base/pins.ts'

/** Waits for queries: what they may still read is not let go of before. */
export class LastReaders {
  readonly #pins: Pins
  #isStopped = false
  #tellStopped: () => void = () => undefined
  readonly #stopped = new Promise<void>((resolve) => {
    this.#tellStopped = resolve
  })

  constructor(pins: Pins) {
    this.#pins = pins
  }

  /** The database is to be closed: it lets go of nothing any more. */
  get isStopped(): boolean {
    return this.#isStopped
  }

  /** Waits for the queries that run by now; false where the database is to be closed. */
  async areGone(): Promise<boolean> {
    const unread = new Promise<void>((resolve) => this.#pins.afterHeld(resolve))
    await Promise.race([unread, this.#stopped])
    return !this.#isStopped
  }

  /** Nobody waits any more. */
  stop(): void {
    this.#isStopped = true
    this.#tellStopped()
  }
}
