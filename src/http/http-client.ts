import type { Clock, Timer } from '../base/clock.ts'
import { NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { limits } from '../base/limits.ts'
import { type HttpClientConfig, plainHttp } from '../config/http-config.ts'
import { ClientSettings } from './client-settings.ts'
import { Connection } from './connection.ts'
import { decodeBody } from './decode-body.ts'
import type { DialCounts } from './dialer-metrics.ts'
import { CanceledError, DeadlineError, failureText } from './failure-text.ts'
import type { HttpAnswer } from './http-answer.ts'
import { formBody, type HttpRequest, type StreamRequest } from './http-request.ts'
import type { HttpStream } from './http-stream.ts'
import type { AskForToken } from './oauth2.ts'
import type { Environment } from './proxy-rule.ts'
import { type FollowedAnswer, isRedirect, mayCarryCredentials, redirected } from './redirect.ts'
import type { Resolver } from './resolver.ts'
import { traced } from './traced-request.ts'
import { userAgent } from './user-agent.ts'

export interface HttpClientOptions {
  readonly config: HttpClientConfig
  readonly fs: FileSystem
  readonly clock: Clock
  readonly resolver: Resolver
  /** Who counts its connections. */
  readonly dials?: DialCounts
  /** Connect here whatever the URL's host is. */
  readonly socketPath?: string
  /** The other side speaks HTTP/2 without being asked, as gRPC servers do. */
  readonly assumesHttp2?: boolean
  /** Of clientSettings(), where several clients have the same configuration. */
  readonly settings?: ClientSettings
  /** Where proxies are looked up instead of the process's own. */
  readonly environment?: Environment
}

/** What several clients of one configuration share: tokens above all. */
export function clientSettings(options: HttpClientOptions): ClientSettings {
  const { config, fs, clock } = options
  const environment = options.environment ?? process.env
  return new ClientSettings({ config, fs, clock, environment, ask: tokenAsker(options) })
}

/**
 * The outbound client for one URL's owner (a scrape target, a discovery server): credentials, TLS,
 * proxies, redirects. It keeps its connections to the origin it was last sent to; requests that are
 * under way at the same time have one each. Protocol: close() at the end drops them all.
 */
export class HttpClient {
  readonly #options: HttpClientOptions
  readonly #settings: ClientSettings
  readonly #idle: Connection[] = []
  readonly #open = new Set<Connection>()
  #tlsStamp = ''
  #isClosed = false

  constructor(options: HttpClientOptions) {
    this.#options = options
    this.#settings = options.settings ?? clientSettings(options)
  }

  /**
   * Asks for `origin` + `request.path`. Follows up to ten redirects where the configuration says so;
   * credentials and configured headers do not follow to another host (row C9.8). Rejects as
   * Connection.send does, and with HTTP_REQUEST_FAILED for a redirect that leads nowhere and for
   * credentials that cannot be had.
   */
  async send(origin: string, request: HttpRequest): Promise<HttpAnswer> {
    return request.span === undefined
      ? await this.#sendOnce(origin, request)
      : await traced(request, request.span, (asked) => this.#sendOnce(origin, asked))
  }

  async #sendOnce(origin: string, request: HttpRequest): Promise<HttpAnswer> {
    return await this.#ask(origin, request, async (from, asked) => {
      const connection = this.#take(from)
      try {
        return await connection.send(asked)
      } finally {
        this.#giveBack(connection, origin)
      }
    })
  }

  /** As send(), for an answer that is read while it comes; it has a connection of its own. */
  async stream(origin: string, request: StreamRequest): Promise<HttpStream> {
    return await this.#ask(origin, request, async (from, asked) => {
      const connection = this.#connect(from)
      try {
        return await connection.stream(asked)
      } finally {
        // Its stream ends it, if it must; what has ended is forgotten at the next connect.
        if (connection.isEnded) this.#open.delete(connection)
      }
    })
  }

  /** For good: what is under way fails. */
  close(): void {
    this.#isClosed = true
    for (const connection of this.#open) connection.end()
    this.#open.clear()
    this.#idle.length = 0
  }

  async #ask<Request extends HttpRequest | StreamRequest, Answer extends FollowedAnswer>(
    origin: string,
    request: Request,
    exchange: (origin: string, request: Request) => Promise<Answer>,
  ): Promise<Answer> {
    if (this.#isClosed) throw failed('client is closed')
    const { clock } = this.#options
    const endMs = clock.monotonicMs() + request.timeoutMs
    const given = this.#settings.headers()
    const credentials = given instanceof Promise ? await within(given, request, clock) : given
    const own = credentials.length === 0 ? request.headers : [...request.headers, ...credentials]
    const first = await exchange(origin, {
      ...request,
      headers: own,
      timeoutMs: given instanceof Promise ? endMs - clock.monotonicMs() : request.timeoutMs,
    })
    if (!this.#settings.config.followRedirects || !isRedirect(first)) return first
    return await this.#follow({ origin, request, own, first, endMs }, exchange)
  }

  async #follow<Request extends HttpRequest | StreamRequest, Answer extends FollowedAnswer>(
    start: {
      readonly origin: string
      readonly request: Request
      readonly own: readonly string[]
      readonly first: Answer
      readonly endMs: number
    },
    exchange: (origin: string, request: Request) => Promise<Answer>,
  ): Promise<Answer> {
    const home = new URL(start.request.path, start.origin)
    let url = home
    let answer = start.first
    let request = start.request
    let isTrusted = true
    for (let hops = 0; isRedirect(answer); hops++) {
      if (hops === limits.httpRedirectsMax) {
        throw failed(`stopped after ${limits.httpRedirectsMax} redirects`)
      }
      answer.cancel?.()
      const next = redirected(url, request, answer)
      url = next.url
      request = next.request
      // Once strangers had a say, even a way back home may be theirs.
      isTrusted &&= mayCarryCredentials(home, url)
      answer = await exchange(url.origin, {
        ...request,
        path: `${url.pathname}${url.search}`,
        headers: isTrusted ? start.own : start.request.headers,
        timeoutMs: start.endMs - this.#options.clock.monotonicMs(),
      })
    }
    return answer
  }

  /** A kept connection to the origin, or a new one. */
  #take(origin: string): Connection {
    this.#renewTls(origin)
    const kept = this.#idle.pop()
    if (kept === undefined) return this.#connect(origin)
    if (kept.origin === origin) return kept
    this.#idle.push(kept)
    return this.#connect(origin)
  }

  /** Connections to where a redirect led are not kept. */
  #giveBack(connection: Connection, home: string): void {
    const isCurrent = connection.origin === home && connection.tlsStamp === this.#tlsStamp
    if (isCurrent && !this.#isClosed && this.#idle.length < limits.httpClientIdleMax) {
      if (this.#idle[0]?.origin !== home) this.#endIdle()
      this.#idle.push(connection)
      return
    }
    connection.end()
    this.#open.delete(connection)
  }

  #endIdle(): void {
    for (const connection of this.#idle.splice(0)) {
      connection.end()
      this.#open.delete(connection)
    }
  }

  #connect(origin: string): Connection {
    if (this.#isClosed) throw failed('client is closed')
    if (this.#open.size >= limits.httpClientConnectionsMax) {
      for (const known of this.#open) if (known.isEnded) this.#open.delete(known)
    }
    if (this.#open.size >= limits.httpClientConnectionsMax) {
      const text = `more than ${limits.httpClientConnectionsMax} connections to ${origin} at once`
      throw new NarthexError('LIMIT_EXCEEDED', text)
    }
    const { assumesHttp2 = false, clock, dials, resolver, socketPath } = this.#options
    const settings = this.#settings
    const connection = new Connection({
      origin,
      socketPath,
      proxy: socketPath === undefined ? settings.proxyFor(new URL(origin)) : undefined,
      resolver,
      dials,
      clock,
      tls: () => settings.tls(),
      tlsStamp: this.#tlsStamp,
      enableHttp2: settings.config.enableHttp2,
      assumesHttp2,
    })
    this.#open.add(connection)
    return connection
  }

  /** A changed certificate file is used for the next request (row C9.5). */
  #renewTls(origin: string): void {
    if (!origin.startsWith('https:')) return
    const stamp = this.#settings.tlsStamp()
    if (stamp === this.#tlsStamp) return
    this.#tlsStamp = stamp
    this.#endIdle()
  }
}

