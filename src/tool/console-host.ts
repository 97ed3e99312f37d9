import type { Clock } from '../base/clock.ts'
import type { FileSystem } from '../base/file-system.ts'
import { type ConsoleReply, type ConsoleRequest, unwanted } from '../rules/console-contract.ts'
import { ConsolePages, type ConsolePagesOptions } from '../rules/console-pages.ts'
import { unpackedVectors } from '../storage/forwarded-vectors.ts'
import type {
  ExternalLabels,
  QueryBounds,
  QueryReply,
  QueryRequest,
} from '../storage/query-runner.ts'

/** What the configuration says when a page is asked for. */
export interface ConsoleSettings {
  readonly bounds: QueryBounds
  readonly externalLabels: ExternalLabels
}

/** What the thread of consoles is told when it starts. */
export interface ConsoleStart extends Pick<ConsolePagesOptions, 'folders' | 'externalUrl'> {
  readonly settings: ConsoleSettings
}

export type ToConsoles =
  | {
      readonly kind: 'page'
      readonly id: number
      readonly request: Omit<ConsoleRequest, 'signal'>
      readonly settings: ConsoleSettings
    }
  /** Nobody waits for the page any more. */
  | { readonly kind: 'gone'; readonly id: number }
  | { readonly kind: 'answer'; readonly ask: number; readonly reply: QueryReply }

export type FromConsoles =
  | { readonly kind: 'page'; readonly id: number; readonly reply: ConsoleReply }
  /** A query of a page, for those who answer all queries. */
  | { readonly kind: 'ask'; readonly ask: number; readonly request: QueryRequest }
  /** No page wants its answer any more. */
  | { readonly kind: 'gone'; readonly ask: number }

export interface ConsoleHostOptions {
  readonly start: ConsoleStart
  readonly fileSystem: FileSystem
  readonly clock: Clock
  readonly send: (message: FromConsoles, transfer: readonly ArrayBuffer[]) => void
}

/** What runs in the thread of consoles: all that a page takes, but for its queries. */
export class ConsoleHost {
  readonly #send: ConsoleHostOptions['send']
  readonly #pages: ConsolePages
  readonly #readers = new Map<number, AbortController>()
  readonly #asked = new Map<number, (reply: QueryReply) => void>()
  #settings: ConsoleSettings
  #nextAsk = 0
  #turn: Promise<void> = Promise.resolve()

  constructor({ start, fileSystem, clock, send }: ConsoleHostOptions) {
    this.#send = send
    this.#settings = start.settings
    this.#pages = new ConsolePages({
      fs: fileSystem,
      clock,
      runner: { run: (request, signal) => this.#ask(request, signal) },
      bounds: () => this.#settings.bounds,
      externalLabels: () => this.#settings.externalLabels,
      folders: start.folders,
      externalUrl: start.externalUrl,
    })
  }

  /** Rejects for faults of our own. */
  async receive(message: ToConsoles): Promise<void> {
    if (message.kind === 'gone') this.#readers.get(message.id)?.abort()
    else if (message.kind === 'page') {
      this.#settings = message.settings
      await this.#page(message.id, message.request)
    } else {
      this.#asked.get(message.ask)?.(unpacked(message.reply))
      this.#asked.delete(message.ask)
    }
  }

  async #page(id: number, request: Omit<ConsoleRequest, 'signal'>): Promise<void> {
    const reader = new AbortController()
    this.#readers.set(id, reader)
    await this.#nextTurn()
    const { signal } = reader
    const reply = signal.aborted ? unwanted : await this.#pages.page({ ...request, signal })
    this.#readers.delete(id)
    this.#send({ kind: 'page', id, reply }, reply.ok ? [reply.page.buffer] : [])
  }

  /** Pages begin one by one: reading one takes long, and who has gone is heard between two of them. */
  #nextTurn(): Promise<void> {
    this.#turn = this.#turn.then(() => new Promise((resolve) => setImmediate(resolve)))
    return this.#turn
  }

  #ask(request: QueryRequest, signal: AbortSignal): Promise<QueryReply> {
    const ask = this.#nextAsk++
    return new Promise((resolve) => {
      const gone = () => this.#send({ kind: 'gone', ask }, [])
      this.#asked.set(ask, (reply) => {
        signal.removeEventListener('abort', gone)
        resolve(reply)
      })
      const isRules = request.kind === 'rules'
      const forwarded = isRules ? { ...request, isForwarded: true } : request
      this.#send({ kind: 'ask', ask, request: forwarded }, [])
      if (signal.aborted) gone()
      signal.addEventListener('abort', gone, { once: true })
    })
  }
}

/** As the query's worker made it, before it came through the main thread in one piece. */
function unpacked(reply: QueryReply): QueryReply {
  const packed = reply.ok && reply.vectors !== undefined ? reply.body[0] : undefined
  return packed === undefined ? reply : { ok: true, body: [], vectors: unpackedVectors(packed) }
}
