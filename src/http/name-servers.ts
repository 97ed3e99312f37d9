import { promises as dns } from 'node:dns'
import { limits } from '../base/limits.ts'

/**
 * The resolver for those name servers; a new one where they have changed, so that /etc/resolv.conf is
 * followed: node:dns reads it once, at the start of the process.
 */
export class NameServers {
  #dns: dns.Resolver | undefined
  #servers = ''

  /** Without any, the system's as they were at the start. */
  resolver(servers: readonly string[]): dns.Resolver {
    const key = servers.join(' ')
    if (this.#dns === undefined || key !== this.#servers) {
      this.#dns = new dns.Resolver({ timeout: limits.dnsTimeoutMs, tries: limits.dnsTries })
      if (servers.length > 0) this.#dns.setServers(servers)
      this.#servers = key
    }
    return this.#dns
  }
}
