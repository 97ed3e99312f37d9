import type { Clock } from '../base/clock.ts'
import { nodeFileSystem } from '../base/node-file-system.ts'
import type { EngineFlags } from '../promql/engine-flags.ts'
import type { QueryReply, QueryRequest, QueryRunner } from '../storage/query-runner.ts'
import { DatabaseReader } from '../tsdb/database-reader.ts'
import type { Database } from '../tsdb/db.ts'
import { answerRequest } from '../workers/answer-request.ts'
import { controlState, controlWord, controlWords } from '../workers/protocol.ts'
import { Turns } from '../workers/turns.ts'

/** Answers queries over a database in the thread of the program; long ones let others run. */
export class InProcessRunner implements QueryRunner {
  readonly #database: Database
  readonly #reader: DatabaseReader
  readonly #turns: Turns
  readonly #clock: Clock
  readonly #engine: EngineFlags
  /** The control words of queries that run. */
  readonly #running = new Map<Int32Array, Promise<QueryReply>>()

  constructor(database: Database, clock: Clock, engine: EngineFlags) {
    this.#database = database
    this.#reader = new DatabaseReader(nodeFileSystem, database.directory)
    this.#turns = new Turns(clock)
    this.#clock = clock
    this.#engine = engine
  }

  async run(request: QueryRequest, signal?: AbortSignal): Promise<QueryReply> {
    const memory = new SharedArrayBuffer(controlWords * 4)
    const words = new Int32Array(memory)
    const abort = () => stop(words, controlState.canceled)
    if (signal?.aborted === true) abort()
    signal?.addEventListener('abort', abort, { once: true })
    const timer = this.#clock.after(request.bounds.timeoutMs, () =>
      stop(words, controlState.timedOut),
    )
    const answered = this.#answer(request, memory)
    this.#running.set(words, answered)
    try {
      return await answered
    } finally {
      this.#running.delete(words)
      timer.cancel()
      signal?.removeEventListener('abort', abort)
    }
  }

  /** Cancels what runs, and resolves when nothing does. */
  async close(): Promise<void> {
    for (const words of this.#running.keys()) stop(words, controlState.canceled)
    await Promise.all(this.#running.values())
  }

  async #answer(request: QueryRequest, memory: SharedArrayBuffer): Promise<QueryReply> {
    const database = this.#database
    this.#reader.apply(database.updateSince(this.#reader.version))
    const unpin = database.pin()
    const control = this.#turns.control(memory, false)
    const snapshot = async (ids: Uint32Array, count: number, since: number) =>
      database.snapshot(ids, count, since)
    try {
      return await answerRequest(request, {
        queryable: { querier: async (range) => this.#reader.querier(range, { snapshot }) },
        control,
        engine: this.#engine,
        queuedMs: 0,
      })
    } finally {
      control.end()
      unpin()
    }
  }
}

function stop(words: Int32Array, state: number): void {
  Atomics.store(words, controlWord.state, state)
}
