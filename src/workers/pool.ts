import type { Clock } from '../base/clock.ts'
import { limits } from '../base/limits.ts'
import type { Logger } from '../base/logger.ts'
import { SpareTime } from '../base/spare-time.ts'
import { noStatistics } from '../model/query-statistics.ts'
import type { EvaluatedRequest } from '../promql/engine.ts'
import type { EngineFlags } from '../promql/engine-flags.ts'
import type {
  QueryReply,
  QueryRequest,
  QueryRunner,
  RulesRequest,
} from '../storage/query-runner.ts'
import { errorOf, statisticsOf } from '../storage/vector-answers.ts'
import { PoolWorker, type SharedDatabase } from './pool-worker.ts'
import { controlState, controlWords, type WorkerSource } from './protocol.ts'
import type { FinishedQuery } from './query-log.ts'
import { canceled, QuerySlots } from './query-slots.ts'
import { QueryWatch } from './query-watch.ts'
import type { SharedReadingJob } from './reading-helper.ts'
import { SnapshotForecast } from './snapshot-forecast.ts'

export interface WorkerPoolOptions extends WorkerSource {
  readonly database: SharedDatabase
  readonly clock: Clock
  readonly logger: Logger
  readonly engine: EngineFlags
  /** How many workers there may be. */
  readonly workersMax: number
  /** Queries that run at once, over all workers. */
  readonly concurrencyMax: number
  readonly observer?: QueryObserver
  /** Called when workers die again and again: nothing more can be answered. */
  readonly failed: (reason: string) => void
}

/** Is told of the queries, though not of requests for labels and series. */
export interface QueryObserver {
  /** `slot` is below concurrencyMax, and no other query's until `ended`. */
  started(slot: number, query: string): void
  ended(slot: number): void
  /** Every query that parsed. */
  finished(query: FinishedQuery): void
}

/**
 * Runs queries in worker threads: one at start, more on demand. A query that is canceled or out of
 * time is told so through its control memory; a worker that is silent then is ended, which costs the
 * queries it holds, and replaced.
 */
export class WorkerPool implements QueryRunner {
  readonly #options: WorkerPoolOptions
  readonly #workers: PoolWorker[] = []
  readonly #queries: QuerySlots
  readonly #lookups: QuerySlots
  readonly #deathsMs: number[] = []
  readonly #forecast = new SnapshotForecast()
  readonly #spareTime: SpareTime
  #nextId = 0
  #isClosed = false

  constructor(options: WorkerPoolOptions) {
    this.#options = options
    this.#spareTime = new SpareTime(options.clock)
    this.#queries = new QuerySlots(options.clock, options.concurrencyMax)
    this.#lookups = new QuerySlots(options.clock, limits.lookupConcurrencyMax)
    this.#workers.push(this.#newWorker())
  }

  /** Queries that run or wait. */
  get queries(): number {
    return this.#queries.running + this.#queries.waiting
  }

  /** Whether no worker has anything to do. */
  get isIdle(): boolean {
    return this.#workers.every((worker) => worker.load === 0)
  }

  get workers(): number {
    return this.#workers.length
  }

