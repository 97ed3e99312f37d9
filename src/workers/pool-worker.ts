import { Worker } from 'node:worker_threads'
import { messageOf } from '../base/errors.ts'
import type { QueryReply } from '../storage/query-runner.ts'
import type { DatabaseUpdate } from '../tsdb/database-reader.ts'
import type { HeadSnapshot } from '../tsdb/head/head-memory.ts'
import type { EngineFlags, FromWorker, QueryMessage, ToWorker, WorkerStart } from './protocol.ts'

/** What workers need of the database, on the main thread. */
export interface SharedDatabase {
  /** What workers read files of by themselves. */
  readonly directory: string
  updateSince(version: number): DatabaseUpdate
  snapshot(ids: Uint32Array, count: number, sinceVersion: number): HeadSnapshot
  /** Keeps what snapshots name from being reused until it is called. */
  pin(): () => void
}

/** Deep expressions recurse; V8's default stack holds a tenth of what limits.ts allows. */
const stackMegabytes = 64

interface Running {
  readonly answer: (reply: QueryReply) => void
  readonly unpin: () => void
}

/** One query worker as the main thread sees it. */
export class PoolWorker {
  readonly #thread: Worker
  readonly #database: SharedDatabase
  readonly #running = new Map<number, Running>()
  readonly #died: (worker: PoolWorker, reason: string) => void
  #version = 0
  #isDead = false

  constructor(
    {
      source,
      database,
      engine,
    }: {
      readonly source: string
      readonly database: SharedDatabase
      readonly engine: EngineFlags
    },
    died: (worker: PoolWorker, reason: string) => void,
  ) {
    this.#database = database
    this.#died = died
    const start: WorkerStart = { dataDirectory: database.directory, engine }
    this.#thread = new Worker(source, {
      eval: true,
      workerData: start,
      resourceLimits: { stackSizeMb: stackMegabytes },
    })
    this.#thread.on('message', (message: FromWorker) => this.#receive(message))
    this.#thread.on('error', (thrown) => this.#end(messageOf(thrown)))
    this.#thread.on('exit', (code) => this.#end(`exit code ${code}`))
  }

  get load(): number {
    return this.#running.size
  }

  run(query: Omit<QueryMessage, 'kind' | 'update'>, answer: (reply: QueryReply) => void): void {
    const update = this.#database.updateSince(this.#version)
    this.#version = update.head.version
    this.#running.set(query.id, { answer, unpin: this.#database.pin() })
    this.#send({ kind: 'query', update, ...query })
  }

  async terminate(): Promise<void> {
    await this.#thread.terminate()
  }

  #send(message: ToWorker): void {
    this.#thread.postMessage(message)
  }

  #receive(message: FromWorker): void {
    if (message.kind === 'snapshot') {
      const { ask, ids, sinceVersion } = message
      const snapshot = this.#database.snapshot(ids, ids.length, sinceVersion)
      this.#send({ kind: 'snapshot', ask, snapshot })
    } else this.#finish(message.id, message.reply)
  }

  #finish(id: number, reply: QueryReply): void {
    const running = this.#running.get(id)
    this.#running.delete(id)
    running?.unpin()
    running?.answer(reply)
  }

  #end(reason: string): void {
    if (this.#isDead) return
    this.#isDead = true
    const message = `the query worker ended: ${reason}`
    for (const id of [...this.#running.keys()]) {
      this.#finish(id, { ok: false, errorType: 'internal', message })
    }
    this.#died(this, reason)
  }
}
