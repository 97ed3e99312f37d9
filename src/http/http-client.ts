import type { Clock } from '../base/clock.ts'
import { NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { limits } from '../base/limits.ts'
import type { HttpClientConfig } from '../config/http-config.ts'
import { Connection, type HttpRequest } from './connection.ts'
import { credentialHeaders } from './credentials.ts'
import type { HttpAnswer } from './http-answer.ts'
import type { Resolver } from './resolver.ts'
import { tlsFilesStamp, tlsOptions } from './tls-options.ts'

export interface HttpClientOptions {
  readonly config: HttpClientConfig
  readonly fs: FileSystem
  readonly clock: Clock
  readonly resolver: Resolver
  /** Connect here whatever the URL's host is. */
  readonly socketPath?: string
}

/**
 * The outbound client for one URL's owner (a scrape target, a discovery server): credentials, TLS,
 * redirects. It keeps one connection to the origin it was last sent to; close() drops it.
 */
export class HttpClient {
  readonly #options: HttpClientOptions
  readonly #credentials: () => readonly string[]
  #origin = ''
  #connection: Connection | undefined
  #tlsStamp = ''
  #tlsCheckedMs = -Infinity
  #isClosed = false

  constructor(options: HttpClientOptions) {
    this.#options = options
    this.#credentials = credentialHeaders(options.config, options.fs)
  }

  /**
   * Asks for `origin` + `request.path`. Follows up to ten redirects where the configuration says so;
   * credentials and configured headers go to the first origin only (row C9.8). Rejects as
   * Connection.send does, and with HTTP_REQUEST_FAILED for a redirect that leads nowhere.
   */
  async send(origin: string, request: HttpRequest): Promise<HttpAnswer> {
    if (this.#isClosed) throw failed('client is closed')
    this.#renewTls()
    const credentials = this.#credentials()
    const own = credentials.length === 0 ? request.headers : [...request.headers, ...credentials]
    const answer = await this.#connectionTo(origin).send({ ...request, headers: own })
    if (!this.#options.config.followRedirects || !isRedirect(answer)) return answer
    return await this.#follow(new URL(request.path, origin), answer, request, own)
  }

  /** For good: what is under way fails. */
  close(): void {
    this.#isClosed = true
    this.#connection?.end()
  }

  async #follow(
    start: URL,
    first: HttpAnswer,
    request: HttpRequest,
    ownHeaders: readonly string[],
  ): Promise<HttpAnswer> {
    const endMs = this.#options.clock.monotonicMs() + request.timeoutMs
    let url = start
    let answer = first
    for (let hops = 0; isRedirect(answer); hops++) {
      if (hops === limits.httpRedirectsMax) {
        throw failed(`stopped after ${limits.httpRedirectsMax} redirects`)
      }
      url = nextUrl(url, answer.location)
      const isHome = url.origin === start.origin
      const connection = isHome ? this.#connectionTo(start.origin) : this.#open(url.origin)
      try {
        answer = await connection.send({
          ...request,
          path: `${url.pathname}${url.search}`,
          // As Go and browsers do: only these two ask for the same again.
          form: answer.status === 307 || answer.status === 308 ? request.form : undefined,
          headers: isHome ? ownHeaders : request.headers,
          timeoutMs: endMs - this.#options.clock.monotonicMs(),
        })
      } finally {
        if (!isHome) connection.end()
      }
    }
    return answer
  }

  #connectionTo(origin: string): Connection {
    if (this.#connection === undefined || this.#origin !== origin) {
      this.#connection?.end()
      this.#connection = this.#open(origin)
      this.#origin = origin
    }
    return this.#connection
  }

  #open(origin: string): Connection {
    const { config, fs, clock, resolver, socketPath } = this.#options
    return new Connection({
      origin,
      socketPath,
      resolver,
      clock,
      tls: () => tlsOptions(config.tls, fs),
    })
  }

  /** A changed certificate file is used for the next request (row C9.5). */
  #renewTls(): void {
    const { config, fs, clock } = this.#options
    const { caFile, certFile, keyFile } = config.tls
    if (caFile === '' && certFile === '' && keyFile === '') return
    const nowMs = clock.monotonicMs()
    if (nowMs - this.#tlsCheckedMs < limits.tlsFilesCheckMs) return
    this.#tlsCheckedMs = nowMs
    const stamp = tlsFilesStamp(config.tls, fs)
    if (stamp !== this.#tlsStamp) this.#connection?.renew()
    this.#tlsStamp = stamp
  }
}

function isRedirect(answer: HttpAnswer): boolean {
  return [301, 302, 303, 307, 308].includes(answer.status) && answer.location !== ''
}

function nextUrl(base: URL, location: string): URL {
  if (!URL.canParse(location, base.href)) throw failed(`redirect to ${JSON.stringify(location)}`)
  const url = new URL(location, base)
  if (url.protocol === 'http:' || url.protocol === 'https:') return url
  throw failed(`redirect to ${JSON.stringify(location)}`)
}

function failed(text: string): NarthexError {
  return new NarthexError('HTTP_REQUEST_FAILED', text)
}
