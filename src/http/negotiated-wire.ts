import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { buildConnector, Dispatcher } from 'undici'
import type Client from 'undici/lib/dispatcher/client.js'
import { Http2Wire } from './http2-wire.ts'

/** Whatever carries requests to one origin: undici's Client is one. */
export interface Wire {
  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): unknown
  destroy(): unknown
}

export interface NegotiatedWireOptions {
  readonly origin: string
  readonly connector: buildConnector.connector
  /** The other side speaks HTTP/2 whether TLS says so or not. */
  readonly assumesHttp2: boolean
  /** Speaks HTTP/1.1; its first connection is the socket that is given. */
  readonly openHttp1: (socket: Socket) => Client
}

interface WaitingRequest {
  readonly options: Dispatcher.DispatchOptions
  readonly handler: Dispatcher.DispatchHandler
}

/** A TLS connection whose handshake decides between HTTP/2 and HTTP/1.1, or one that is known to be HTTP/2. */
export class NegotiatedWire implements Wire {
  readonly #options: NegotiatedWireOptions
  readonly #waiting: WaitingRequest[] = []
  #http1: Client | undefined
  #http2: Http2Wire | undefined
  #isDialing = false
  #isDestroyed = false

  constructor(options: NegotiatedWireOptions) {
    this.#options = options
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    if (this.#http1 !== undefined) {
      this.#http1.dispatch(options, handler)
    } else if (this.#http2?.isOpen) {
      this.#http2.dispatch(options, handler)
    } else {
      this.#waiting.push({ options, handler })
      if (!this.#isDialing) this.#dial()
    }
  }

  /** What waits for the handshake hears no more: it has its deadline from elsewhere. */
  destroy(): unknown {
    this.#isDestroyed = true
    this.#http2?.destroy()
    return this.#http1?.destroy()
  }

  #dial(): void {
    this.#isDialing = true
    const { protocol, hostname, host, port } = new URL(this.#options.origin)
    const target = { protocol, hostname: hostname.replace(/^\[|\]$/g, ''), host, port }
    this.#options.connector(target, (error, socket) => {
      this.#isDialing = false
      // Whatever its types say, undici leaves the socket out beside an error.
      if (error !== null) this.#failWaiting(error)
      else if (this.#isDestroyed) socket.destroy()
      else this.#use(socket)
    })
  }

  #use(socket: Socket): void {
    const { assumesHttp2 } = this.#options
    if (assumesHttp2 || (socket instanceof TLSSocket && socket.alpnProtocol === 'h2')) {
      this.#http2 = new Http2Wire(this.#options.origin, socket)
    } else {
      this.#http1 = this.#options.openHttp1(socket)
    }
    for (const { options, handler } of this.#waiting.splice(0)) this.dispatch(options, handler)
  }

  #failWaiting(error: Error): void {
    for (const { handler } of this.#waiting.splice(0)) {
      handler.onResponseError?.(new NotStarted(error), error)
    }
  }
}

/** The controller of a request that never had a connection: there is nothing to steer. */
class NotStarted implements Dispatcher.DispatchController {
  readonly aborted = true
  readonly paused = false
  constructor(readonly reason: Error) {}
  abort(): void {}
  pause(): void {}
  resume(): void {}
}
