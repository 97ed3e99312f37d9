import type { ServerResponse } from 'node:http'

/** The requests under way, so that closing the server stops the work behind them. */
export class OpenRequests {
  readonly #controllers = new Set<AbortController>()
  #isClosing = false

  get isClosing(): boolean {
    return this.#isClosing
  }

  /** Aborts when the client goes away before its answer is out, and when the server closes. */
  signalOf(response: ServerResponse): AbortSignal {
    const controller = new AbortController()
    this.#controllers.add(controller)
    response.once('close', () => {
      this.#controllers.delete(controller)
      if (!response.writableFinished) controller.abort()
    })
    return controller.signal
  }

  close(): void {
    this.#isClosing = true
    for (const controller of this.#controllers) controller.abort()
  }
}
