import { NarthexError } from '../../base/errors.ts'

/**
 * Which symbols and label pairs a reader sees: those that had been made when it was told of the head,
 * and had not ended. Numbers of ended ones are given out again.
 */
export interface SeenLabels {
  /** Numbers below these have been given out. */
  readonly symbols: number
  readonly pairs: number
  readonly names: number
  /** What was made at a smaller time is seen, and what ended at a smaller time is not. */
  readonly clock: number
  /** Moves whenever some end: what is kept by their numbers holds within one. */
  readonly epoch: number
}

/** The time at which what is there has ended, and at which what is gone was made. */
export const never = 0xffffffff
/** From then on nothing is made: what ends then is seen on, and its number is nobody else's. */
const lastTime = never - 1

/** From then on it is to begin anew. */
const lateTime = 2 ** 31

/**
 * The time by which symbols and label pairs are made and end. It goes on only where a reader is told
 * of a head in which something was: at a hundred of these a second, 32 bits last for 16 months. When
 * it is late and nobody reads, it begins anew: what is there was made at 0 then.
 */
export class LabelClock {
  #now: number
  #isStamped = false
  #epoch = 0

  constructor(now = 0) {
    this.#now = now
  }

  /** Of what is made by now: nobody sees it who has been told of the head. */
  madeAt(): number {
    if (this.#now >= lastTime) {
      const message = `the head was told of ${this.#now} times with new label texts, limit ${lastTime}`
      throw new NarthexError('LIMIT_EXCEEDED', `${message}: a restart begins anew`)
    }
    this.#isStamped = true
    return this.#now
  }

  /** Of what ends now: who has been told of the head sees it still. */
  endedAt(): number {
    this.#isStamped = true
    this.#epoch++
    return this.#now
  }

  /** Of a reader that is told now. */
  told(): number {
    if (this.#isStamped && this.#now < lastTime) this.#now++
    this.#isStamped = false
    return this.#now
  }

  get isLate(): boolean {
    return this.#now >= lateTime
  }

  /** Where nobody reads, and all that is there is said to be made at 0. */
  beginAnew(): void {
    this.#now = 0
    this.#isStamped = true
    this.#epoch++
  }

  get epoch(): number {
    return this.#epoch
  }
}
