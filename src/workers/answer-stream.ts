import type { Clock, Timer } from '../base/clock.ts'
import { NarthexError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'

/**
 * The rest of an answer, piece by piece, on the main thread. The worker makes some pieces ahead of
 * who reads, and one more for each that is taken: neither thread holds the whole answer. Who takes
 * nothing for limits.answerStallMs is given up.
 */
export class AnswerStream implements AsyncIterable<Uint8Array> {
  readonly #pieces: Uint8Array[] = []
  readonly #clock: Clock
  readonly #tools: { readonly taken: () => void; readonly stalled: () => void }
  #stall: Timer | undefined
  #failure: string | undefined
  #hasEnded = false
  #wake: () => void = () => undefined

  constructor(
    clock: Clock,
    tools: {
      /** A piece was taken: there may be another. */
      readonly taken: () => void
      /** Nobody reads any more. */
      readonly stalled: () => void
    },
  ) {
    this.#clock = clock
    this.#tools = tools
    this.#watch()
  }

  push(piece: Uint8Array): void {
    this.#pieces.push(piece)
    this.#wake()
  }

  /** With what went wrong, where the answer lacks its end. */
  end(failure: string | undefined): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#failure = failure
    this.#stall?.cancel()
    this.#wake()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      const piece = this.#pieces.shift()
      if (piece !== undefined) {
        this.#watch()
        this.#tools.taken()
        yield piece
      } else if (!this.#hasEnded) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      } else if (this.#failure === undefined) return
      else throw new NarthexError('QUERY_EXECUTION', this.#failure)
    }
  }

  #watch(): void {
    this.#stall?.cancel()
    if (!this.#hasEnded) this.#stall = this.#clock.after(limits.answerStallMs, this.#tools.stalled)
  }
}

/** In the worker: how many pieces may be made ahead of who reads them. */
export class PieceCredit {
  #left: number = limits.answerPiecesAhead
  #wake: () => void = () => undefined

  /** Waits until one more piece may go out; also woken where the query was stopped. */
  async take(): Promise<void> {
    if (this.#left === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    this.#left--
  }

  give(): void {
    this.#left++
    this.#wake()
  }
}
