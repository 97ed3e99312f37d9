import { NarthexError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'

/** Compares a password with a bcrypt hash, off the main thread. */
export type ComparePassword = (password: string, hash: string) => Promise<boolean>

interface Login {
  readonly password: string
  readonly hash: string
  readonly resolve: (isRight: boolean) => void
  readonly reject: (reason: unknown) => void
}

/**
 * Compares one password after the other, clients in turn: one that tries a thousand keeps nobody
 * else waiting. Bounded by limits.passwordsWaitingMax, from which the newest of those who have the
 * most are turned away.
 */
export class LoginQueue {
  readonly #compare: ComparePassword
  /** By client, in the order of their turns. */
  readonly #waiting = new Map<string, Login[]>()
  #count = 0
  #isComparing = false

  constructor(compare: ComparePassword) {
    this.#compare = compare
  }

  /** Rejects with LIMIT_EXCEEDED where too many wait. */
  compare(client: string, password: string, hash: string): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const login = { password, hash, resolve, reject }
      const own = this.#waiting.get(client)
      if (own === undefined) this.#waiting.set(client, [login])
      else own.push(login)
      this.#count++
      if (this.#count > limits.passwordsWaitingMax) this.#turnAway()
      if (!this.#isComparing) void this.#work()
    })
  }

  #turnAway(): void {
    const [first = []] = this.#waiting.values()
    let longest = first
    for (const logins of this.#waiting.values())
      if (logins.length > longest.length) longest = logins
    this.#count--
    const words = `${this.#count} logins wait already`
    longest.pop()?.reject(new NarthexError('LIMIT_EXCEEDED', words))
  }

  async #work(): Promise<void> {
    this.#isComparing = true
    for (let login = this.#next(); login !== undefined; login = this.#next()) {
      await this.#compare(login.password, login.hash).then(login.resolve, login.reject)
    }
    this.#isComparing = false
  }

  #next(): Login | undefined {
    for (const [client, logins] of this.#waiting) {
      this.#waiting.delete(client)
      const login = logins.shift()
      if (login === undefined) continue
      if (logins.length > 0) this.#waiting.set(client, logins)
      this.#count--
      return login
    }
    return undefined
  }
}
