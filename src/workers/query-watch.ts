import type { Clock, Timer } from '../base/clock.ts'
import { limits } from '../base/limits.ts'
import type { QueryReply } from '../storage/query-runner.ts'
import { controlState, controlWord } from './protocol.ts'

/** What the watch of a query needs of its worker. */
interface WatchedWorker {
  /** Changes whenever the worker shows that it is not stuck. */
  beat(): number
  /** Has the worker show that, if it can; and look at the query, if that waits for something. */
  wake(): void
  terminate(): void
}

/**
 * Tells a running query to stop. Its worker is ended when it is silent for a second: one that works
 * on another query's long loop is not, and goes on. So is one that lives, but has lost the query.
 */
export class QueryWatch {
  readonly #clock: Clock
  readonly #words: Int32Array
  readonly #worker: WatchedWorker
  #timer: Timer | undefined
  #stoppedMs = 0

  constructor(clock: Clock, words: Int32Array, worker: WatchedWorker) {
    this.#clock = clock
    this.#words = words
    this.#worker = worker
  }

  stop(state: number): void {
    const isRunning = Atomics.load(this.#words, controlWord.state) === controlState.running
    if (isRunning) {
      Atomics.store(this.#words, controlWord.state, state)
      this.#stoppedMs = this.#clock.monotonicMs()
      this.#watch()
    } else this.#worker.wake()
  }

  #watch(): void {
    const before = this.#worker.beat()
    this.#worker.wake()
    this.#timer = this.#clock.after(limits.workerSilenceMs, () => {
      const isLost = this.#clock.monotonicMs() - this.#stoppedMs >= limits.stoppedQueryMsMax
      if (isLost || this.#worker.beat() === before) this.#worker.terminate()
      else this.#watch()
    })
  }

  end(): void {
    this.#timer?.cancel()
  }

  /** A query that lost its worker because it did not stop was stopped, not broken. */
  verdict(reply: QueryReply): QueryReply {
    const state = Atomics.load(this.#words, controlWord.state)
    if (reply.ok || state === controlState.running || reply.errorType !== 'internal') return reply
    if (state === controlState.canceled) {
      return { ok: false, errorType: 'canceled', message: 'query was canceled' }
    }
    return { ok: false, errorType: 'timeout', message: 'query timed out in expression evaluation' }
  }
}
