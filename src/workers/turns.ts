import type { Clock } from '../base/clock.ts'
import { NarthexError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import type { QueryControl } from '../storage/query-runner.ts'
import { controlState, controlWord } from './protocol.ts'

/** Taken now: tests of programs that use the library put timers of their own in the global's place. */
const soon = setImmediate

/** The control of one query; `end` when it has its answer. */
interface Turn extends QueryControl {
  end(): void
}

/**
 * Shares one thread among several queries: each may hold it for a turn, then lets the others and
 * the messages that came in meanwhile go first. While a rule's query runs, the others wait for it,
 * though never long.
 */
export class Turns {
  readonly #clock: Clock
  #turnBeganMs = 0
  #rules = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  control(memory: SharedArrayBuffer, isRule: boolean): Turn {
    const words = new Int32Array(memory)
    this.#turnBeganMs = this.#clock.monotonicMs()
    if (isRule) this.#rules++
    return {
      checkpoint: () => this.#checkpoint(words, isRule),
      end: () => {
        if (isRule) this.#rules--
      },
    }
  }

  /** For work of others: lets go of the thread after a turn. */
  idle(): () => Promise<void> | undefined {
    this.#turnBeganMs = this.#clock.monotonicMs()
    return () => {
      if (this.#clock.monotonicMs() - this.#turnBeganMs < limits.queryTurnMs) return undefined
      return new Promise((resolve) => {
        setImmediate(() => {
          this.#turnBeganMs = this.#clock.monotonicMs()
          resolve()
        })
      })
    }
  }

  #checkpoint(words: Int32Array, isRule: boolean): Promise<void> | undefined {
    demandRunning(words)
    const nowMs = this.#clock.monotonicMs()
    if (nowMs - this.#turnBeganMs < limits.queryTurnMs) return undefined
    return new Promise((resolve, reject) => {
      const next = () => {
        try {
          demandRunning(words)
        } catch (thrown) {
          reject(thrown)
          return
        }
        this.#turnBeganMs = this.#clock.monotonicMs()
        const waitsForRules = !isRule && this.#rules > 0
        if (waitsForRules && this.#turnBeganMs - nowMs < limits.ruleTurnsMs) soon(next)
        else resolve()
      }
      soon(next)
    })
  }
}

/** Throws for a query that was stopped; tells the pool that this one still listens. */
function demandRunning(words: Int32Array): void {
  Atomics.add(words, controlWord.beat, 1)
  const state = Atomics.load(words, controlWord.state)
  if (state === controlState.canceled) throw new NarthexError('QUERY_CANCELED', 'query canceled')
  if (state === controlState.timedOut) throw new NarthexError('QUERY_TIMEOUT', 'query timed out')
}
