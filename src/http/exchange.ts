import { STATUS_CODES } from 'node:http'
import type { Dispatcher } from 'undici'
import type { Clock, Timer } from '../base/clock.ts'
import { NarthexError } from '../base/errors.ts'
import { deadlineAfter } from './deadline.ts'
import { BrokenAnswerError, CanceledError, DeadlineError } from './failure-text.ts'
import { type AnswerHeaders, type HttpAnswer, headerOf } from './http-answer.ts'
import type { HttpRequest } from './http-request.ts'
import { LineLength } from './line-length.ts'

/** One request on its way: gathers the body, ends at the deadline, tells the outcome once. */
export class Exchange implements Dispatcher.DispatchHandler {
  isStarted = false
  readonly #request: HttpRequest
  readonly #resolve: (answer: HttpAnswer) => void
  readonly #reject: (reason: unknown) => void
  readonly #pieces: Uint8Array[] = []
  #bodyBytes = 0
  #line: LineLength | undefined
  #status = 0
  #statusText = ''
  #headers: AnswerHeaders = {}
  #controller: Dispatcher.DispatchController | undefined
  #failure: Error | undefined
  #timer: Timer | undefined

  constructor(
    request: HttpRequest,
    resolve: (answer: HttpAnswer) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#request = request
    this.#resolve = resolve
    this.#reject = reject
  }

  /** Begins to look at the deadline and the signal. */
  watch(clock: Clock, timeoutMs: number): void {
    this.#timer = deadlineAfter(clock, timeoutMs, () => this.#fail(new DeadlineError()))
    const { signal } = this.#request
    if (signal?.aborted) this.#cancel()
    else signal?.addEventListener('abort', this.#cancel, { once: true })
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.isStarted = true
    this.#controller = controller
    if (this.#failure !== undefined) controller.abort(this.#failure)
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: AnswerHeaders,
    statusText?: string,
  ): void {
    // The connection made this list when its last answer ended: old memory by now, which keeps what
    // it names, views of a piece of the body, until the next full collection.
    if (Array.isArray(controller.rawHeaders)) controller.rawHeaders.length = 0
    this.#status = status
    this.#statusText = statusTextOf(status, statusText)
    this.#headers = headers
    const { lineBytesMax, onHead } = this.#request
    onHead?.(status)
    const isPlain = headerOf(headers, 'content-encoding') === ''
    if (lineBytesMax !== undefined && isPlain && isText(headerOf(headers, 'content-type'))) {
      this.#line = new LineLength(lineBytesMax)
    }
  }

  onResponseData(_controller: Dispatcher.DispatchController, piece: Buffer): void {
    this.#bodyBytes += piece.length
    const { bodyBytesMax } = this.#request
    if (this.#bodyBytes > bodyBytesMax) {
      const text = `body has more than ${bodyBytesMax} bytes`
      this.#fail(new NarthexError('BODY_TOO_LARGE', text))
      return
    }
    const fault = this.#line?.add(piece)
    if (fault === undefined) this.#pieces.push(piece)
    else this.#fail(fault)
  }

  onResponseEnd(_controller: Dispatcher.DispatchController, trailers: AnswerHeaders): void {
    if (this.#failure !== undefined) return
    this.#settle()
    this.#answer(trailers)
  }

  #answer(trailers: AnswerHeaders): void {
    this.#resolve({
      status: this.#status,
      statusText: this.#statusText,
      contentType: headerOf(this.#headers, 'content-type'),
      contentEncoding: headerOf(this.#headers, 'content-encoding'),
      location: headerOf(this.#headers, 'location'),
      header: (name) => headerOf(this.#headers, name),
      trailer: (name) => headerOf(trailers, name),
      pieces: this.#pieces,
      bodyBytes: this.#bodyBytes,
      release: this.#release,
    })
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(this.#status > 0 ? new BrokenAnswerError(error) : error)
  }

  readonly #release = () => {
    this.#pieces.length = 0
  }

  readonly #cancel = () => this.#fail(new CanceledError())

  #fail(error: Error): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    this.#release()
    this.#settle()
    this.#controller?.abort(error)
    const isEnough = this.#request.needsOnlyStatus === true && this.#status > 0
    if (isEnough && !(error instanceof CanceledError)) this.#answer({})
    else this.#reject(error)
  }

  #settle(): void {
    this.#timer?.cancel()
    this.#request.signal?.removeEventListener('abort', this.#cancel)
  }
}

/** Whether a body has lines; what does not say what it is may. */
export function isText(contentType: string): boolean {
  return !contentType.toLowerCase().startsWith('application/vnd.google.protobuf')
}

/** HTTP/2 sends no text, and HTTP/1.1 may leave it out. */
export function statusTextOf(status: number, text: string | undefined): string {
  return text || (STATUS_CODES[status] ?? '')
}
