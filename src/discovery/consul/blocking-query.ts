import type { Clock, Timer } from '../../base/clock.ts'
import { NarthexError } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import type { JsonApi, JsonReply } from '../json-api.ts'

export interface BlockingQueryOptions {
  readonly path: string
  /** Of the address, without index and wait. */
  readonly parameters: readonly (readonly [string, string])[]
  /** No more than one question in this time. */
  readonly intervalMs: number
  /** What changed; throwing NarthexError counts as a failure. */
  answered(json: unknown): void
  failed(error: Error): void
  took(seconds: number): void
}

/**
 * Asks Consul for one thing again and again; each question waits at the server until the answer
 * differs from the last one, two minutes at most. An answer whose index is that of the last one
 * is none. An index that goes back is forgotten, as Consul asks of its clients. Protocol: start()
 * once, then stop() once; the connection is the query's own, since a waiting one is taken.
 */
export class BlockingQuery {
  readonly #api: JsonApi
  readonly #clock: Clock
  readonly #options: BlockingQueryOptions
  #index = ''
  #timer: Timer | undefined
  #isStopped = false

  constructor(api: JsonApi, clock: Clock, options: BlockingQueryOptions) {
    this.#api = api
    this.#clock = clock
    this.#options = options
  }

  start(): void {
    void this.#ask()
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
    this.#api.close()
  }

  async #ask(): Promise<void> {
    const startMs = this.#clock.monotonicMs()
    let nextMs = startMs + this.#options.intervalMs
    try {
      const reply = await this.#api.get(this.#path())
      if (this.#isStopped) return
      this.#take(reply)
    } catch (thrown) {
      if (this.#isStopped) return
      if (!(thrown instanceof NarthexError)) throw thrown
      this.#options.failed(thrown)
      nextMs = Math.max(nextMs, this.#clock.monotonicMs() + limits.consulRetryMs)
    } finally {
      this.#options.took((this.#clock.monotonicMs() - startMs) / 1_000)
    }
    this.#timer = this.#clock.after(nextMs - this.#clock.monotonicMs(), () => void this.#ask())
  }

  #take(reply: JsonReply): void {
    if (reply.status !== 200) {
      const words = `Unexpected response code: ${reply.status} (${reply.text.slice(0, 200)})`
      throw new NarthexError('HTTP_REQUEST_FAILED', words)
    }
    const index = reply.header('x-consul-index')
    if (index !== '' && index === this.#index) return
    this.#options.answered(reply.json())
    this.#index = Number(index) < Number(this.#index) ? '' : index
  }

  #path(): string {
    const { path, parameters } = this.#options
    const all: [string, string][] = parameters.map(([name, value]) => [name, value])
    if (this.#index !== '' && this.#index !== '0') all.push(['index', this.#index])
    all.push(['wait', `${limits.consulWaitMs}ms`])
    return `${path}?${new URLSearchParams(all)}`
  }
}
