import { messageOf, NarthexError } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import { decodeBody } from '../../http/decode-body.ts'
import { failureText } from '../../http/failure-text.ts'
import { readLines } from '../../http/read-lines.ts'
import { userAgent } from '../../http/user-agent.ts'
import { JsonReader } from '../json-reader.ts'
import type { ClusterAccess } from './cluster-access.ts'

/** The API no longer has the version that was asked for: everything has to be listed anew. */
export class GoneError extends Error {
  override readonly name = 'GoneError'
}

export interface WatchEvent {
  readonly type: string
  readonly object: JsonReader
}

/** The requests of list and watch. Both reject with NarthexError, with GoneError for 410. */
export class KubernetesApi {
  readonly #access: ClusterAccess

  constructor(access: ClusterAccess) {
    this.#access = access
  }

  /** One page of a list. */
  async list(path: string, signal: AbortSignal): Promise<JsonReader> {
    return await this.#told(path, async (origin, whole) => {
      const { client, headers } = await this.#access.request()
      const answer = await client.send(origin, {
        path: whole,
        headers: [...commonHeaders, 'Accept-Encoding', 'gzip', ...headers],
        bodyBytesMax: limits.kubernetesPageBytesMax,
        timeoutMs: limits.kubernetesListTimeoutMs,
        signal,
      })
      const { pieces } = await decodeBody(answer, limits.kubernetesPageBytesMax)
      const text = Buffer.concat(pieces).toString()
      if (answer.status !== 200) throw refusal(answer.status, answer.statusText, text)
      return new JsonReader(parsed(text))
    })
  }

  /** The events of one watch, until the server ends it; an event of an error is thrown. */
  async *watch(path: string, signal: AbortSignal): AsyncGenerator<WatchEvent, void, void> {
    const stream = await this.#told(path, async (origin, whole) => {
      const { client, headers } = await this.#access.request()
      return await client.stream(origin, {
        path: whole,
        headers: [...commonHeaders, ...headers],
        timeoutMs: limits.kubernetesListTimeoutMs,
        silenceMsMax: limits.kubernetesSilenceMsMax,
        signal,
      })
    })
    const lines = readLines(stream.pieces(), limits.httpStreamLineBytesMax)
    for await (const line of lines) {
      if (stream.status !== 200) throw refusal(stream.status, stream.statusText, line)
      if (line === '') continue
      const event = new JsonReader(parsed(line))
      const object = event.object('object')
      const type = event.text('type')
      if (type === 'ERROR') throw refusal(object.number('code'), 'error', line, object)
      yield { type, object }
    }
    if (stream.status !== 200) throw refusal(stream.status, stream.statusText, '')
  }

  async #told<T>(path: string, ask: (origin: string, path: string) => Promise<T>): Promise<T> {
    const { origin, pathname } = this.#access.base
    const whole = `${pathname.replace(/\/$/, '')}${path}`
    try {
      return await ask(origin, whole)
    } catch (thrown) {
      if (thrown instanceof GoneError) throw thrown
      const words = `Get "${origin}${whole}": ${failureText(thrown)}`
      throw new NarthexError('HTTP_REQUEST_FAILED', words, { cause: thrown })
    }
  }
}

const commonHeaders = ['User-Agent', userAgent, 'Accept', 'application/json']

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (thrown) {
    throw new NarthexError('BODY_INVALID', `not JSON: ${messageOf(thrown)}`, { cause: thrown })
  }
}

/** What the API says against a request, which is an object of kind Status. */
function refusal(
  status: number,
  statusText: string,
  text: string,
  object: JsonReader | undefined = statusObject(text),
): Error {
  const message = object?.has('message') ? object.text('message') : text
  const words = `server returned status ${status} ${statusText}: ${message.slice(0, shownTextMax)}`
  if (status === 410) return new GoneError(words)
  return new NarthexError('HTTP_REQUEST_FAILED', words)
}

const shownTextMax = 500

function statusObject(text: string): JsonReader | undefined {
  if (!text.startsWith('{')) return undefined
  try {
    return new JsonReader(JSON.parse(text))
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined
    throw thrown
  }
}
