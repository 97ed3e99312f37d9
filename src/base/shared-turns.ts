import type { Clock } from './clock.ts'
import { limits } from './limits.ts'

/**
 * Shares turns of the event loop among many short pieces of work that come at once: those of one
 * turn may take `limits.mainTurnMs` together, the others wait for the next turns in their order. So
 * sockets are read and timers run in between, however many pieces wait.
 */
export class SharedTurns {
  readonly #clock: Clock
  readonly #waiting: (() => void)[] = []
  #beganMs = 0
  #isCounting = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Undefined where the work may begin at once. */
  enter(): Promise<void> | undefined {
    if (!this.#isCounting) this.#count()
    else if (this.#waiting.length > 0 || this.#isSpent()) {
      return new Promise((resolve) => this.#waiting.push(resolve))
    }
    return undefined
  }

  #isSpent(): boolean {
    return this.#clock.monotonicMs() - this.#beganMs >= limits.mainTurnMs
  }

  #count(): void {
    this.#isCounting = true
    this.#beganMs = this.#clock.monotonicMs()
    setImmediate(() => {
      this.#isCounting = false
      const next = this.#waiting.shift()
      if (next === undefined) return
      this.#count()
      next()
    })
  }
}
