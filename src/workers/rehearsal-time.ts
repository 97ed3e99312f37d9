import type { Clock } from '../base/clock.ts'
import { limits } from '../base/limits.ts'

interface Rehearsing {
  /** Ends early where it finds the worker busy. */
  readonly begin: (isBusy: () => boolean) => Promise<void>
  /** Whether the worker has a query of its own. */
  readonly isAnswering: () => boolean
  readonly failed: (thrown: unknown) => void
}

/**
 * When a query worker rehearses: a while after its start, unless it has queries of its own by then. A
 * worker is often started to help another one with a large query, and is asked for help again before
 * it has rehearsed: then it waits until nobody has asked for as long, since a helper that rehearses
 * helps nobody, and takes a processor from who works.
 */
export class RehearsalTime {
  readonly #clock: Clock
  readonly #rehearsing: Rehearsing
  #timesHelped = 0

  constructor(clock: Clock, rehearsing: Rehearsing) {
    this.#clock = clock
    this.#rehearsing = rehearsing
  }

  /** The worker was asked to help. */
  helped(): void {
    this.#timesHelped++
  }

  soon(): void {
    const before = this.#timesHelped
    const hasHelped = () => this.#timesHelped !== before
    this.#clock.after(limits.rehearsalDelayMs, () => {
      if (hasHelped()) {
        this.soon()
        return
      }
      const { begin, isAnswering, failed } = this.#rehearsing
      begin(() => hasHelped() || isAnswering())
        .then(() => {
          if (hasHelped()) this.soon()
        })
        .catch(failed)
    })
  }
}
