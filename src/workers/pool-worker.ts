import { Worker } from 'node:worker_threads'
import { afterMicrotasks } from '../base/after-microtasks.ts'
import type { Clock } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { SlotMap } from '../base/slot-map.ts'
import type { SpareTime } from '../base/spare-time.ts'
import type { EngineFlags } from '../promql/engine-flags.ts'
import type { QueryReply, QueryRequest, RulesRequest } from '../storage/query-runner.ts'
import type { DatabaseUpdate, PartialUpdate } from '../tsdb/database-reader.ts'
import type { HeadSnapshot } from '../tsdb/head/head-memory.ts'
import { AnswerStream } from './answer-stream.ts'
import type { FromWorker, QueryMessage, ToWorker, WorkerSource, WorkerStart } from './protocol.ts'
import { ReadingBoard } from './reading-board.ts'
import type { SharedReadingJob } from './reading-helper.ts'
import { memoryOf, type SnapshotAsk } from './snapshot-asks.ts'
import type { ForecastSnapshot, SnapshotForecast } from './snapshot-forecast.ts'
import { RulesTeller } from './told-rules.ts'

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

/**
 * Of V8's young generation, a third of it before a collection. All of it is touched and then stays
 * with the thread; with V8's own 48 a query takes as long.
 */
const youngMegabytes = 12

interface Running {
  readonly answer: (reply: QueryReply) => void
  /** Nothing comes any more; before `answer` unless the answer is streamed. */
  readonly ended: () => void
  /** Nobody takes the answer. */
  readonly stalled: () => void
  /** The rest of the answer, once it is known that there is one. */
  stream: AnswerStream | undefined
  readonly unpin: () => void
  readonly request: QueryRequest
  /** Whether the query has asked for a snapshot. */
  hasAsked: boolean
  /** What its worker has offered to others. */
  readonly boards: ReadingBoard[]
}

/** A request of rules on its way. */
interface AskedRules {
  readonly id: number
  readonly request: RulesRequest
  readonly queuedMs: number
  readonly control: SharedArrayBuffer
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
  readonly #beat = new Int32Array(new SharedArrayBuffer(4))
  readonly #database: SharedDatabase
  readonly #running = new SlotMap<Running>()
  readonly #events: PoolWorkerEvents
  readonly #forecast: SnapshotForecast
  readonly #clock: Clock
  readonly #spareTime: SpareTime
  readonly #teller = new RulesTeller()
  /** By number: the pin of what it helps to read. */
  readonly #helping = new Map<number, () => void>()
  #nextHelp = 0
  /** What goes with the next message. */
  readonly #asked: AskedRules[] = []
  /** Requests of rules that run here. */
  #rules = 0
  /** By the monotonic clock: there have been such since then. */
  #rulesSinceMs = 0
  #version = 0
  /** What it was told of last. */
  #blocks: DatabaseUpdate['blocks'] | undefined
  #isDead = false

