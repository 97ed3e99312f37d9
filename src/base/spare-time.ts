import type { Clock } from './clock.ts'
import { eventLoopActiveMs } from './event-loop-active.ts'
import { limits } from './limits.ts'

/**
 * Finds time for what nobody waits for yet, when the calling thread's event loop has nothing to do for
 * a while. A loop that is never idle finds some now and then, so that it is done in the end. What
 * threads that have no processor wait for it is counted as work: so it is with a busy machine.
 */
export class SpareTime {
  readonly #clock: Clock
  readonly #activeMs: typeof eventLoopActiveMs
  readonly #waiting: { readonly untilMs: number; readonly resolve: () => void }[] = []
  /** When it was looked last. */
  #seen = { atMs: 0, activeMs: 0 }

  constructor(clock: Clock, activeMs = eventLoopActiveMs) {
    this.#clock = clock
    this.#activeMs = activeMs
  }

  /** It looks only while somebody waits. */
  wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ untilMs: this.#clock.monotonicMs() + limits.spareTimeWaitMs, resolve })
      if (this.#waiting.length === 1) this.#lookSoon()
    })
  }

  #lookSoon(): void {
    this.#seen = this.#now()
    this.#clock.after(limits.spareTimeLookMs, () => this.#look())
  }

  #look(): void {
    const { atMs, activeMs } = this.#now()
    const isIdle =
      activeMs - this.#seen.activeMs < (atMs - this.#seen.atMs) * limits.spareTimeActiveMax
    for (const each of this.#waiting.splice(0)) {
      if (isIdle || atMs >= each.untilMs) each.resolve()
      else this.#waiting.push(each)
    }
    if (this.#waiting.length > 0) this.#lookSoon()
  }

  #now() {
    return { atMs: this.#clock.monotonicMs(), activeMs: this.#activeMs() }
  }
}