  run(request: QueryRequest, signal: AbortSignal): Promise<QueryReply> {
    if (this.#isClosed) return Promise.resolve(canceled)
    const { timeoutMs } = request.bounds
    return new Promise((resolve) => {
      if (request.kind === 'instant' || request.kind === 'range') {
        const isRule = request.origin?.kind === 'rule'
        const granted = (slot: number, queuedMs: number) =>
          this.#evaluate(request, signal, { slot, queuedMs }, resolve)
        this.#queries.take({ isRule, timeoutMs, signal, granted, refused: resolve })
        return
      }
      if (request.kind === 'rules') {
        const granted = (slot: number, queuedMs: number) =>
          this.#evaluateRules(request, signal, { slot, queuedMs }, resolve)
        const isRule = request.origin.kind === 'rule'
        this.#queries.take({ isRule, timeoutMs, signal, granted, refused: resolve })
        return
      }
      const granted = (slot: number, queuedMs: number) =>
        this.#start(request, { signal, queuedMs }, resolve, () => this.#lookups.release(slot))
      this.#lookups.take({ isRule: false, timeoutMs, signal, granted, refused: resolve })
    })
  }

  #evaluate(
    request: EvaluatedRequest,
    signal: AbortSignal,
    { slot, queuedMs }: { readonly slot: number; readonly queuedMs: number },
    resolve: (reply: QueryReply) => void,
  ): void {
    const { observer, clock } = this.#options
    const startedMs = clock.monotonicMs()
    observer?.started(slot, request.query)
    this.#start(request, { signal, queuedMs }, (reply) => {
      observer?.ended(slot)
      this.#queries.release(slot)
      const didParse = reply.ok || reply.errorType !== 'bad_data'
      if (didParse) {
        const tookMs = clock.monotonicMs() - startedMs
        const { statistics = noStatistics(queuedMs, tookMs) } = reply
        const error = reply.ok ? undefined : reply.message
        observer?.finished({ request, statistics, error, tookMs })
      }
      resolve(reply)
    })
  }

  /** All of them take one slot; each is told of as a query of its own when all have their answers. */
  #evaluateRules(
    request: RulesRequest,
    signal: AbortSignal,
    { slot, queuedMs }: { readonly slot: number; readonly queuedMs: number },
    resolve: (reply: QueryReply) => void,
  ): void {
    const { observer } = this.#options
    observer?.started(slot, request.queries.join('; '))
    this.#start(request, { signal, queuedMs }, (reply) => {
      observer?.ended(slot)
      this.#queries.release(slot)
      const { timeMs, bounds, origin, queries, traces = [] } = request
      const vectors = reply.ok ? reply.vectors : undefined
      let index = 0
      for (const statistics of vectors === undefined ? [] : statisticsOf(vectors, queuedMs)) {
        const query = queries[index] ?? ''
        const error = errorOf(vectors?.answers[index])
        index++
        if (error?.type === 'bad_data') continue
        const trace = traces[index - 1]
        const asked = {
          kind: 'instant',
          query,
          timeMs,
          bounds,
          origin,
          stats: 'none',
          trace,
        } as const
        const { totalMs: tookMs } = statistics
        observer?.finished({ request: asked, statistics, error: error?.message, tookMs })
      }
      resolve(reply)
    })
  }

  /** `ended` is called when nothing of the answer comes any more. */
  #start(
    request: QueryRequest,
    { signal, queuedMs }: { readonly signal: AbortSignal; readonly queuedMs: number },
    resolve: (reply: QueryReply) => void,
    ended: () => void = () => undefined,
  ): void {
    const control = new SharedArrayBuffer(controlWords * 4)
    const words = new Int32Array(control)
    const worker = request.kind === 'rules' ? this.#freestForRules() : this.#freest()
    const id = this.#nextId++
    const watch = new QueryWatch(this.#options.clock, words, {
      beat: () => worker.beat,
      wake: () => worker.wake(id),
      terminate: () => this.#endWorker(worker),
    })
    const stop = (state: number) => watch.stop(state)
    const abort = () => stop(controlState.canceled)
    signal.addEventListener('abort', abort, { once: true })
    const timer = this.#options.clock.after(request.bounds.timeoutMs - queuedMs, () =>
      stop(controlState.timedOut),
    )
    worker.run(
      { id, request, queuedMs, control },
      {
        answer: (reply) => {
          // What a query took is over when its answer begins to be sent, however slowly that goes.
          const isEvaluated = request.kind === 'instant' || request.kind === 'range'
          if (isEvaluated) timer.cancel()
          resolve(watch.verdict(reply))
        },
        stalled: abort,
        ended: () => {
          timer.cancel()
          watch.end()
          signal.removeEventListener('abort', abort)
          ended()
        },
      },
    )
  }

  /**
   * The first of those that have the least of others' work: one worker that has all the rules knows
   * all their plans and series, and runs code that is compiled. Another one takes some of them where
   * it falls behind: groups that are due together do not make it so.
   */
  #freestForRules(): PoolWorker {
    const [first, ...rest] = this.#workers
    let best = first ?? this.#added()
    for (const worker of rest) {
      const isFreer = worker.loadOfOthers < best.loadOfOthers
      const isAsFree = worker.loadOfOthers === best.loadOfOthers
      const isLess = best.isBehindWithRules && worker.loadOfRules < best.loadOfRules
      if (isFreer || (isAsFree && isLess)) best = worker
    }
    const isBusy = best.loadOfOthers > 0 || best.isBehindWithRules
    return isBusy && this.#workers.length < this.#options.workersMax ? this.#added() : best
  }

  #freest(): PoolWorker {
    const [first, ...rest] = this.#workers
    let best = first ?? this.#added()
    for (const worker of rest) if (worker.load < best.load) best = worker
    const mayGrow = this.#workers.length < this.#options.workersMax
    return best.load > 0 && mayGrow ? this.#added() : best
  }

  /** Whoever is idle helps; where nobody is and there may be another worker, it starts for that. */
  #findHelp(owner: PoolWorker, job: SharedReadingJob): void {
    if (this.#isClosed) return
    const idle = this.#workers.filter((worker) => worker !== owner && worker.mayHelp)
    if (idle.length === 0 && this.#workers.length < this.#options.workersMax)
      idle.push(this.#added())
    for (const worker of idle) worker.help(job)
  }

  #added(): PoolWorker {
    const worker = this.#newWorker()
    this.#workers.push(worker)
    return worker
  }

  #newWorker(): PoolWorker {
    const { source, compiled, database, engine, workersMax, clock } = this.#options
    const mayShare = workersMax > 1
    return new PoolWorker(
      {
        ...{ source, compiled, database, engine, mayShare, clock },
        ...{ forecast: this.#forecast, spareTime: this.#spareTime },
      },
      {
        died: (worker, reason) => this.#replace(worker, reason),
        shared: (worker, job) => this.#findHelp(worker, job),
      },
    )
  }

  /** Ends a worker whose query does not stop; what comes meanwhile goes to others. */
  #endWorker(worker: PoolWorker): void {
    if (this.#forget(worker)) {
      const message = 'A query worker was ended: a query that was stopped held it for too long'
      this.#options.logger.warn(message, { silenceMs: limits.workerSilenceMs })
    }
    void worker.terminate()
  }

  /** False where it was told to go already. */
  #forget(worker: PoolWorker): boolean {
    const place = this.#workers.indexOf(worker)
    if (place >= 0) this.#workers.splice(place, 1)
    return place >= 0
  }

  /** A worker that died by itself is our fault; that many of them are the end. */
  #replace(worker: PoolWorker, reason: string): void {
    if (!this.#forget(worker) || this.#isClosed) return
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
    this.#queries.close()
    this.#lookups.close()
    await Promise.all([...this.#workers].map((worker) => worker.terminate()))
  }
}
