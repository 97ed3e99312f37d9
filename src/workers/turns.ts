import type { Clock } from '../base/clock.ts'
import { NarthexError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import type { QueryControl } from '../storage/query-runner.ts'
import { controlState, controlWord } from './protocol.ts'

/**
 * Shares one thread among several queries: each may hold it for a turn, then lets the others and
 * the messages that came in meanwhile go first.
 */
export class Turns {
  readonly #clock: Clock
  #turnBeganMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  control(memory: SharedArrayBuffer): QueryControl {
    const words = new Int32Array(memory)
    this.#turnBeganMs = this.#clock.monotonicMs()
    return { checkpoint: () => this.#checkpoint(words) }
  }

  #checkpoint(words: Int32Array): Promise<void> | undefined {
    Atomics.add(words, controlWord.beat, 1)
    const state = Atomics.load(words, controlWord.state)
    if (state === controlState.canceled) throw new NarthexError('QUERY_CANCELED', 'query canceled')
    if (state === controlState.timedOut) throw new NarthexError('QUERY_TIMEOUT', 'query timed out')
    if (this.#clock.monotonicMs() - this.#turnBeganMs < limits.queryTurnMs) return undefined
    return new Promise((resolve) => {
      setImmediate(() => {
        this.#turnBeganMs = this.#clock.monotonicMs()
        resolve()
      })
    })
  }
}
