import { messageOf, NarthexError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import type { HttpClientConfig } from '../config/http-config.ts'
import { decodeBody } from '../http/decode-body.ts'
import { DeadlineError, failureText } from '../http/failure-text.ts'
import { HttpClient } from '../http/http-client.ts'
import { userAgent } from '../http/user-agent.ts'
import type { DiscoveryTools } from './mechanism.ts'

export interface JsonApiOptions {
  readonly http: HttpClientConfig
  /** The name under which its connections are counted. */
  readonly dialer: string
  /** scheme://host[:port] */
  readonly origin: string
  readonly socketPath?: string | undefined
  /** name, value, name, value, ... beside User-Agent and Accept-Encoding. */
  readonly headers: readonly string[]
  readonly timeoutMs: number
}

export interface JsonReply {
  readonly status: number
  readonly statusText: string
  readonly contentType: string
  header(name: string): string
  /** Throws NarthexError BODY_INVALID. */
  json(): unknown
  readonly text: string
}

/** Asks a discovery server over HTTP; bodies are bounded, and every request has a deadline. */
export class JsonApi {
  readonly #options: JsonApiOptions
  readonly #client: HttpClient

  constructor({ fs, clock, resolver, dialers }: DiscoveryTools, options: JsonApiOptions) {
    const { dialer, http, socketPath } = options
    this.#options = options
    this.#client = new HttpClient({
      config: http,
      fs,
      clock,
      resolver,
      dials: dialers.named(dialer),
      ...(socketPath === undefined ? {} : { socketPath }),
    })
  }

  /** The answer, whatever its status. Rejects with NarthexError, in Go's words. */
  async get(path: string, timeoutMs = this.#options.timeoutMs): Promise<JsonReply> {
    const { origin, headers } = this.#options
    const bodyBytesMax = limits.discoveryBodyBytesMax
    try {
      const answer = await this.#client.send(origin, {
        path,
        headers: ['User-Agent', userAgent, 'Accept-Encoding', 'gzip', ...headers],
        bodyBytesMax,
        timeoutMs,
      })
      const { pieces } = await decodeBody(answer, bodyBytesMax)
      const text = Buffer.concat(pieces).toString()
      return { ...answer, text, json: () => parsed(text) }
    } catch (thrown) {
      const isOurs = thrown instanceof NarthexError || thrown instanceof DeadlineError
      const words = isOurs ? thrown.message : failureText(thrown)
      throw new NarthexError('HTTP_REQUEST_FAILED', `Get "${origin}${path}": ${words}`, {
        cause: thrown,
      })
    }
  }

  close(): void {
    this.#client.close()
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (thrown) {
    throw new NarthexError('BODY_INVALID', `not JSON: ${messageOf(thrown)}`, { cause: thrown })
  }
}
