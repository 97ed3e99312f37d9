import { Worker } from 'node:worker_threads'
import type { Clock } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import { Gate } from '../base/gate.ts'
import { limits } from '../base/limits.ts'
import type {
  BacktestReply,
  BacktestRequest,
  Backtests,
  RunningBacktest,
} from '../rules/backtest-contract.ts'
import type { SharedDatabase } from '../workers/pool-worker.ts'
import { controlState, controlWord, controlWords } from '../workers/protocol.ts'
import type { BacktestStart, FromBacktest, ToBacktest } from './backtest-host.ts'
import type { BacktestSettings } from './backtest-job.ts'

export interface BacktestThreadsOptions {
  /** The worker's code, one CommonJS text. */
  readonly source: () => string
  readonly clock: Clock
  readonly database: () => SharedDatabase
  readonly settings: () => BacktestSettings
}

type Running = { -readonly [key in keyof RunningBacktest]: RunningBacktest[key] }

/** Runs each backtest in a thread of its own, which ends with it; some at once, no queue. */
export class BacktestThreads implements Backtests {
  readonly #options: BacktestThreadsOptions
  readonly #gate = new Gate({ widthMax: limits.backtestsMax, waitingMax: 0 })
  readonly #running = new Map<Worker, Running>()

  constructor(options: BacktestThreadsOptions) {
    this.#options = options
  }

  running(): readonly RunningBacktest[] {
    return [...this.#running.values()]
  }

  async run(request: BacktestRequest, signal: AbortSignal): Promise<BacktestReply> {
    if (!this.#gate.tryEnter()) {
      const message = `${limits.backtestsMax} backtests are under way, which is the limit`
      return { ok: false, errorType: 'unavailable', message }
    }
    const { clock, database: opened } = this.#options
    const database = opened()
    const unpin = database.pin()
    const control = new SharedArrayBuffer(controlWords * 4)
    const words = new Int32Array(control)
    const stop = (state: number) => Atomics.store(words, controlWord.state, state)
    const abort = () => stop(controlState.canceled)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    const late = clock.after(request.timeoutMs, () => stop(controlState.timedOut))
    try {
      return await this.#runThread(request, control, database)
    } finally {
      late.cancel()
      signal.removeEventListener('abort', abort)
      unpin()
      this.#gate.leave()
    }
  }

  /** Ends those under way. */
  async close(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((worker) => worker.terminate()))
  }

  #runThread(
    request: BacktestRequest,
    control: SharedArrayBuffer,
    database: SharedDatabase,
  ): Promise<BacktestReply> {
    const { clock, source, settings } = this.#options
    const start: BacktestStart = {
      dataDirectory: database.directory,
      update: database.updateSince(0),
      request,
      settings: settings(),
      control,
    }
    const worker = new Worker(source(), { eval: true, workerData: start })
    const { file, startMs, endMs } = request
    const running: Running = { file, startMs, endMs, sinceMs: clock.wallMs(), done: 0, total: 0 }
    this.#running.set(worker, running)
    const send = (message: ToBacktest) => worker.postMessage(message)
    return new Promise<BacktestReply>((resolve) => {
      const died = (message: string) => resolve({ ok: false, errorType: 'execution', message })
      worker.on('message', (message: FromBacktest) => {
        if (message.kind === 'reply') resolve(message.reply)
        else if (message.kind === 'progress') Object.assign(running, message.progress)
        else {
          const { ask, ids, sinceVersion } = message
          const snapshot = database.snapshot(ids, ids.length, sinceVersion)
          send({ kind: 'snapshot', ask, snapshot })
        }
      })
      worker.on('error', (thrown) =>
        died(`the thread of the backtest failed: ${messageOf(thrown)}`),
      )
      worker.on('exit', () => died('the thread of the backtest has ended'))
    }).finally(() => this.#running.delete(worker))
  }
}
