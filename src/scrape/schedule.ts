/**
 * When the next scrape of a target is due and which time its samples get. Pure: the loop tells it
 * the clocks. Slots are one interval apart from the first on, so the schedule does not drift.
 */
export class ScrapeSchedule {
  readonly #intervalMs: number
  readonly #toleranceMs: number
  #nextMonotonicMs: number
  #slotWallMs: number | undefined

  constructor(intervalMs: number, firstMonotonicMs: number, toleranceMs: number) {
    this.#intervalMs = intervalMs
    // A hundredth of the interval is what upstream allows for short ones (row S2.2).
    this.#toleranceMs = Math.min(intervalMs / 100, toleranceMs)
    this.#nextMonotonicMs = firstMonotonicMs
  }

  /** Milliseconds until the next slot, 0 where it is due. */
  delayMs(nowMonotonicMs: number): number {
    return Math.max(this.#nextMonotonicMs - nowMonotonicMs, 0)
  }

  /**
   * The next slot has been used. Slots that are over by now are left out; a timer that fired early
   * does not make its slot come twice.
   */
  advance(nowMonotonicMs: number): void {
    this.#nextMonotonicMs += this.#intervalMs
    const lateMs = nowMonotonicMs - this.#nextMonotonicMs
    if (lateMs >= 0) {
      this.#nextMonotonicMs += Math.floor(lateMs / this.#intervalMs + 1) * this.#intervalMs
    }
  }

  /**
   * The time for samples of a scrape that starts now, in whole milliseconds: its slot's, or the
   * real one where that is too far off. A wall clock that was set moves the slots along.
   */
  scrapeTimeMs(wallMs: number): number {
    const nowMs = Math.round(wallMs)
    let slotMs = this.#slotWallMs ?? nowMs
    slotMs += Math.round((nowMs - slotMs) / this.#intervalMs) * this.#intervalMs
    this.#slotWallMs = slotMs
    return Math.abs(nowMs - slotMs) <= this.#toleranceMs ? slotMs : nowMs
  }
}
