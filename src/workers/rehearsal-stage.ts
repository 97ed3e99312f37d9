import { assert } from '../base/assert.ts'
import type { QueryReply, QueryRequest, RulesRequest } from '../storage/query-runner.ts'
import type { Head } from '../tsdb/head/head.ts'
import { controlWords, type FromWorker, type HostChannel, type ToWorker } from './protocol.ts'

/** A host of queries, as a worker has one. */
export interface RehearsedHost {
  receive(message: ToWorker): Promise<void>
}

/** In the main thread's place while a worker rehearses: asks a host that is not the worker's own. */
export class RehearsalStage implements HostChannel {
  readonly #head: Head
  readonly #host: RehearsedHost
  #version = 0
  #id = 0
  #reply: QueryReply | undefined

  constructor(head: Head, newHost: (channel: HostChannel) => RehearsedHost) {
    this.#head = head
    this.#host = newHost(this)
  }

  /** One request at a time; the answer without what was streamed behind it. */
  async ask(request: Exclude<QueryRequest, RulesRequest>): Promise<QueryReply> {
    const head = this.#head.update(this.#version)
    this.#version = head.version
    this.#reply = undefined
    await this.#tell({
      kind: 'query',
      id: ++this.#id,
      request,
      queuedMs: 0,
      update: { head },
      control: new SharedArrayBuffer(controlWords * 4),
      forecast: undefined,
    })
    const reply: QueryReply | undefined = this.#reply
    assert(reply !== undefined, 'a host answers before it has received a query')
    return reply
  }

  send(message: FromWorker): void {
    if (message.kind === 'reply') this.#reply = message.reply
    else if (message.kind === 'piece') void this.#tell({ kind: 'more', id: message.id })
    else if (message.kind === 'snapshot') {
      const { ask, ids, sinceVersion } = message
      const snapshot = this.#head.snapshot(ids, ids.length, sinceVersion)
      void this.#tell({ kind: 'snapshot', ask, snapshot })
    }
  }

  /**
   * Of what comes from another thread V8 makes objects of other shapes than those that were sent: code
   * that was compiled for these would be thrown away when it meets the others.
   */
  #tell(message: ToWorker): Promise<void> {
    return this.#host.receive(structuredClone(message))
  }
}
