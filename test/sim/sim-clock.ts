import type { Clock, Timer } from '../../src/base/clock.ts'

/** Time that moves only when told; timers fire in order of their due time. */
export class SimClock implements Clock {
  #wallMs: number
  #monotonicMs = 0
  readonly #timers = new Set<{ dueMs: number; everyMs: number | undefined; call: () => void }>()

  constructor(wallMs = 1_700_000_000_000) {
    this.#wallMs = wallMs
  }

  /** How many calls are still to come. */
  get timers(): number {
    return this.#timers.size
  }

  wallMs(): number {
    return this.#wallMs
  }

  monotonicMs(): number {
    return this.#monotonicMs
  }

  after(delayMs: number, call: () => void): Timer {
    return this.#add(delayMs, undefined, call)
  }

  every(intervalMs: number, call: () => void): Timer {
    return this.#add(intervalMs, intervalMs, call)
  }

  #add(delayMs: number, everyMs: number | undefined, call: () => void): Timer {
    const timer = { dueMs: this.#monotonicMs + Math.max(0, delayMs), everyMs, call }
    this.#timers.add(timer)
    return { cancel: () => this.#timers.delete(timer) }
  }

  /** Moves time forward, firing what falls due on the way, each at its own time. */
  async advance(byMs: number): Promise<void> {
    const endMs = this.#monotonicMs + byMs
    for (;;) {
      const [next] = [...this.#timers]
        .filter(({ dueMs }) => dueMs <= endMs)
        .sort((a, b) => a.dueMs - b.dueMs)
      if (next === undefined) break
      this.#move(next.dueMs - this.#monotonicMs)
      if (next.everyMs === undefined) this.#timers.delete(next)
      else next.dueMs += next.everyMs
      next.call()
      // What the timer started runs before time goes on.
      await new Promise((resolve) => setImmediate(resolve))
    }
    this.#move(endMs - this.#monotonicMs)
  }

  #move(byMs: number): void {
    this.#monotonicMs += byMs
    this.#wallMs += byMs
  }

  /** Steps the wall clock only, as an administrator or a time server does. */
  step(byMs: number): void {
    this.#wallMs += byMs
  }
}
