import { type promises as dns, NODATA, NOTFOUND } from 'node:dns'
import { isIP } from 'node:net'
import type { Clock } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { limits } from '../base/limits.ts'
import { candidateNames, parseHosts, parseResolvConf } from './hosts-file.ts'
import { NameServers } from './name-servers.ts'

export interface ResolvedAddress {
  readonly address: string
  readonly family: 4 | 6
}

/** A name that has no address, or that nobody could tell us one for. */
export class LookupError extends Error {
  override readonly name = 'LookupError'
  constructor(
    readonly hostname: string,
    readonly reason: string,
  ) {
    super(`lookup ${hostname}: ${reason}`)
  }
}

interface CachedAnswer {
  readonly addresses: readonly ResolvedAddress[]
  readonly expiresMs: number
}

export interface ResolverOptions {
  readonly fs: FileSystem
  readonly clock: Clock
  /** host:port of name servers instead of the system's. */
  readonly servers?: readonly string[]
  readonly hostsPath?: string
  readonly resolvConfPath?: string
}

/**
 * Names to addresses without the thread pool: node's own look-up blocks four threads for as long
 * as a name server is silent. Order: literal, /etc/hosts, cache, DNS with the search domains. An
 * answer that has expired still serves while the name servers do not answer.
 */
export class Resolver {
  readonly #options: ResolverOptions
  readonly #nameServers = new NameServers()
  readonly #cache = new Map<string, CachedAnswer>()
  readonly #asked = new Map<string, Promise<readonly ResolvedAddress[]>>()
  #hosts: ReadonlyMap<string, readonly string[]> = new Map()
  #hostsReadMs = -Infinity

  constructor(options: ResolverOptions) {
    this.#options = options
  }

  /** At least one address. Throws LookupError. */
  async resolve(hostname: string): Promise<readonly ResolvedAddress[]> {
    const known = this.#local(hostname)
    if (known !== undefined) return known
    const name = hostname.toLowerCase()
    const cached = this.#cache.get(name)
    if (cached !== undefined && this.#options.clock.monotonicMs() < cached.expiresMs) {
      return cached.addresses
    }
    const asked = this.#asked.get(name) ?? this.#ask(name, cached)
    this.#asked.set(name, asked)
    try {
      return await asked
    } finally {
      this.#asked.delete(name)
    }
  }

  /** Literals, /etc/hosts, and localhost even where that has no line for it. */
  #local(hostname: string): readonly ResolvedAddress[] | undefined {
    if (isIP(hostname) !== 0) return addressList([hostname])
    const found = this.#hostsNow().get(hostname.toLowerCase())
    if (found !== undefined) return addressList(found)
    return hostname === 'localhost' || hostname.endsWith('.localhost')
      ? addressList(['127.0.0.1', '::1'])
      : undefined
  }

  async #ask(name: string, expired: CachedAnswer | undefined): Promise<readonly ResolvedAddress[]> {
    const conf = parseResolvConf(this.#readText(this.#options.resolvConfPath ?? '/etc/resolv.conf'))
    const resolver = this.#nameServers.resolver(this.#options.servers ?? conf.servers)
    let reason = 'no such host'
    for (const candidate of candidateNames(name, conf)) {
      try {
        const answer = await this.#query(resolver, candidate)
        if (answer === undefined) continue
        this.#remember(name, answer)
        return answer.addresses
      } catch (thrown) {
        reason = messageOf(thrown)
      }
    }
    if (expired !== undefined && reason !== 'no such host') return expired.addresses
    throw new LookupError(name, reason)
  }

  /** undefined where the name does not exist; throws where nobody knows. */
  async #query(resolver: dns.Resolver, name: string): Promise<CachedAnswer | undefined> {
    const answers = await Promise.allSettled([
      resolver.resolve4(name, { ttl: true }),
      resolver.resolve6(name, { ttl: true }),
    ])
    const records = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
    if (records.length > 0) {
      const ttlMs = Math.min(...records.map((record) => record.ttl)) * 1_000
      const lifeMs = Math.min(Math.max(ttlMs, limits.dnsCacheMsMin), limits.dnsCacheMsMax)
      return {
        addresses: addressList(records.map((record) => record.address)),
        expiresMs: this.#options.clock.monotonicMs() + lifeMs,
      }
    }
    for (const answer of answers) {
      if (answer.status === 'rejected' && !isAbsence(answer.reason)) throw answer.reason
    }
    return undefined
  }

  #remember(name: string, answer: CachedAnswer): void {
    this.#cache.delete(name)
    this.#cache.set(name, answer)
    const oldest = this.#cache.keys().next().value
    if (this.#cache.size > limits.dnsCacheEntriesMax && oldest !== undefined) {
      this.#cache.delete(oldest)
    }
  }

  #hostsNow(): ReadonlyMap<string, readonly string[]> {
    const nowMs = this.#options.clock.monotonicMs()
    if (nowMs - this.#hostsReadMs >= limits.hostsFileReadMs) {
      this.#hosts = parseHosts(this.#readText(this.#options.hostsPath ?? '/etc/hosts'))
      this.#hostsReadMs = nowMs
    }
    return this.#hosts
  }

  /** A system without the file has nothing to say in it. */
  #readText(path: string): string {
    const { fs } = this.#options
    if (fs.stat(path)?.kind !== 'file') return ''
    return new TextDecoder().decode(fs.readFile(path))
  }
}

function addressList(addresses: readonly string[]): readonly ResolvedAddress[] {
  return addresses.map((address) => ({ address, family: isIP(address) === 6 ? 6 : 4 }))
}

function isAbsence(reason: unknown): boolean {
  const code = reason instanceof Error && 'code' in reason ? reason.code : ''
  return code === NODATA || code === NOTFOUND
}
