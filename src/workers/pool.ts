import type { Clock, Timer } from '../base/clock.ts'
import { limits } from '../base/limits.ts'
import type { Logger } from '../base/logger.ts'
import type { QueryReply, QueryRequest, QueryRunner } from '../storage/query-runner.ts'
import { PoolWorker, type SharedDatabase } from './pool-worker.ts'
import { controlState, controlWord, controlWords } from './protocol.ts'

export interface WorkerPoolOptions {
  /** Code of the worker, one CommonJS text. */
  readonly source: string
  readonly database: SharedDatabase
  readonly clock: Clock
  readonly logger: Logger
  /** How many workers there may be. */
  readonly workersMax: number
  /** Queries that run at once, over all workers. */
  readonly concurrencyMax: number
  /** Called when workers die again and again: nothing more can be answered. */
  readonly failed: (reason: string) => void
}

interface Waiting {
  readonly start: () => void
  readonly giveUp: (reply: QueryReply) => void
}

const canceled: QueryReply = { ok: false, errorType: 'canceled', message: 'query was canceled' }

/**
 * Runs queries in worker threads: one at start, more on demand. A query that is canceled or out of
 * time is told so through its control memory; a worker that does not react is ended, which costs
 * the queries it holds, and replaced.
 */
export class WorkerPool implements QueryRunner {
  readonly #options: WorkerPoolOptions
  readonly #workers: PoolWorker[] = []
  readonly #waiting: Waiting[] = []
  readonly #deathsMs: number[] = []
  #running = 0
  #nextId = 0
  #isClosed = false

  constructor(options: WorkerPoolOptions) {
    this.#options = options
    this.#workers.push(this.#newWorker())
  }

  get running(): number {
    return this.#running
  }

  get waiting(): number {
    return this.#waiting.length
  }

  get workers(): number {
    return this.#workers.length
  }

  run(request: QueryRequest, signal: AbortSignal): Promise<QueryReply> {
    if (signal.aborted || this.#isClosed) return Promise.resolve(canceled)
    return new Promise((resolve) => {
      const start = () => this.#start(request, signal, resolve)
      if (this.#running < this.#options.concurrencyMax) start()
      else this.#wait(request, signal, { start, giveUp: resolve })
    })
  }

  #wait(request: QueryRequest, signal: AbortSignal, { start, giveUp }: Waiting): void {
    if (this.#waiting.length >= limits.queryQueueMax) {
      const message = `${this.#running} queries run and ${this.#waiting.length} wait, limit ${limits.queryQueueMax}: try again later`
      giveUp({ ok: false, errorType: 'unavailable', message })
      return
    }
    const leave = (reply: QueryReply) => {
      const place = this.#waiting.indexOf(entry)
      if (place >= 0) this.#waiting.splice(place, 1)
      forget()
      giveUp(reply)
    }
    const abort = () => leave(canceled)
    const timer = this.#options.clock.after(request.bounds.timeoutMs, () =>
      leave({ ok: false, errorType: 'timeout', message: 'query timed out in query queue' }),
    )
    const forget = () => {
      timer.cancel()
      signal.removeEventListener('abort', abort)
    }
    const entry: Waiting = {
      start: () => {
        forget()
        start()
      },
      giveUp: leave,
    }
    signal.addEventListener('abort', abort)
    this.#waiting.push(entry)
  }

  #start(request: QueryRequest, signal: AbortSignal, resolve: (reply: QueryReply) => void): void {
    const control = new SharedArrayBuffer(controlWords * 4)
    const words = new Int32Array(control)
    const worker = this.#freest()
    this.#running++
    const watch = new QueryWatch(this.#options.clock, words, () => void worker.terminate())
    const abort = () => watch.stop(controlState.canceled)
    signal.addEventListener('abort', abort, { once: true })
    const timer = this.#options.clock.after(request.bounds.timeoutMs, () =>
      watch.stop(controlState.timedOut),
    )
    worker.run(this.#nextId++, request, control, (reply) => {
      timer.cancel()
      watch.end()
      signal.removeEventListener('abort', abort)
      this.#running--
      resolve(watch.verdict(reply))
      this.#waiting.shift()?.start()
    })
  }

  #freest(): PoolWorker {
    const [first, ...rest] = this.#workers
    let best = first ?? this.#added()
    for (const worker of rest) if (worker.load < best.load) best = worker
    const mayGrow = this.#workers.length < this.#options.workersMax
    return best.load > 0 && mayGrow ? this.#added() : best
  }

  #added(): PoolWorker {
    const worker = this.#newWorker()
    this.#workers.push(worker)
    return worker
  }

  #newWorker(): PoolWorker {
    const { source, database } = this.#options
    return new PoolWorker(source, database, (worker, reason) => this.#replace(worker, reason))
  }

  #replace(worker: PoolWorker, reason: string): void {
    this.#workers.splice(this.#workers.indexOf(worker), 1)
    if (this.#isClosed) return
    const { clock, logger, failed } = this.#options
    logger.error('A query worker ended; its queries were answered with an error', { reason })
    const nowMs = clock.monotonicMs()
    this.#deathsMs.push(nowMs)
    while ((this.#deathsMs[0] ?? nowMs) < nowMs - limits.workerDeathsWindowMs)
      this.#deathsMs.shift()
    if (this.#deathsMs.length >= limits.workerDeathsMax) {
      failed(`${this.#deathsMs.length} query workers ended within a minute: ${reason}`)
    } else if (this.#workers.length === 0) this.#added()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const { giveUp } of [...this.#waiting]) giveUp(canceled)
    await Promise.all([...this.#workers].map((worker) => worker.terminate()))
  }
}

/** Tells a running query to stop, and ends its worker when a second passes without a checkpoint. */
class QueryWatch {
  readonly #clock: Clock
  readonly #words: Int32Array
  readonly #terminate: () => void
  #timer: Timer | undefined

  constructor(clock: Clock, words: Int32Array, terminate: () => void) {
    this.#clock = clock
    this.#words = words
    this.#terminate = terminate
  }

  stop(state: number): void {
    if (Atomics.load(this.#words, controlWord.state) !== controlState.running) return
    Atomics.store(this.#words, controlWord.state, state)
    this.#timer = this.#clock.after(limits.workerSilenceMs, this.#terminate)
  }

  end(): void {
    this.#timer?.cancel()
  }

  /** A query that lost its worker because it did not stop was stopped, not broken. */
  verdict(reply: QueryReply): QueryReply {
    const state = Atomics.load(this.#words, controlWord.state)
    if (reply.ok || state === controlState.running || reply.errorType !== 'internal') return reply
    if (state === controlState.canceled) return canceled
    return { ok: false, errorType: 'timeout', message: 'query timed out in expression evaluation' }
  }
}
