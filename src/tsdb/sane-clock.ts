import type { Clock } from '../base/clock.ts'
import { limits } from '../base/limits.ts'

/**
 * Tells whether the wall clock was set by more than an hour while we ran: whoever deletes by time must
 * not believe it then, since what a wrong clock deletes is gone. It is believed again when it comes back to
 * what it was plus the time since, or when the operator says that it is right.
 */
export class SaneClock {
  readonly #clock: Clock
  /** Wall time minus time since the start, when it was last believed. */
  #offsetMs: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#offsetMs = clock.wallMs() - clock.monotonicMs()
  }

  /** By how much it was set; 0 when it is to be believed. Ask now and then: slow drift is no jump. */
  jumpMs(): number {
    const offsetMs = this.#clock.wallMs() - this.#clock.monotonicMs()
    const jumpMs = offsetMs - this.#offsetMs
    if (Math.abs(jumpMs) > limits.clockJumpMs) return jumpMs
    this.#offsetMs = offsetMs
    return 0
  }

  /** The time is right as it is. */
  confirm(): void {
    this.#offsetMs = this.#clock.wallMs() - this.#clock.monotonicMs()
  }
}
