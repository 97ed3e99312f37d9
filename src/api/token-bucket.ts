import type { Clock } from '../base/clock.ts'
import type { RateLimit } from '../config/web-config.ts'

/** Lets requests through as rate_limit says: `burst` at once, and one more every interval. */
export class TokenBucket {
  readonly #clock: Clock
  #limit: RateLimit | undefined
  #tokens = 0
  #filledMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Another limit begins with a full bucket. */
  take(limit: RateLimit): boolean {
    const nowMs = this.#clock.monotonicMs()
    const { intervalMs, burst } = limit
    if (this.#limit?.intervalMs !== intervalMs || this.#limit.burst !== burst) {
      this.#limit = limit
      this.#tokens = burst
    } else {
      this.#tokens = Math.min(burst, this.#tokens + (nowMs - this.#filledMs) / intervalMs)
    }
    this.#filledMs = nowMs
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }
}
