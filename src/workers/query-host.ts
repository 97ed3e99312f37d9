import { afterMicrotasks } from '../base/after-microtasks.ts'
import type { Clock } from '../base/clock.ts'
import { collectInSlices } from '../base/collect-in-slices.ts'
import { NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { limits } from '../base/limits.ts'
import type { Looks } from '../base/looks.ts'
import type { EngineFlags } from '../promql/engine-flags.ts'
import { PreparedQueries } from '../promql/prepared-queries.ts'
import type { Queryable } from '../storage/querier.ts'
import type { QueryControl, QueryReply, QueryRequest } from '../storage/query-runner.ts'
import { DatabaseReader } from '../tsdb/database-reader.ts'
import type { SnapshotPort } from '../tsdb/head/head-reader.ts'
import { answerRequest } from './answer-request.ts'
import { PieceCredit } from './answer-stream.ts'
import { compressed } from './compressed-reply.ts'
import { ForetoldSnapshot } from './foretold-snapshot.ts'
import { GatheredReplies } from './gathered-replies.ts'
import { IdleCollection } from './idle-collection.ts'
import type { HostChannel, QueryMessage, ToWorker, WorkerStart } from './protocol.ts'
import { helpReading } from './reading-helper.ts'
import { rehearsal } from './rehearsal.ts'
import { RehearsalTime } from './rehearsal-time.ts'
import { LabelRuns } from './rules-request.ts'
import type { OfferJob } from './shared-reading.ts'
import { SharingQuerier } from './sharing-querier.ts'
import { SnapshotAsks } from './snapshot-asks.ts'
import { ForecastPort, type ForecastSnapshot } from './snapshot-forecast.ts'
import { RulesHearer, type ToldRules } from './told-rules.ts'
import { Turns } from './turns.ts'

interface QueryHostOptions {
  readonly clock: Clock
  readonly channel: HostChannel
  readonly fileSystem: FileSystem
  readonly start: WorkerStart
  /** Of the thread, where it has one already. */
  readonly idle?: IdleCollection
}

/**
 * What runs in a query worker: several queries at once over the database, each in its turns.
 * Asks the owner of the head for snapshots; a broken assertion leaves through `receive`'s caller.
 */
export class QueryHost {
  readonly #options: QueryHostOptions
  readonly #channel: HostChannel
  readonly #turns: Turns
  readonly #reader: DatabaseReader
  readonly #asks: SnapshotAsks
  readonly #engine: EngineFlags
  readonly #mayShare: boolean
  readonly #hearer = new RulesHearer()
  readonly #runs = new LabelRuns()
  readonly #prepared = new PreparedQueries()
  /** Of answers that are streamed just now. */
  readonly #credits = new Map<number, PieceCredit>()
  readonly #idle: IdleCollection
  #rehearsal: RehearsalTime | undefined

  constructor(o: QueryHostOptions) {
    this.#options = o
    this.#turns = new Turns(o.clock, o.start.beat)
    this.#idle = o.idle ?? new IdleCollection(o.clock)
    this.#channel = o.channel
    this.#asks = new SnapshotAsks((ask) => o.channel.send(ask, [ask.ids.buffer]))
    this.#reader = new DatabaseReader(o.fileSystem, o.start.dataDirectory)
    this.#engine = o.start.engine
    this.#mayShare = o.start.mayShare
  }

  /** Makes ready for queries in a while, when nobody has any; leaves no garbage behind. */
  rehearseSoon(clock: Clock, failed: (thrown: unknown) => void): void {
    const newHost = (channel: HostChannel) =>
      new QueryHost({ ...this.#options, channel, idle: this.#idle })
    const collect = () => {
      if (!time.isWorking) collectInSlices()
    }
    const time = new RehearsalTime(clock, {
      parts: () => rehearsal(newHost, limits.rehearsalRounds),
      askForSpareTime: () => this.#channel.send({ kind: 'spare-time' }, []),
      done: () => {
        collect()
        // V8 gives the room for young objects back only where few were made of late.
        clock.after(limits.rehearsedMs, collect)
      },
      failed,
    })
    this.#rehearsal = time
    time.soon()
  }

  /** Handles a message; a rejection is our own fault and ends the worker. */
  async receive(message: ToWorker): Promise<void> {
    this.#turns.beat()
    if (message.kind === 'snapshot') {
      this.#asks.answer(message)
      return
    }
    if (message.kind === 'more') {
      this.#credits.get(message.id)?.give()
      return
    }
    if (message.kind === 'spare-time') {
      this.#rehearsal?.spareTime()
      return
    }
    if (message.kind === 'queries') {
      await this.#answerAll(message.queries)
      return
    }
    this.#reader.apply(message.update)
    if (message.kind === 'help') {
      this.#rehearsal?.begin()
      this.#idle.begin()
      await helpReading(message.job, this.#reader, this.#turns.idle())
      this.#idle.end('done')
      this.#rehearsal?.end('help')
      this.#channel.send({ kind: 'helped', id: message.id }, [])
      return
    }
    await this.#begin(message, this.#channel)
  }

  /** One after the other, as far as they wait for nothing but themselves. */
  async #answerAll(messages: readonly QueryMessage[]): Promise<void> {
    const { clock } = this.#options
    const replies = new GatheredReplies(this.#channel)
    const answers: Promise<void>[] = []
    let sinceMs = clock.monotonicMs()
    let told: QueryMessage['update'] | undefined
    for (const message of messages) {
      // Once: others may have brought a newer one by then, whose queries must not be told the older.
      if (message.update !== told) this.#reader.apply(message.update)
      told = message.update
      const answer = this.#begin(message, replies)
      // Told below, when the others have begun.
      answer.catch(() => undefined)
      answers.push(answer)
      await new Promise<void>(afterMicrotasks)
      // Who was quick does not wait for many others.
      const nowMs = clock.monotonicMs()
      if (nowMs - sinceMs < limits.queryTurnMs) continue
      replies.flush()
      sinceMs = nowMs
    }
    replies.end()
    await Promise.all(answers)
  }

  async #begin(message: QueryMessage, replies: Replies): Promise<void> {
    this.#idle.begin()
    this.#idle.end(await this.#answer(message, replies))
  }

  /** Sends the answer, and tells whether it was one. */
  async #answer(message: QueryMessage, replies: Replies): Promise<'done' | 'failed'> {
    const { id, request: told, queuedMs } = message
    const request = told.kind === 'rules' ? this.#hearer.whole(told) : told
    const isRule = 'origin' in request && request.origin?.kind === 'rule'
    const control = this.#turns.control(message.control, isRule)
    this.#rehearsal?.begin()
    try {
      const foretold =
        told.kind === 'rules'
          ? new ForetoldSnapshot(this.#asks, foretoldOf(request, told))
          : undefined
      const queryable = this.#queryable(id, foretold ?? this.#port(message), control.looks)
      const tools = {
        queryable,
        control,
        engine: this.#engine,
        queuedMs,
        runs: this.#runs,
        prepared: this.#prepared,
        mayStream: true,
      }
      const answer = await answerRequest(request, tools)
      const whole =
        foretold === undefined
          ? await compressed(answer, request.coding)
          : withReads(answer, foretold)
      const more = whole.ok ? whole.more : undefined
      const reply = more === undefined ? whole : { ...whole, more: undefined }
      const isOpen = more !== undefined
      replies.send({ kind: 'reply', id, reply, isOpen }, buffersOf(reply))
      if (more !== undefined) await this.#stream(id, more, control)
      return reply.ok ? 'done' : 'failed'
    } finally {
      this.#rehearsal?.end('query')
      control.end()
    }
  }

  /** As fast as pieces are taken; ends early where the query was stopped. */
  async #stream(
    id: number,
    pieces: AsyncIterable<Uint8Array>,
    control: QueryControl,
  ): Promise<void> {
    const credit = new PieceCredit()
    this.#credits.set(id, credit)
    let failure: string | undefined
    try {
      for await (const piece of pieces) {
        await credit.take()
        await control.checkpoint()
        const { buffer } = piece
        const transfer = buffer instanceof ArrayBuffer ? [buffer] : []
        this.#channel.send({ kind: 'piece', id, piece }, transfer)
      }
    } catch (thrown) {
      if (!(thrown instanceof NarthexError)) throw thrown
      failure = thrown.message
    } finally {
      this.#credits.delete(id)
    }
    this.#channel.send({ kind: 'end', id, failure }, [])
  }

  #port({ id, forecast }: QueryMessage): SnapshotPort {
    return new ForecastPort(forecast, {
      snapshot: (ids, count, sinceVersion) => this.#asks.snapshot(ids, count, sinceVersion, id),
    })
  }

  #queryable(id: number, port: SnapshotPort, looks: Looks): Queryable {
    const offer: OfferJob = (job) => this.#channel.send({ kind: 'share', id, job }, [])
    return {
      querier: async (range) => {
        const querier = this.#reader.querier(range, port, looks)
        return this.#mayShare ? new SharingQuerier(querier, offer) : querier
      },
    }
  }
}

/** Where answers go. */
type Replies = Pick<HostChannel | GatheredReplies, 'send'>

function foretoldOf(request: QueryRequest, { snapshot }: ToldRules): ForecastSnapshot | undefined {
  const ids = request.kind === 'rules' ? request.reads : undefined
  return ids && snapshot && { ids, snapshot }
}

function withReads(reply: QueryReply, port: ForetoldSnapshot): QueryReply {
  if (!reply.ok || reply.vectors === undefined) return reply
  return { ...reply, vectors: { ...reply.vectors, reads: port.reads() } }
}

/** The memory of an answer moves to the main thread; pieces may share it. */
function buffersOf(reply: QueryReply): readonly ArrayBuffer[] {
  if (!reply.ok) return []
  const buffers = new Set<ArrayBuffer>()
  for (const { buffer } of reply.body) if (buffer instanceof ArrayBuffer) buffers.add(buffer)
  return [...buffers]
}
