import { type Clock, systemClock } from '../base/clock.ts'
import type { QueryReply, QueryRequest, QueryRunner } from '../storage/query-runner.ts'
import { HeadReader } from '../tsdb/head/head-reader.ts'
import { answerRequest } from './answer-request.ts'
import type { SharedDatabase } from './pool-worker.ts'
import { controlState, controlWord, controlWords } from './protocol.ts'
import { Turns } from './turns.ts'

/** The same answers on the thread of the caller: for tests and for use as a library. */
export class DirectRunner implements QueryRunner {
  readonly #database: SharedDatabase
  readonly #reader = new HeadReader()
  readonly #turns: Turns

  constructor(database: SharedDatabase, clock: Clock = systemClock) {
    this.#database = database
    this.#turns = new Turns(clock)
  }

  async run(request: QueryRequest, signal: AbortSignal): Promise<QueryReply> {
    const control = new SharedArrayBuffer(controlWords * 4)
    const words = new Int32Array(control)
    const abort = () => Atomics.store(words, controlWord.state, controlState.canceled)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    const unpin = this.#database.pin()
    try {
      this.#reader.apply(this.#database.updateSince(this.#reader.version))
      const queryable = {
        querier: async (range: { minTimeMs: number; maxTimeMs: number }) =>
          this.#reader.querier(range, {
            snapshot: async (ids, count, since) => this.#database.snapshot(ids, count, since),
          }),
      }
      return await answerRequest(request, queryable, this.#turns.control(control))
    } finally {
      unpin()
      signal.removeEventListener('abort', abort)
    }
  }
}
