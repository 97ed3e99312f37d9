import { createHmac, randomBytes } from 'node:crypto'
import { limits } from '../base/limits.ts'
import type { Secret } from '../config/secret.ts'
import { type ComparePassword, LoginQueue } from './login-queue.ts'

/** Bcrypt hashes by name. */
export type Users = ReadonlyMap<string, Secret>

/**
 * Who may log in (row F8.4). What was compared once is known by a keyed digest of name, hash and
 * password: a change of the file counts at once, and looking it up tells nothing by its time. A name
 * that nobody has is compared with the hash of one of the users, and so costs what a real one costs.
 */
export class Logins {
  readonly #queue: LoginQueue
  readonly #key = randomBytes(32)
  readonly #right = new RecentKeys(limits.passwordsKnownMax)
  readonly #wrong = new RecentKeys(limits.passwordsWrongMax)
  readonly #pending = new Map<string, Promise<boolean>>()

  constructor(compare: ComparePassword) {
    this.#queue = new LoginQueue(compare)
  }

  /** `authorization` is the header. Rejects with LIMIT_EXCEEDED where too many logins wait. */
  async admits(users: Users, authorization: string | undefined, client: string): Promise<boolean> {
    const given = basicCredentials(authorization)
    if (given === undefined) return false
    const known = users.get(given.name)
    const hash = (known ?? this.#anyOf(users, given.name)).reveal()
    const key = this.#digest(given.name, hash, given.password)
    if (this.#right.has(key)) return known !== undefined
    if (this.#wrong.has(key)) return false
    const isRight = await this.#compared(key, () =>
      this.#queue.compare(client, given.password, hash),
    )
    const isAdmitted = isRight && known !== undefined
    if (isAdmitted) this.#right.add(key)
    else this.#wrong.add(key)
    return isAdmitted
  }

  /** A page asks for many things at once, with one login. */
  #compared(key: string, compare: () => Promise<boolean>): Promise<boolean> {
    const known = this.#pending.get(key)
    if (known !== undefined) return known
    const comparing = compare().finally(() => this.#pending.delete(key))
    this.#pending.set(key, comparing)
    return comparing
  }

  /** The same for the same name: users may differ in what their hashes cost. */
  #anyOf(users: Users, name: string): Secret {
    const hashes = [...users.values()]
    const place = Number.parseInt(this.#digest(name).slice(0, 8), 16) % hashes.length
    const [first, hash = first] = [hashes[0], hashes[place]]
    if (hash === undefined) throw new RangeError('logins need users')
    return hash
  }

  #digest(...texts: readonly string[]): string {
    return createHmac('sha256', this.#key).update(JSON.stringify(texts)).digest('hex')
  }
}

/** Keys that were last used; the oldest go. */
class RecentKeys {
  readonly #keys = new Set<string>()
  readonly #keysMax: number

  constructor(keysMax: number) {
    this.#keysMax = keysMax
  }

  has(key: string): boolean {
    if (!this.#keys.delete(key)) return false
    this.#keys.add(key)
    return true
  }

  add(key: string): void {
    this.#keys.add(key)
    if (this.#keys.size <= this.#keysMax) return
    for (const oldest of this.#keys) {
      this.#keys.delete(oldest)
      return
    }
  }
}

/** Name and password of an Authorization header (RFC 7617); undefined where it has none. */
function basicCredentials(
  header: string | undefined,
): { readonly name: string; readonly password: string } | undefined {
  const encoded = /^basic (.*)$/is.exec(header ?? '')?.[1]
  if (encoded === undefined || encoded.length % 4 !== 0) return undefined
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(encoded)) return undefined
  const text = Buffer.from(encoded, 'base64').toString()
  const colon = text.indexOf(':')
  if (colon < 0) return undefined
  return { name: text.slice(0, colon), password: text.slice(colon + 1) }
}
