import { limits } from '../base/limits.ts'

/** When something that failed is tried again: a minute later, then after twice as long each time. */
export class RetryDelay {
  #notBeforeMs = Number.NEGATIVE_INFINITY
  #delayMs = 0

  isOver(nowMs: number): boolean {
    return nowMs >= this.#notBeforeMs
  }

  /** Nothing is waited for. */
  succeeded(): void {
    this.#notBeforeMs = Number.NEGATIVE_INFINITY
    this.#delayMs = 0
  }

  /** Answers for how long it waits. */
  failed(nowMs: number): number {
    const { compactionRetryMsMin: least, compactionRetryMsMax: most } = limits
    this.#delayMs = Math.min(Math.max(this.#delayMs * 2, least), most)
    this.#notBeforeMs = nowMs + this.#delayMs
    return this.#delayMs
  }
}
