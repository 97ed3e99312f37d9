import type { Clock } from '../base/clock.ts'
import { NarthexError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { Looks } from '../base/looks.ts'
import type { QueryControl } from '../storage/query-runner.ts'
import { controlState, controlWord } from './protocol.ts'

/** Taken now: tests of programs that use the library put timers of their own in the global's place. */
const soon = setImmediate

/** The control of one query; `end` when it has its answer. */
interface Turn extends QueryControl {
  end(): void
}

/** A query whose turn is over. */
interface Waiting {
  readonly words: Int32Array
  readonly isRule: boolean
  readonly sinceMs: number
  readonly resolve: () => void
  readonly reject: (thrown: unknown) => void
}

/**
 * Shares one thread among several queries: each may hold it for a turn, then lets the others and
 * the messages that came in meanwhile go first: of those that wait one goes on in each round of the
 * event loop, so that a new query is heard after one turn, not after all. While a rule's query runs,
 * the others wait for it, though never long: then every second turn is theirs.
 */
export class Turns {
  readonly #clock: Clock
  readonly #beat: Int32Array
  readonly #waiting: Waiting[] = []
  #turnBeganMs = 0
  #rules = 0
  #isAwake = false
  /** Whether the last turn was a rule's. */
  #wasRule = false

  /** One word of `beat` counts how often somebody looked. */
  constructor(clock: Clock, beat = new SharedArrayBuffer(4)) {
    this.#clock = clock
    this.#beat = new Int32Array(beat)
  }

  /** The thread does something else than to wait for the end of a loop. */
  beat(): void {
    Atomics.add(this.#beat, 0, 1)
  }

  control(memory: SharedArrayBuffer, isRule: boolean): Turn {
    const words = new Int32Array(memory)
    this.#turnBeganMs = this.#clock.monotonicMs()
    if (isRule) this.#rules++
    const checkpoint = () => this.#checkpoint(words, isRule)
    return {
      checkpoint,
      looks: new Looks(() => this.#look(words), checkpoint),
      end: () => {
        if (isRule) this.#rules--
      },
    }
  }

  /** For work of others: lets go of the thread after a turn. */
  idle(): () => Promise<void> | undefined {
    this.#turnBeganMs = this.#clock.monotonicMs()
    return () => {
      this.beat()
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
    this.#look(words)
    const sinceMs = this.#clock.monotonicMs()
    if (sinceMs - this.#turnBeganMs < limits.queryTurnMs) return undefined
    return new Promise((resolve, reject) => {
      this.#waiting.push({ words, isRule, sinceMs, resolve, reject })
      this.#wake()
    })
  }

  #look(words: Int32Array): void {
    this.beat()
    demandRunning(words)
  }

  #wake(): void {
    if (this.#isAwake || this.#waiting.length === 0) return
    this.#isAwake = true
    soon(() => {
      this.#isAwake = false
      this.#goOn()
      this.#wake()
    })
  }

  /** Gives one of those that wait its turn, once those that were stopped have left. */
  #goOn(): void {
    for (const each of [...this.#waiting]) {
      try {
        demandRunning(each.words)
      } catch (thrown) {
        this.#waiting.splice(this.#waiting.indexOf(each), 1)
        each.reject(thrown)
      }
    }
    const nowMs = this.#clock.monotonicMs()
    const next = this.#next(nowMs)
    if (next === undefined) return
    this.#waiting.splice(this.#waiting.indexOf(next), 1)
    this.#turnBeganMs = nowMs
    this.#wasRule = next.isRule
    next.resolve()
  }

  /** Undefined where all of them wait for a rule that waits for something else. */
  #next(nowMs: number): Waiting | undefined {
    const rule = this.#waiting.find(({ isRule }) => isRule)
    const other = this.#waiting.find(({ isRule }) => !isRule)
    if (other === undefined || this.#rules === 0) return rule ?? other
    const isLate = nowMs - other.sinceMs >= limits.ruleTurnsMs
    if (rule === undefined) return isLate ? other : undefined
    return isLate && this.#wasRule ? other : rule
  }
}

/** Throws for a query that was stopped. */
function demandRunning(words: Int32Array): void {
  const state = Atomics.load(words, controlWord.state)
  if (state === controlState.canceled) throw new NarthexError('QUERY_CANCELED', 'query canceled')
  if (state === controlState.timedOut) throw new NarthexError('QUERY_TIMEOUT', 'query timed out')
}
