import { NarthexError } from './errors.ts'

/** Lets so many pieces of work run at once; the others wait in the order of asking. */
export class Gate {
  readonly #widthMax: number
  readonly #waitingMax: number
  #running = 0
  readonly #waiting: (() => void)[] = []

  constructor(bounds: { readonly widthMax: number; readonly waitingMax: number }) {
    this.#widthMax = bounds.widthMax
    this.#waitingMax = bounds.waitingMax
  }

  /** Those that run, and those that wait. */
  get count(): number {
    return this.#running + this.#waiting.length
  }

  /**
   * Waits for a place; then work must be followed by leave(). Throws LIMIT_EXCEEDED where too many
   * wait already, and QUERY_CANCELED where the signal aborts meanwhile.
   */
  async enter(signal: AbortSignal): Promise<void> {
    if (this.#running < this.#widthMax) {
      this.#running++
      return
    }
    if (this.#waiting.length >= this.#waitingMax) {
      throw new NarthexError('LIMIT_EXCEEDED', `${this.#waiting.length} requests wait already`)
    }
    await new Promise<void>((resolve, reject) => {
      const enter = () => {
        signal.removeEventListener('abort', abort)
        resolve()
      }
      const abort = () => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1)
        reject(new NarthexError('QUERY_CANCELED', 'the client went away'))
      }
      signal.addEventListener('abort', abort, { once: true })
      this.#waiting.push(enter)
    })
  }

  /** Takes a place where there is one just now. */
  tryEnter(): boolean {
    if (this.#running >= this.#widthMax) return false
    this.#running++
    return true
  }

  /** Hands the place on. */
  leave(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#running--
    else next()
  }
}
