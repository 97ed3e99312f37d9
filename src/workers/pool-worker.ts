import { Worker } from 'node:worker_threads'
import { messageOf } from '../base/errors.ts'
import type { EngineFlags } from '../promql/engine-flags.ts'
import type { QueryReply, QueryRequest } from '../storage/query-runner.ts'
import type { DatabaseUpdate, PartialUpdate } from '../tsdb/database-reader.ts'
import type { HeadSnapshot } from '../tsdb/head/head-memory.ts'
import type { FromWorker, QueryMessage, ToWorker, WorkerStart } from './protocol.ts'
import { ReadingBoard } from './reading-board.ts'
import type { SharedReadingJob } from './reading-helper.ts'
import type { SnapshotAsk } from './snapshot-asks.ts'
import type { ForecastSnapshot, SnapshotForecast } from './snapshot-forecast.ts'

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
  readonly request: QueryRequest
  /** Whether the query has asked for a snapshot. */
  hasAsked: boolean
  /** What its worker has offered to others. */
  readonly boards: ReadingBoard[]
}

/** What a worker tells the pool. */
export interface PoolWorkerEvents {
  died(worker: PoolWorker, reason: string): void
  /** It would be helped. */
  shared(worker: PoolWorker, job: SharedReadingJob): void
}

/** One query worker as the main thread sees it. */
export class PoolWorker {
  readonly #thread: Worker
  readonly #database: SharedDatabase
  readonly #running = new Map<number, Running>()
  readonly #events: PoolWorkerEvents
  readonly #forecast: SnapshotForecast
  /** By number: the pin of what it helps to read. */
  readonly #helping = new Map<number, () => void>()
  #nextHelp = 0
  #version = 0
  /** What it was told of last. */
  #blocks: DatabaseUpdate['blocks'] | undefined
  #isDead = false

  constructor(
    {
      source,
      database,
      engine,
      mayShare,
      forecast,
    }: {
      readonly source: string
      readonly database: SharedDatabase
      readonly engine: EngineFlags
      readonly mayShare: boolean
      readonly forecast: SnapshotForecast
    },
    events: PoolWorkerEvents,
  ) {
    this.#database = database
    this.#events = events
    this.#forecast = forecast
    const start: WorkerStart = { dataDirectory: database.directory, engine, mayShare }
    this.#thread = new Worker(source, {
      eval: true,
      name: 'query',
      workerData: start,
      resourceLimits: { stackSizeMb: stackMegabytes },
    })
    this.#thread.on('message', (message: FromWorker) => this.#receive(message))
    this.#thread.on('error', (thrown) => this.#end(messageOf(thrown)))
    this.#thread.on('exit', (code) => this.#end(`exit code ${code}`))
  }

  get load(): number {
    return this.#running.size + this.#helping.size
  }

  run(
    query: Omit<QueryMessage, 'kind' | 'update' | 'forecast'>,
    answer: (reply: QueryReply) => void,
  ): void {
    const { id, request } = query
    const unpin = this.#database.pin()
    this.#running.set(id, { answer, unpin, boards: [], request, hasAsked: false })
    const update = this.#update()
    this.#send({ kind: 'query', update, forecast: this.#forecastOf(request), ...query })
  }

  #forecastOf(request: QueryRequest): ForecastSnapshot | undefined {
    const ids = request.kind === 'rules' ? request.reads : this.#forecast.of(request)
    if (ids === undefined) return undefined
    return { ids, snapshot: this.#database.snapshot(ids, ids.length, this.#version) }
  }

  /** Helps with what another worker shares; the other's query still holds its pin. */
  help(job: SharedReadingJob): void {
    const id = this.#nextHelp++
    this.#helping.set(id, this.#database.pin())
    this.#send({ kind: 'help', id, job, update: this.#update() })
  }

  #update(): PartialUpdate {
    const { head, blocks } = this.#database.updateSince(this.#version)
    this.#version = head.version
    if (blocks === this.#blocks) return { head }
    this.#blocks = blocks
    return { head, blocks }
  }

  async terminate(): Promise<void> {
    await this.#thread.terminate()
  }

  #send(message: ToWorker): void {
    this.#thread.postMessage(message)
  }

  #receive(message: FromWorker): void {
    if (message.kind === 'snapshot') {
      this.#takeSnapshot(message)
    } else if (message.kind === 'share') this.#share(message.id, message.job)
    else if (message.kind === 'helped') this.#helped(message.id)
    else this.#finish(message.id, message.reply)
  }

  #takeSnapshot({ ask, query, ids, sinceVersion }: SnapshotAsk): void {
    const snapshot = this.#database.snapshot(ids, ids.length, sinceVersion)
    this.#send({ kind: 'snapshot', ask, snapshot })
    const running = this.#running.get(query)
    if (running === undefined || running.hasAsked) return
    running.hasAsked = true
    this.#forecast.learn(running.request, ids)
  }

  #share(id: number, job: SharedReadingJob): void {
    this.#running.get(id)?.boards.push(new ReadingBoard(job.shape, job.memory))
    this.#events.shared(this, job)
  }

  #helped(id: number): void {
    this.#helping.get(id)?.()
    this.#helping.delete(id)
  }

  #finish(id: number, reply: QueryReply): void {
    const running = this.#running.get(id)
    this.#running.delete(id)
    // Of a worker that died nobody else would tell the helpers.
    for (const board of running?.boards ?? []) board.close()
    running?.unpin()
    running?.answer(reply)
  }

  #end(reason: string): void {
    if (this.#isDead) return
    this.#isDead = true
    // First: an answer may let the next query in, which must not come here.
    this.#events.died(this, reason)
    const message = `the query worker ended: ${reason}`
    for (const id of [...this.#running.keys()]) {
      this.#finish(id, { ok: false, errorType: 'internal', message })
    }
    for (const id of [...this.#helping.keys()]) this.#helped(id)
  }
}
