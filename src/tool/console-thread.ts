import { Worker } from 'node:worker_threads'
import type { Clock, Timer } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { limits } from '../base/limits.ts'
import type { Logger } from '../base/logger.ts'
import {
  type ConsoleReply,
  type ConsoleRequest,
  type Consoles,
  unwanted,
} from '../rules/console-contract.ts'
import { ConsoleFiles } from '../rules/console-files.ts'
import type { QueryReply, QueryRequest, QueryRunner } from '../storage/query-runner.ts'
import type { ConsoleSettings, ConsoleStart, FromConsoles, ToConsoles } from './console-host.ts'

export interface ConsoleThreadOptions extends Omit<ConsoleStart, 'settings'> {
  /** The thread's code, one CommonJS text. */
  readonly source: () => string
  readonly fs: FileSystem
  readonly clock: Clock
  readonly logger: Logger
  readonly runner: QueryRunner
  readonly settings: () => ConsoleSettings
}

/**
 * Makes consoles in a thread that is started when one is asked for, and ends when none was for a while:
 * to read a large template takes longer than this thread may be held. Their queries come back here, and
 * stand among those of all other clients.
 */
export class ConsoleThread implements Consoles {
  readonly #options: ConsoleThreadOptions
  readonly #files: ConsoleFiles
  readonly #waiting = new Map<number, (reply: ConsoleReply) => void>()
  readonly #asked = new Map<number, AbortController>()
  #worker: Worker | undefined
  #idle: Timer | undefined
  #nextId = 0

  constructor(options: ConsoleThreadOptions) {
    this.#options = options
    this.#files = new ConsoleFiles(options.fs, options.folders)
  }

  has(path: string): boolean {
    return this.#files.has(path)
  }

  async page({ signal, ...request }: ConsoleRequest): Promise<ConsoleReply> {
    if (signal.aborted) return unwanted
    this.#idle?.cancel()
    const settings = this.#options.settings()
    this.#worker ??= this.#start(settings)
    const worker = this.#worker
    const send = (message: ToConsoles) => worker.postMessage(message)
    const id = this.#nextId++
    const gone = () => send({ kind: 'gone', id })
    try {
      return await new Promise<ConsoleReply>((resolve) => {
        this.#waiting.set(id, resolve)
        send({ kind: 'page', id, request, settings })
        signal.addEventListener('abort', gone, { once: true })
      })
    } finally {
      signal.removeEventListener('abort', gone)
      this.#waiting.delete(id)
      if (this.#waiting.size === 0) this.#endWhenIdle()
    }
  }

  /** What is being made fails. */
  async close(): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    this.#failAll('the server is being stopped')
    this.#idle?.cancel()
    await worker?.terminate()
  }

  #endWhenIdle(): void {
    const worker = this.#worker
    if (worker === undefined) return
    this.#idle?.cancel()
    this.#idle = this.#options.clock.after(limits.consoleThreadIdleMs, () => {
      this.#worker = undefined
      void worker.terminate()
    })
  }

  #start(settings: ConsoleSettings): Worker {
    const { source, folders, externalUrl } = this.#options
    const start: ConsoleStart = { folders, externalUrl, settings }
    const worker = new Worker(source(), { eval: true, name: 'consoles', workerData: start })
    worker.on('message', (message: FromConsoles) => {
      // What one that was ended still said concerns nobody.
      if (worker !== this.#worker) return
      if (message.kind === 'page') this.#waiting.get(message.id)?.(message.reply)
      else if (message.kind === 'gone') this.#asked.get(message.ask)?.abort()
      else void this.#answer(worker, message.ask, message.request)
    })
    worker.on('error', (thrown) => this.#ended(worker, messageOf(thrown)))
    worker.on('exit', (code) => this.#ended(worker, `exit code ${code}`))
    return worker
  }

  async #answer(worker: Worker, ask: number, request: QueryRequest): Promise<void> {
    const asker = new AbortController()
    this.#asked.set(ask, asker)
    const reply = await this.#reply(request, asker.signal)
    if (this.#asked.get(ask) === asker) this.#asked.delete(ask)
    const answer: ToConsoles = { kind: 'answer', ask, reply }
    const memory = reply.ok ? reply.body.map(({ buffer }) => buffer) : []
    worker.postMessage(
      answer,
      memory.filter((buffer) => buffer instanceof ArrayBuffer),
    )
  }

  async #reply(request: QueryRequest, signal: AbortSignal): Promise<QueryReply> {
    try {
      return await this.#options.runner.run(request, signal)
    } catch (thrown) {
      return { ok: false, errorType: 'internal', message: messageOf(thrown) }
    }
  }

  /** Of a thread that was not to end: the next page starts another. */
  #ended(worker: Worker, reason: string): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    this.#options.logger.error('The thread of consoles ended', { reason })
    this.#failAll(`the thread of consoles ended: ${reason}`)
  }

  #failAll(message: string): void {
    for (const asker of this.#asked.values()) asker.abort()
    this.#asked.clear()
    for (const resolve of this.#waiting.values()) resolve({ ok: false, kind: 'failed', message })
  }
}
