import type { Clock, Timer } from '../base/clock.ts'

/**
 * Wakes all who sleep until the same time from one timer, in one turn of the event loop: what they
 * ask then can go together.
 */
export class SharedWakes {
  readonly #clock: Clock
  /** By the monotonic time. */
  readonly #sleeping = new Map<number, Sleepers>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  at(wakeMs: number, wake: () => void): Timer {
    const known = this.#sleeping.get(wakeMs)
    const sleepers = known ?? this.#newSleepers(wakeMs)
    sleepers.wakes.add(wake)
    return {
      cancel: () => {
        if (!sleepers.wakes.delete(wake) || sleepers.wakes.size > 0) return
        sleepers.timer.cancel()
        this.#sleeping.delete(wakeMs)
      },
    }
  }

  #newSleepers(wakeMs: number): Sleepers {
    const wakes = new Set<() => void>()
    const timer = this.#clock.after(wakeMs - this.#clock.monotonicMs(), () => {
      this.#sleeping.delete(wakeMs)
      for (const wake of wakes) wake()
      wakes.clear()
    })
    const sleepers = { wakes, timer }
    this.#sleeping.set(wakeMs, sleepers)
    return sleepers
  }
}

interface Sleepers {
  readonly wakes: Set<() => void>
  readonly timer: Timer
}
