import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import { NarthexError } from '../base/errors.ts'
import type { WebConfig } from '../config/web-config.ts'
import type { Logins } from './logins.ts'
import type { TokenBucket } from './token-bucket.ts'

/** Bounds of a server that listens, by Node's names. */
export interface ListenerBounds {
  readonly maxHeaderSize: number
  readonly headersTimeout: number
  readonly connectionsCheckingInterval: number
  readonly requestTimeout: number
  readonly keepAliveTimeout: number
}

/** What --web.config.file asks for; shared by every address that is listened on. */
export interface WebSecurity {
  /** What is in force now; throws NarthexError where the file is wrong: then nobody is answered. */
  settings(): WebConfig
  readonly logins: Logins
  readonly bucket: TokenBucket
  /** A server for the listener, with TLS or without. */
  listener(listener: RequestListener, bounds: ListenerBounds): Server
}

/**
 * Stands before the router, so that no route, no unknown path and no request that the router cannot
 * read goes past it (row F8.4): who may not is answered here.
 */
export class WebGuard {
  readonly #security: WebSecurity
  readonly #headers = new WeakMap<IncomingMessage, WebConfig['headers']>()

  readonly #refused: (request: IncomingMessage, status: number) => void

  /** `refused` is told of requests that nobody else sees. */
  constructor(security: WebSecurity, refused: (request: IncomingMessage, status: number) => void) {
    this.#security = security
    this.#refused = refused
  }

  /** Headers of the file: they go before those of the routes. */
  headersOf(request: IncomingMessage): WebConfig['headers'] {
    return this.#headers.get(request) ?? noHeaders
  }

  /** A server that asks the listener only what it may be asked. */
  listener(listener: RequestListener, bounds: ListenerBounds): Server {
    return this.#security.listener(this.#guarded(listener), bounds)
  }

  #guarded(listener: RequestListener): RequestListener {
    return (request, response) => {
      this.#refusal(request, response).then((status) => {
        if (status === undefined) listener(request, response)
        else {
          answer(response, status)
          this.#refused(request, status)
        }
      })
    }
  }

  /** The status that the request is refused with. */
  async #refusal(request: IncomingMessage, response: ServerResponse): Promise<number | undefined> {
    try {
      const { headers, users, rateLimit } = this.#security.settings()
      if (rateLimit !== undefined && !this.#security.bucket.take(rateLimit)) return 429
      this.#headers.set(request, headers)
      for (const [name, value] of headers) response.setHeader(name, value)
      if (users.size === 0) return undefined
      const client = request.socket.remoteAddress ?? ''
      const { authorization } = request.headers
      return (await this.#security.logins.admits(users, authorization, client)) ? undefined : 401
    } catch (thrown) {
      if (!(thrown instanceof NarthexError)) throw thrown
      return thrown.code === 'LIMIT_EXCEEDED' ? 503 : 500
    }
  }
}

const statusTexts: ReadonlyMap<number, string> = new Map([
  [401, 'Unauthorized'],
  [429, 'Too Many Requests'],
  [500, 'Internal Server Error'],
  [503, 'Service Unavailable'],
])

const noHeaders: WebConfig['headers'] = new Map()

function answer(response: ServerResponse, status: number): void {
  if (status === 401) response.setHeader('WWW-Authenticate', 'Basic')
  response.setHeader('Content-Type', 'text/plain; charset=utf-8')
  response.setHeader('X-Content-Type-Options', 'nosniff')
  response.statusCode = status
  response.end(`${statusTexts.get(status) ?? ''}\n`)
}
