/**
 * Holds the flush of a head that is ready for it back for a while (row T7.6), so that servers that
 * were started together do not all write at once.
 */
export class FlushDelay {
  readonly #delayMs: number
  #readySinceMs: number | undefined

  constructor(delayMs: number) {
    this.#delayMs = delayMs
  }

  /** Asked whenever the head may be flushed: the time counts from the first time that it is ready. */
  isOver(isReady: boolean, nowMs: number): boolean {
    if (!isReady) {
      this.#readySinceMs = undefined
      return false
    }
    this.#readySinceMs ??= nowMs
    return nowMs - this.#readySinceMs >= this.#delayMs
  }
}