/** The value, or what comes first of the request's deadline and its signal. */
async function within<T>(
  promise: Promise<T>,
  { timeoutMs, signal }: HttpRequest | StreamRequest,
  clock: Clock,
): Promise<T> {
  let timer: Timer | undefined
  let abort: () => void = () => undefined
  const end = new Promise<never>((_, reject) => {
    timer = clock.after(timeoutMs, () => reject(new DeadlineError()))
    abort = () => reject(new CanceledError())
    if (signal?.aborted) abort()
    else signal?.addEventListener('abort', abort, { once: true })
  })
  try {
    return await Promise.race([promise, end])
  } finally {
    timer?.cancel()
    signal?.removeEventListener('abort', abort)
  }
}

/** Asks the token server with the TLS and the proxy of the oauth2 section. */
function tokenAsker(options: HttpClientOptions): AskForToken {
  return async (form, headers) => {
    const { oauth2 } = options.config
    if (oauth2 === undefined || !URL.canParse(oauth2.tokenUrl)) {
      throw failed(`Post ${JSON.stringify(oauth2?.tokenUrl ?? '')}: unsupported protocol scheme ""`)
    }
    const { origin, pathname, search } = new URL(oauth2.tokenUrl)
    const { fs, clock, resolver, environment } = options
    const config = { ...plainHttp, tls: oauth2.tls, proxy: oauth2.proxy, enableHttp2: false }
    const rest = environment === undefined ? {} : { environment }
    const client = new HttpClient({ config, fs, clock, resolver, ...rest })
    try {
      const answer = await client.send(origin, {
        path: `${pathname}${search}`,
        body: formBody(form),
        headers: ['User-Agent', userAgent, ...headers],
        bodyBytesMax: limits.oauth2TokenBytesMax,
        timeoutMs: limits.oauth2TokenTimeoutMs,
      })
      const { pieces } = await decodeBody(answer, limits.oauth2TokenBytesMax)
      const { status, statusText, contentType } = answer
      return { status, statusText, contentType, text: Buffer.concat(pieces).toString() }
    } catch (thrown) {
      throw failed(`Post ${JSON.stringify(oauth2.tokenUrl)}: ${failureText(thrown)}`)
    } finally {
      client.close()
    }
  }
}

function failed(text: string): NarthexError {
  return new NarthexError('HTTP_REQUEST_FAILED', text)
}
