import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2'
import type { Socket } from 'node:net'
import type { Dispatcher } from 'undici'
import errors from 'undici/lib/core/errors.js'
import { messageOf } from '../base/errors.ts'

/**
 * Requests over one HTTP/2 session, by node:http2: undici's own (7.30) takes a body that the other
 * side cut off by RST_STREAM for a whole one, and fails what is under way when the server announces
 * that it will go away.
 */
export class Http2Wire {
  readonly #session: ClientHttp2Session

  constructor(origin: string, socket: Socket) {
    this.#session = connect(origin, {
      createConnection: () => socket,
      settings: { enablePush: false, initialWindowSize },
    })
    // Every stream tells what became of it; the session's own word comes on top.
    this.#session.on('error', () => undefined)
    this.#session.once('remoteSettings', () => {
      if (!this.#session.destroyed) this.#session.setLocalWindowSize(connectionWindowSize)
    })
  }

  /** Takes requests: the other side has not said goodbye. */
  get isOpen(): boolean {
    return !this.#session.closed && !this.#session.destroyed
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    const controller = new Http2Controller(handler)
    handler.onRequestStart?.(controller, {})
    if (controller.aborted) return
    try {
      const { path, method, headers, body } = options
      const { host, ...fields } = headerObject(headers)
      const stream = this.#session.request(
        {
          ':path': path,
          ':method': method,
          ...(host === undefined ? {} : { ':authority': host }),
          ...fields,
        },
        { endStream: body === undefined || body === null },
      )
      controller.follow(stream)
      if (typeof body === 'string' || body instanceof Uint8Array) stream.end(body)
    } catch (thrown) {
      controller.abort(thrown instanceof Error ? thrown : new Error(messageOf(thrown)))
    }
  }

  destroy(): void {
    this.#session.destroy()
  }
}

// As undici and most servers have it: large answers come without waiting for leave.
const initialWindowSize = 256 << 10
const connectionWindowSize = 1 << 20

type Fields = Record<string, string | string[]>

function headerObject(headers: Dispatcher.DispatchOptions['headers']): Fields {
  const fields: Fields = {}
  if (!Array.isArray(headers)) return fields
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = String(headers[index]).toLowerCase()
    const value = String(headers[index + 1])
    const before = fields[name]
    fields[name] = before === undefined ? value : [before, value].flat()
  }
  return fields
}

/** Turns a stream's events into the calls that a handler of undici gets. */
class Http2Controller implements Dispatcher.DispatchController {
  aborted = false
  paused = false
  reason: Error | null = null
  readonly #handler: Dispatcher.DispatchHandler
  #stream: ClientHttp2Stream | undefined
  #isAnswered = false
  #trailers: Fields = {}

  constructor(handler: Dispatcher.DispatchHandler) {
    this.#handler = handler
  }

  follow(stream: ClientHttp2Stream): void {
    this.#stream = stream
    stream.on('response', (headers) => {
      this.#isAnswered = true
      this.#handler.onResponseStart?.(this, headers[':status'] ?? 0, answerHeaders(headers))
    })
    stream.on('trailers', (trailers) => {
      this.#trailers = answerHeaders(trailers)
    })
    stream.on('data', (piece: Buffer) => {
      if (!this.aborted) this.#handler.onResponseData?.(this, piece)
    })
    stream.on('error', (error) => this.#fail(error))
    // An end alone may be the other side's RST_STREAM: only the code at the close tells.
    stream.on('close', () => {
      const isWhole = this.#isAnswered && stream.rstCode === 0 && stream.readableEnded
      if (!isWhole) this.#fail(new errors.SocketError('other side closed'))
      else if (!this.aborted) this.#handler.onResponseEnd?.(this, this.#trailers)
    })
  }

  pause(): void {
    this.paused = true
    this.#stream?.pause()
  }

  resume(): void {
    this.paused = false
    this.#stream?.resume()
  }

  abort(reason: Error): void {
    this.#fail(reason)
    this.#stream?.close(cancelCode)
  }

  #fail(error: Error): void {
    if (this.aborted) return
    this.aborted = true
    this.reason = error
    // A refused stream has not been looked at: as good as a connection that was closed.
    const isRefused = this.#stream?.rstCode === refusedCode && !this.#isAnswered
    const told = isRefused ? new errors.SocketError('stream refused') : error
    this.#handler.onResponseError?.(this, told)
  }
}

// RFC 9113 section 7
const refusedCode = 7
const cancelCode = 8

function answerHeaders(headers: object): Fields {
  const fields: Fields = {}
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith(':')) fields[name] = Array.isArray(value) ? value : String(value)
  }
  return fields
}