  constructor(
    {
      source,
      compiled,
      database,
      engine,
      mayShare,
      forecast,
      clock,
      spareTime,
    }: {
      readonly database: SharedDatabase
      readonly engine: EngineFlags
      readonly mayShare: boolean
      readonly forecast: SnapshotForecast
      readonly clock: Clock
      readonly spareTime: SpareTime
    } & WorkerSource,
    events: PoolWorkerEvents,
  ) {
    this.#database = database
    this.#events = events
    this.#forecast = forecast
    this.#clock = clock
    this.#spareTime = spareTime
    const beat = this.#beat.buffer
    const dataDirectory = database.directory
    const start: WorkerStart = { dataDirectory, engine, mayShare, beat, compiled }
    this.#thread = new Worker(source, {
      eval: true,
      name: 'query',
      workerData: start,
      resourceLimits: { stackSizeMb: stackMegabytes, maxYoungGenerationSizeMb: youngMegabytes },
    })
    this.#thread.on('message', (message: FromWorker) => this.#receive(message))
    this.#thread.on('error', (thrown) => this.#end(messageOf(thrown)))
    this.#thread.on('exit', (code) => this.#end(`exit code ${code}`))
  }

  /** Is another one as soon as the worker has heard a message, or one of its queries has looked. */
  get beat(): number {
    return Atomics.load(this.#beat, 0)
  }

  get load(): number {
    return this.#running.size + this.#helping.size
  }

  /** Also while it helps with what ends soon, as where the pieces of a reading are cut anew. */
  get mayHelp(): boolean {
    return this.#running.size === 0 && this.#helping.size < limits.sharedReadingsMax
  }

  get loadOfRules(): number {
    return this.#rules
  }

  /** Whether it has so many requests of rules as others should share, and not for a moment only. */
  get isBehindWithRules(): boolean {
    if (this.#rules < limits.ruleRequestsPerWorker) return false
    return this.#clock.monotonicMs() - this.#rulesSinceMs >= limits.ruleBacklogMs
  }

  get loadOfOthers(): number {
    return this.load - this.#rules
  }

  run(
    query: Omit<QueryMessage, 'kind' | 'update' | 'forecast' | 'request'> & {
      readonly request: QueryRequest
    },
    calls: Pick<Running, 'answer' | 'ended' | 'stalled'>,
  ): void {
    const { id, request, queuedMs, control } = query
    const { answer, stalled, ended } = calls
    const unpin = this.#database.pin()
    // All fields by name: objects that others are spread into take V8 several times as long.
    const stream = undefined
    const running = { answer, stalled, ended, unpin, boards: [], request, hasAsked: false, stream }
    this.#running.add(id, running)
    if (request.kind === 'rules') {
      if (this.#rules === 0) this.#rulesSinceMs = this.#clock.monotonicMs()
      this.#rules++
      this.#sendSoon({ id, request, queuedMs, control })
    } else {
      const update = this.#update()
      const forecast = this.#forecastOf(request)
      this.#send(
        { kind: 'query', id, request, queuedMs, update, control, forecast },
        memoryOf(forecast?.snapshot),
      )
    }
  }

  /** Groups that are woken together ask together: a message costs more than some of their queries. */
  #sendSoon(asked: AskedRules): void {
    this.#asked.push(asked)
    if (this.#asked.length === 1) afterMicrotasks(() => this.#sendAsked())
  }

  #sendAsked(): void {
    const asked = this.#asked.splice(0)
    if (this.#isDead) return
    const update = this.#update()
    const transfer: ArrayBuffer[] = []
    const queries = asked.map(({ id, request, queuedMs, control }): QueryMessage => {
      const snapshot = request.reads && this.#snapshotOf(request.reads)
      transfer.push(...memoryOf(snapshot))
      const told = this.#teller.tell(request, snapshot)
      const forecast = undefined
      return { kind: 'query', id, request: told, queuedMs, update, control, forecast }
    })
    const [first] = queries
    if (first === undefined) return
    this.#send(queries.length === 1 ? first : { kind: 'queries', queries }, transfer)
  }

  #forecastOf(request: QueryRequest): ForecastSnapshot | undefined {
    const ids = this.#forecast.of(request)
    return ids && { ids, snapshot: this.#snapshotOf(ids) }
  }

  #snapshotOf(ids: Uint32Array): HeadSnapshot {
    return this.#database.snapshot(ids, ids.length, this.#version)
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

  #send(message: ToWorker, transfer: readonly ArrayBuffer[] = []): void {
    this.#thread.postMessage(message, transfer)
  }

  #receive(message: FromWorker): void {
    if (message.kind === 'snapshot') {
      this.#takeSnapshot(message)
    } else if (message.kind === 'replies') {
      for (const reply of message.replies) this.#receive(reply)
    } else if (message.kind === 'share') this.#share(message.id, message.job)
    else if (message.kind === 'helped') this.#helped(message.id)
    else if (message.kind === 'spare-time') void this.#tellOfSpareTime()
    else if (message.kind === 'piece') this.#running.get(message.id)?.stream?.push(message.piece)
    else if (message.kind === 'end') this.#finish(message.id, message.failure)
    else if (message.isOpen) this.#open(message.id, message.reply)
    else this.#finish(message.id, message.reply)
  }

  #open(id: number, reply: QueryReply): void {
    const running = this.#running.get(id)
    if (running === undefined || !reply.ok) return
    const stream = new AnswerStream(this.#clock, {
      taken: () => this.wake(id),
      stalled: running.stalled,
    })
    running.stream = stream
    running.answer({ ...reply, more: stream })
  }

  /** Lets a streamed answer go on, or look at why it should not; whatever it does, the worker hears it. */
  wake(id: number): void {
    this.#send({ kind: 'more', id })
  }

  #takeSnapshot({ ask, query, ids, sinceVersion }: SnapshotAsk): void {
    const snapshot = this.#database.snapshot(ids, ids.length, sinceVersion)
    const running = this.#running.get(query)
    const isFirst = running?.hasAsked === false
    if (isFirst) running.hasAsked = true
    const isKept = isFirst && this.#forecast.learn(running.request, ids)
    const memory = memoryOf(snapshot)
    // The ids go back, too: nobody here would look for what they leave.
    this.#send({ kind: 'snapshot', ask, snapshot }, isKept ? memory : [...memory, ids.buffer])
  }

  #share(id: number, job: SharedReadingJob): void {
    this.#running.get(id)?.boards.push(new ReadingBoard(job.shape, job.memory))
    this.#events.shared(this, job)
  }

  #helped(id: number): void {
    this.#helping.get(id)?.()
    this.#helping.delete(id)
  }

  async #tellOfSpareTime(): Promise<void> {
    await this.#spareTime.wait()
    this.#send({ kind: 'spare-time' })
  }

  /** With the reply, or with what went wrong behind it. */
  #finish(id: number, outcome: QueryReply | string | undefined): void {
    const running = this.#running.take(id)
    if (running?.request.kind === 'rules') this.#rules--
    // Of a worker that died nobody else would tell the helpers.
    for (const board of running?.boards ?? []) board.close()
    running?.unpin()
    running?.ended()
    const isReply = typeof outcome === 'object'
    if (running?.stream !== undefined) {
      running.stream.end(isReply ? (outcome.ok ? undefined : outcome.message) : outcome)
    } else if (isReply) running?.answer(outcome)
  }

  #end(reason: string): void {
    if (this.#isDead) return
    this.#isDead = true
    // First: an answer may let the next query in, which must not come here.
    this.#events.died(this, reason)
    const message = `the query worker ended: ${reason}`
    for (const id of this.#running.keys()) {
      this.#finish(id, { ok: false, errorType: 'internal', message })
    }
    for (const id of [...this.#helping.keys()]) this.#helped(id)
  }
}
