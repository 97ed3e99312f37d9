import type { Dispatcher } from 'undici'
import Client from 'undici/lib/dispatcher/client.js'
import type { Clock } from '../base/clock.ts'
import { NarthexError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { compileParser } from './compile-parser.ts'
import { connectorOf, toProxy } from './dial.ts'
import type { DialCounts } from './dialer-metrics.ts'
import { Exchange } from './exchange.ts'
import { DeadlineError, isStaleConnection } from './failure-text.ts'
import type { HttpAnswer } from './http-answer.ts'
import type { HttpRequest, StreamRequest } from './http-request.ts'
import { HttpStream } from './http-stream.ts'
import { NegotiatedWire, type Wire } from './negotiated-wire.ts'
import type { ProxyServer } from './proxy-rule.ts'
import type { Resolver } from './resolver.ts'
import type { TlsOptions } from './tls-options.ts'

export interface ConnectionOptions {
  /** scheme://host[:port] */
  readonly origin: string
  /** Path of a Unix socket to connect to instead of the origin's host. */
  readonly socketPath: string | undefined
  readonly proxy: ProxyServer | undefined
  readonly resolver: Resolver
  readonly dials: DialCounts | undefined
  readonly clock: Clock
  /** Called for every new TLS connection, so that changed certificates are used. */
  readonly tls: () => TlsOptions
  /** Of the files that tls() reads. */
  readonly tlsStamp: string
  readonly enableHttp2: boolean
  /** Without asking, over plain connections, too. */
  readonly assumesHttp2: boolean
}

/**
 * One kept-alive connection to one origin, for requests one after the other: HTTP/2 where TLS
 * agrees on it, else HTTP/1.1. undici's dispatch with a bare handler costs half of what node:http
 * does (50 us a request against 100, measured with a 6 KB answer).
 */
export class Connection {
  readonly origin: string
  readonly tlsStamp: string
  readonly #options: ConnectionOptions
  /** What a forwarding proxy gets of every request. */
  readonly #forward: { readonly pathStart: string; readonly headers: readonly string[] } | undefined
  #wire: Wire | undefined
  /** Requests that this wire has answered: a failure of the first one is not retried. */
  #answered = 0
  isEnded = false

  constructor(options: ConnectionOptions) {
    const { origin, proxy } = options
    this.origin = origin
    this.tlsStamp = options.tlsStamp
    this.#options = options
    if (proxy !== undefined && origin.startsWith('http:')) {
      const headers = ['Host', new URL(origin).host, ...proxy.authorization]
      this.#forward = { pathStart: origin, headers }
    }
  }

  /**
   * The answer, whatever its status. Rejects with DeadlineError, CanceledError, NarthexError
   * BODY_TOO_LARGE or CLOSED, or what the network says. A request that found its kept connection
   * closed is sent once more.
   */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    const endMs = this.#options.clock.monotonicMs() + request.timeoutMs
    const isReused = this.#answered > 0
    try {
      return await this.#exchange(request, request.timeoutMs)
    } catch (thrown) {
      if (!isReused || this.isEnded || !isStaleConnection(thrown)) throw thrown
      this.#drop()
      return await this.#exchange(request, endMs - this.#options.clock.monotonicMs())
    }
  }

  /** The answer once its headers are there; rejects as send() does. The connection is its own. */
  async stream(request: StreamRequest): Promise<HttpStream> {
    const wire = this.#open()
    return await new Promise<HttpStream>((resolve, reject) => {
      const stream = new HttpStream(request, this.#options.clock, {
        started: resolve,
        ended: (failure) => {
          reject(failure)
          this.end()
        },
      })
      wire.dispatch(this.#dispatched(request), stream)
    })
  }

  /** For good: what is under way fails, and no request is taken any more. */
  end(): void {
    this.isEnded = true
    this.#drop()
  }

  #drop(): void {
    const wire = this.#wire
    this.#wire = undefined
    this.#answered = 0
    const destroyed = wire?.destroy()
    if (destroyed instanceof Promise) void destroyed.catch(() => undefined)
  }

  async #exchange(request: HttpRequest, timeoutMs: number): Promise<HttpAnswer> {
    const wire = this.#open()
    const answer = await new Promise<HttpAnswer>((resolve, reject) => {
      const exchange = new Exchange(request, resolve, (reason) => {
        // A request that never started may hang in a connect that nothing else would end, and a
        // silent HTTP/2 session would make the next one wait too.
        const isHanging = !exchange.isStarted || reason instanceof DeadlineError
        if (isHanging && this.#wire === wire) this.#drop()
        reject(reason)
      })
      exchange.watch(this.#options.clock, timeoutMs)
      wire.dispatch(this.#dispatched(request), exchange)
    })
    this.#answered += 1
    return answer
  }

  #dispatched(request: HttpRequest | StreamRequest): Dispatcher.DispatchOptions {
    const { body, headers } = request
    const method = request.method ?? (body === undefined ? 'GET' : 'POST')
    const forward = this.#forward
    const path = forward === undefined ? request.path : `${forward.pathStart}${request.path}`
    const sent = forward === undefined ? [...headers] : [...headers, ...forward.headers]
    if (body === undefined) return { path, method, headers: sent }
    sent.push('Content-Type', body.contentType)
    return { path, method, headers: sent, body: body.content }
  }

  #open(): Wire {
    if (this.isEnded) throw new NarthexError('CLOSED', 'connection is closed')
    this.#wire ??= this.#makeWire()
    return this.#wire
  }

  #makeWire(): Wire {
    compileParser()
    const { dials, origin, proxy, socketPath, resolver } = this.#options
    const isSecure = origin.startsWith('https:')
    const nearest = this.#forward === undefined || proxy === undefined ? origin : proxy.origin
    const dial = {
      socketPath,
      tunnel: isSecure ? proxy : undefined,
      resolver,
      dials,
      tls: isSecure || nearest.startsWith('https:') ? this.#options.tls() : {},
    }
    const connector = connectorOf({ ...dial, offersHttp2: isSecure && this.#options.enableHttp2 })
    if (nearest !== origin) return http1Client(nearest, toProxy(connector))
    const { assumesHttp2, enableHttp2 } = this.#options
    if (!assumesHttp2 && (!isSecure || !enableHttp2)) return http1Client(origin, connector)
    const later = connectorOf({ ...dial, offersHttp2: false })
    return new NegotiatedWire({
      origin,
      connector,
      assumesHttp2,
      openHttp1: (first) => {
        let socket: typeof first | undefined = first
        return http1Client(origin, (target, done) => {
          const ready = socket
          socket = undefined
          if (ready === undefined || ready.destroyed) later(target, done)
          // The client does not expect an answer within its own call.
          else queueMicrotask(() => done(null, ready))
        })
      },
    })
  }
}

function http1Client(origin: string, connector: ReturnType<typeof connectorOf>): Client {
  return new Client(origin, {
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: limits.httpIdleConnectionMs,
    keepAliveMaxTimeout: limits.httpIdleConnectionMs,
    maxHeaderSize: limits.httpAnswerHeadersBytesMax,
    connect: connector,
  })
}
