interface Waiting {
  /** Pins with smaller numbers were held when it began to wait. */
  readonly since: number
  readonly call: () => void
}

/**
 * Who is reading. What a reader may still look at is given away only when all pins that were held
 * at its end have been released: see afterHeld.
 */
export class Pins {
  /** Numbers of those held, oldest first. */
  readonly #held = new Set<number>()
  readonly #waiting: Waiting[] = []
  readonly #waitingForNone: (() => void)[] = []
  #next = 0

  get count(): number {
    return this.#held.size
  }

  /** Call what it answers exactly once. */
  pin(): () => void {
    const number = this.#next++
    this.#held.add(number)
    return () => {
      this.#held.delete(number)
      this.#release()
    }
  }

  /** Calls when every pin that is held by now has been released; at once where there is none. */
  afterHeld(call: () => void): void {
    if (this.#held.size === 0) call()
    else this.#waiting.push({ since: this.#next, call })
  }

  /** Calls as soon as no pin is held, however late the last of them was taken. */
  whenNoneHeld(call: () => void): void {
    if (this.#held.size === 0) call()
    else this.#waitingForNone.push(call)
  }

  #release(): void {
    const [oldest = Number.POSITIVE_INFINITY] = this.#held
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      if (oldest < first.since) return
      this.#waiting.shift()
      first.call()
    }
    if (this.#held.size > 0) return
    for (const call of this.#waitingForNone.splice(0)) call()
  }
}
