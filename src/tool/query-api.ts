import type { Clock } from '../base/clock.ts'
import { limits } from '../base/limits.ts'
import type { HttpClient } from '../http/http-client.ts'
import { formBody } from '../http/http-request.ts'
import { bodyOf, requestFault } from './tool-client.ts'

/** What a Prometheus server answered that is no answer, in the words of its Go client. */
export class QueryApiError extends Error {
  override readonly name = 'QueryApiError'
  constructor(
    type: string,
    message: string,
    /** The body, where it is no JSON of the API. */
    readonly detail = '',
  ) {
    super(type === '' ? message : `${type}: ${message}`)
  }
}

export interface ApiReply {
  readonly data: unknown
  readonly warnings: readonly string[]
}

/** Asks a Prometheus server's HTTP API. */
export class QueryApi {
  readonly #client: HttpClient
  readonly #clock: Clock
  readonly #base: URL
  readonly #headers: readonly string[]

  constructor(
    client: HttpClient,
    clock: Clock,
    server: { readonly url: URL; readonly headers: readonly string[] },
  ) {
    this.#client = client
    this.#clock = clock
    this.#base = server.url
    this.#headers = server.headers
  }

  /** The reply of /api/v1/`path`. Rejects with QueryApiError. */
  async ask(
    path: string,
    parameters: URLSearchParams,
    method: 'GET' | 'POST',
    timeoutMs: number = limits.toolQueryTimeoutMs,
  ): Promise<ApiReply> {
    const endMs = this.#clock.monotonicMs() + timeoutMs
    const send = (how: 'GET' | 'POST') => this.#send(path, parameters, how, endMs)
    const first = await send(method)
    // A server, or what stands before it, that takes no POST is asked by GET.
    const isRefused = method === 'POST' && [405, 501].includes(first.status)
    return replyOf(isRefused ? await send('GET') : first)
  }

  close(): void {
    this.#client.close()
  }

  async #send(path: string, parameters: URLSearchParams, method: 'GET' | 'POST', endMs: number) {
    const whole = `${this.#base.pathname.replace(/\/$/, '')}/api/v1/${path}`
    const asked = method === 'POST' ? whole : `${whole}?${parameters}`
    try {
      const answer = await this.#client.send(this.#base.origin, {
        path: asked,
        body: method === 'POST' ? formBody(parameters) : undefined,
        headers: ['Accept-Encoding', 'gzip', ...this.#headers],
        bodyBytesMax: limits.toolAnswerBytesMax,
        timeoutMs: endMs - this.#clock.monotonicMs(),
      })
      return { ...answer, text: (await bodyOf(answer, limits.toolAnswerBytesMax)).toString() }
    } catch (thrown) {
      const verb = method === 'POST' ? 'Post' : 'Get'
      const words = `${verb} "${this.#base.origin}${asked}": ${requestFault(thrown)}`
      throw new QueryApiError('', words)
    }
  }
}

function replyOf({ status, text }: { readonly status: number; readonly text: string }): ApiReply {
  const isApiError = status === 400 || status === 422
  if (Math.floor(status / 100) !== 2 && !isApiError) {
    const kind = Math.floor(status / 100)
    if (kind === 4) throw new QueryApiError('client_error', `client error: ${status}`, text)
    if (kind === 5) throw new QueryApiError('server_error', `server error: ${status}`, text)
    throw new QueryApiError('bad_response', `bad response code ${status}`, text)
  }
  const envelope = recordOf(parsed(text))
  if (envelope.status === 'error') {
    throw new QueryApiError(String(envelope.errorType ?? ''), String(envelope.error ?? ''))
  }
  if (isApiError) {
    throw new QueryApiError('bad_response', 'inconsistent body for response code')
  }
  const { data, warnings } = envelope
  return { data, warnings: Array.isArray(warnings) ? warnings.map(String) : [] }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown
    throw new QueryApiError('bad_response', thrown.message)
  }
}

/** The object that a part of an answer has to be. Throws QueryApiError. */
export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unexpected(value)
  return { ...value }
}

/** The list that a part of an answer has to be; null is an empty one. Throws QueryApiError. */
export function listOf(value: unknown): readonly unknown[] {
  if (value === null) return []
  if (!Array.isArray(value)) throw unexpected(value)
  return value
}

function unexpected(value: unknown): QueryApiError {
  const text = JSON.stringify(value) ?? 'nothing'
  return new QueryApiError('bad_response', `unexpected in the answer: ${text.slice(0, 100)}`)
}
