import { STATUS_CODES } from 'node:http'
import type { LookupFunction } from 'node:net'
import { Client, type Dispatcher } from 'undici'
import type { Clock, Timer } from '../base/clock.ts'
import { NarthexError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { DeadlineError, isStaleConnection } from './failure-text.ts'
import type { HttpAnswer } from './http-answer.ts'
import type { Resolver } from './resolver.ts'
import type { TlsOptions } from './tls-options.ts'

export interface ConnectionOptions {
  /** scheme://host[:port] */
  readonly origin: string
  /** Path of a Unix socket to connect to instead of the origin's host. */
  readonly socketPath: string | undefined
  readonly resolver: Resolver
  readonly clock: Clock
  /** Called for every new TLS connection, so that changed certificates are used. */
  readonly tls: () => TlsOptions
}

export interface HttpRequest {
  readonly path: string
  /** Sent by POST, url-encoded as it is; without it the request is a GET. */
  readonly form?: string | undefined
  /** name, value, name, value, ... */
  readonly headers: readonly string[]
  /** On the wire; more is NarthexError BODY_TOO_LARGE. */
  readonly bodyBytesMax: number
  readonly timeoutMs: number
}

/**
 * One kept-alive HTTP/1.1 connection to one origin, for requests one after the other. undici's
 * dispatch with a bare handler costs half of what node:http does (50 us a request against 100,
 * measured with a 6 KB answer).
 */
export class Connection {
  readonly #options: ConnectionOptions
  #client: Client | undefined
  /** Requests that this client has answered: a failure of the first one is not retried. */
  #answered = 0
  #isEnded = false

  constructor(options: ConnectionOptions) {
    this.#options = options
  }

  /**
   * The answer, whatever its status. Rejects with DeadlineError, NarthexError BODY_TOO_LARGE or
   * CLOSED, or what the network says. A request that found its kept connection closed is sent once
   * more.
   */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    const endMs = this.#options.clock.monotonicMs() + request.timeoutMs
    const isReused = this.#answered > 0
    try {
      return await this.#dispatch(request, request.timeoutMs)
    } catch (thrown) {
      if (!isReused || this.#isEnded || !isStaleConnection(thrown)) throw thrown
      this.#drop()
      return await this.#dispatch(request, endMs - this.#options.clock.monotonicMs())
    }
  }

  /** For good: what is under way fails, and no request is taken any more. */
  end(): void {
    this.#isEnded = true
    this.#drop()
  }

  /** The next request makes a new connection. */
  renew(): void {
    this.#drop()
  }

  #drop(): void {
    const client = this.#client
    this.#client = undefined
    this.#answered = 0
    if (client !== undefined) void client.destroy().catch(() => undefined)
  }

  async #dispatch(request: HttpRequest, timeoutMs: number): Promise<HttpAnswer> {
    if (this.#isEnded) throw new NarthexError('CLOSED', 'connection is closed')
    const client = this.#open()
    const answer = await new Promise<HttpAnswer>((resolve, reject) => {
      const exchange = new Exchange(request.bodyBytesMax, resolve, (reason) => {
        this.#dropIf(client, exchange)
        reject(reason)
      })
      exchange.watch(this.#options.clock, timeoutMs)
      client.dispatch(dispatched(request), exchange)
    })
    this.#answered += 1
    return answer
  }

  #dropIf(client: Client, exchange: Exchange): void {
    // A request that never started may hang in a connect that nothing else would end.
    if (!exchange.isStarted && this.#client === client) this.#drop()
  }

  #open(): Client {
    if (this.#client !== undefined) return this.#client
    const { origin, socketPath, resolver } = this.#options
    this.#client = new Client(origin, {
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: limits.httpIdleConnectionMs,
      keepAliveMaxTimeout: limits.httpIdleConnectionMs,
      maxHeaderSize: limits.httpAnswerHeadersBytesMax,
      connect: {
        ...(origin.startsWith('https:') ? this.#options.tls() : {}),
        ...(socketPath === undefined ? {} : { socketPath }),
        timeout: limits.httpConnectTimeoutMs,
        lookup: lookupWith(resolver),
      },
    })
    return this.#client
  }
}

function dispatched({ path, headers, form }: HttpRequest): Dispatcher.DispatchOptions {
  if (form === undefined) return { path, method: 'GET', headers: [...headers] }
  const type = ['Content-Type', 'application/x-www-form-urlencoded']
  return { path, method: 'POST', headers: [...headers, ...type], body: form }
}

/** One request on its way: gathers the body, ends at the deadline, tells the outcome once. */
class Exchange implements Dispatcher.DispatchHandler {
  isStarted = false
  readonly #bodyBytesMax: number
  readonly #resolve: (answer: HttpAnswer) => void
  readonly #reject: (reason: unknown) => void
  readonly #pieces: Uint8Array[] = []
  #bodyBytes = 0
  #status = 0
  #statusText = ''
  #headers: Readonly<Record<string, string | string[] | undefined>> = {}
  #controller: Dispatcher.DispatchController | undefined
  #failure: Error | undefined
  #timer: Timer | undefined

  constructor(
    bodyBytesMax: number,
    resolve: (answer: HttpAnswer) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#bodyBytesMax = bodyBytesMax
    this.#resolve = resolve
    this.#reject = reject
  }

  watch(clock: Clock, timeoutMs: number): void {
    this.#timer = clock.after(timeoutMs, () => this.#fail(new DeadlineError()))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.isStarted = true
    this.#controller = controller
    if (this.#failure !== undefined) controller.abort(this.#failure)
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
    statusText?: string,
  ): void {
    this.#status = status
    this.#statusText = statusText || (STATUS_CODES[status] ?? '')
    this.#headers = headers
  }

  onResponseData(_controller: Dispatcher.DispatchController, piece: Buffer): void {
    this.#bodyBytes += piece.length
    if (this.#bodyBytes > this.#bodyBytesMax) {
      const text = `body has more than ${this.#bodyBytesMax} bytes`
      this.#fail(new NarthexError('BODY_TOO_LARGE', text))
      return
    }
    this.#pieces.push(piece)
  }

  onResponseEnd(): void {
    if (this.#failure !== undefined) return
    this.#timer?.cancel()
    this.#resolve({
      status: this.#status,
      statusText: this.#statusText,
      contentType: this.#header('content-type'),
      contentEncoding: this.#header('content-encoding'),
      location: this.#header('location'),
      header: (name) => this.#header(name),
      pieces: this.#pieces,
      bodyBytes: this.#bodyBytes,
    })
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error)
  }

  #fail(error: Error): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    this.#timer?.cancel()
    this.#controller?.abort(error)
    this.#reject(error)
  }

  #header(name: string): string {
    const value = this.#headers[name]
    return typeof value === 'string' ? value : (value?.[0] ?? '')
  }
}

/** node:net's look-up hook; it asks for all addresses where it tries families in turn. */
function lookupWith(resolver: Resolver): LookupFunction {
  return (hostname, options, callback) => {
    resolver.resolve(hostname).then(
      (addresses) => {
        const [first] = addresses
        if (options.all === true || first === undefined) callback(null, [...addresses])
        else callback(null, first.address, first.family)
      },
      (error: Error) => callback(error, ''),
    )
  }
}
