import type { Clock } from '../base/clock.ts'
import { limits } from '../base/limits.ts'

interface Rehearsing {
  /** What is rehearsed, of which each step hears what else there is to do. */
  readonly parts: () => AsyncIterator<void, void>
  /** Asks the main thread, which answers by `spareTime` when it has some. */
  readonly askForSpareTime: () => void
  readonly done: () => void
  readonly failed: (thrown: unknown) => void
}

/**
 * When a query worker rehearses: a while after its start, in slices, while it has nothing of its own to
 * do and the main thread has time to spare; whatever comes meanwhile goes first, and it goes on later. A
 * worker is often started to help another one with a large query, and is asked for help again before
 * it has rehearsed: then it waits until nobody has asked for as long, since a helper that rehearses
 * helps nobody, and takes a processor from who works. One that has queries of its own all the time
 * never goes on: their code is compiled by then.
 */
export class RehearsalTime {
  readonly #clock: Clock
  readonly #rehearsing: Rehearsing
  /** Works of its own that have begun and not ended. */
  #working = 0
  #quietFromMs = 0
  #spareTime: () => void = () => undefined

  constructor(clock: Clock, rehearsing: Rehearsing) {
    this.#clock = clock
    this.#rehearsing = rehearsing
  }

  /** Whether there is something of its own to do. */
  get isWorking(): boolean {
    return this.#working > 0
  }

  /** The worker begins to do something else. */
  begin(): void {
    this.#working++
  }

  end(work: 'query' | 'help'): void {
    this.#working--
    const quietMs = work === 'query' ? limits.rehearsalQuietMs : limits.rehearsalDelayMs
    this.#quietFromMs = Math.max(this.#quietFromMs, this.#clock.monotonicMs() + quietMs)
  }

  /** The main thread has some. */
  spareTime(): void {
    this.#spareTime()
  }

  soon(): void {
    this.#clock.after(limits.rehearsalDelayMs, () => {
      this.#rehearse().catch(this.#rehearsing.failed)
    })
  }

  async #rehearse(): Promise<void> {
    const parts = this.#rehearsing.parts()
    do await this.#itsTurn()
    while (!(await this.#slice(parts)))
    this.#rehearsing.done()
  }

  async #itsTurn(): Promise<void> {
    do {
      while (!this.#isQuiet) await this.#quietSoon()
      await new Promise<void>((resolve) => {
        this.#spareTime = resolve
        this.#rehearsing.askForSpareTime()
      })
    } while (!this.#isQuiet)
  }

  get #isQuiet(): boolean {
    return !this.isWorking && this.#clock.monotonicMs() >= this.#quietFromMs
  }

  #quietSoon(): Promise<void> {
    const leftMs = this.#quietFromMs - this.#clock.monotonicMs()
    return new Promise((resolve) => {
      this.#clock.after(this.isWorking ? limits.rehearsalQuietMs : leftMs, resolve)
    })
  }

  /** Whether nothing is left to be rehearsed. */
  async #slice(parts: AsyncIterator<void, void>): Promise<boolean> {
    const endMs = this.#clock.monotonicMs() + limits.rehearsalSliceMs
    while (this.#isQuiet && this.#clock.monotonicMs() < endMs) {
      const { done = false } = await parts.next()
      if (done) return true
    }
    return false
  }
}
