import type { Dispatcher } from 'undici'
import type { Clock, Timer } from '../base/clock.ts'
import { limits } from '../base/limits.ts'
import { deadlineAfter } from './deadline.ts'
import { statusTextOf } from './exchange.ts'
import { CanceledError, DeadlineError } from './failure-text.ts'
import { type AnswerHeaders, headerOf } from './http-answer.ts'
import type { StreamRequest } from './http-request.ts'

/** Whom a stream tells of itself, each at most once. */
interface StreamListener {
  /** Its headers are there. */
  started(stream: HttpStream): void
  /** It has ended in whatever way. */
  ended(failure: Error | undefined): void
}

/**
 * An answer that is read while it comes. What waits to be read is bounded: the other side is held
 * back. Protocol: iterate pieces() once to its end, or cancel().
 */
export class HttpStream implements Dispatcher.DispatchHandler {
  status = 0
  statusText = ''
  /** '' where the answer is no redirect. */
  location = ''
  readonly #request: StreamRequest
  readonly #clock: Clock
  readonly #listener: StreamListener
  #headers: AnswerHeaders = {}
  readonly #waiting: Uint8Array[] = []
  #waitingBytes = 0
  #controller: Dispatcher.DispatchController | undefined
  #failure: Error | undefined
  #isEnded = false
  #timer: Timer | undefined
  #wake: () => void = () => undefined

  constructor(request: StreamRequest, clock: Clock, listener: StreamListener) {
    this.#request = request
    this.#clock = clock
    this.#listener = listener
    this.#expectWithin(request.timeoutMs)
    const { signal } = request
    if (signal?.aborted) this.cancel()
    else signal?.addEventListener('abort', this.#abort, { once: true })
  }

  /** The first value of any header, by its name in lower case; '' where there is none. */
  header(name: string): string {
    return headerOf(this.#headers, name)
  }

  /** The body's pieces as they come. Throws what ends the stream before its time. */
  async *pieces(): AsyncGenerator<Uint8Array, void, void> {
    try {
      for (;;) {
        const piece = this.#waiting.shift()
        if (piece !== undefined) {
          this.#waitingBytes -= piece.length
          if (this.#waitingBytes === 0) this.#goOn()
          yield piece
        } else if (this.#failure !== undefined) throw this.#failure
        else if (this.#isEnded) return
        else await new Promise<void>((resolve) => (this.#wake = resolve))
      }
    } finally {
      this.cancel()
    }
  }

  /** Ends the stream; whoever waits for a piece gets CanceledError. */
  cancel(): void {
    this.#fail(new CanceledError())
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#failure !== undefined) controller.abort(this.#failure)
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: AnswerHeaders,
    statusText?: string,
  ): void {
    this.status = status
    this.statusText = statusTextOf(status, statusText)
    this.#headers = headers
    this.location = headerOf(headers, 'location')
    this.#expectWithin(this.#request.silenceMsMax)
    this.#listener.started(this)
  }

  onResponseData(controller: Dispatcher.DispatchController, piece: Buffer): void {
    this.#expectWithin(this.#request.silenceMsMax)
    this.#waiting.push(piece)
    this.#waitingBytes += piece.length
    if (this.#waitingBytes > limits.httpStreamWaitingBytesMax) {
      controller.pause()
      this.#timer?.cancel()
    }
    this.#wake()
  }

  onResponseEnd(): void {
    this.#end()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error)
  }

  readonly #abort = () => this.cancel()

  #goOn(): void {
    if (this.#isEnded || this.#controller?.paused !== true) return
    this.#expectWithin(this.#request.silenceMsMax)
    this.#controller.resume()
  }

  #expectWithin(delayMs: number): void {
    this.#timer?.cancel()
    this.#timer = deadlineAfter(this.#clock, delayMs, () => this.#fail(new DeadlineError()))
  }

  #fail(error: Error): void {
    if (this.#isEnded) return
    this.#failure = error
    this.#controller?.abort(error)
    this.#end()
  }

  #end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#timer?.cancel()
    this.#request.signal?.removeEventListener('abort', this.#abort)
    this.#listener.ended(this.#failure)
    this.#wake()
  }
}
