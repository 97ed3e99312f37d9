import { type promises as dns, NODATA, NOTFOUND } from 'node:dns'
import { NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { candidateNames, parseResolvConf } from './hosts-file.ts'
import { NameServers } from './name-servers.ts'

export type RecordType = 'SRV' | 'A' | 'AAAA' | 'MX' | 'NS'

export interface DnsRecord {
  /** An address, or a name without its last dot. */
  readonly host: string
  /** Of SRV records, else 0. */
  readonly port: number
}

export interface RecordLookupOptions {
  readonly fs: FileSystem
  /** host:port of name servers instead of the system's. */
  readonly servers?: readonly string[]
  readonly resolvConfPath?: string
}

/**
 * Records of names, uncached: from the name servers and with the search domains that
 * /etc/resolv.conf names just then. Truncated answers are asked for again over TCP (c-ares does).
 */
export class RecordLookup {
  readonly #options: RecordLookupOptions
  readonly #nameServers = new NameServers()

  constructor(options: RecordLookupOptions) {
    this.#options = options
  }

  /**
   * The records of the first of the name's full forms that exists, none where no form does. Rejects
   * with NarthexError HTTP_REQUEST_FAILED where a form got no answer and no other form exists.
   */
  async lookup(name: string, type: RecordType): Promise<readonly DnsRecord[]> {
    const conf = parseResolvConf(this.#resolvConf())
    const resolver = this.#nameServers.resolver(this.#options.servers ?? conf.servers)
    let failure: unknown
    for (const candidate of candidateNames(name, conf)) {
      try {
        return await ask(resolver, candidate, type)
      } catch (thrown) {
        const code = thrown instanceof Error && 'code' in thrown ? thrown.code : ''
        // The name is there, with records of other types only: no other form is tried.
        if (code === NODATA) return []
        if (code !== NOTFOUND) failure = thrown
      }
    }
    if (failure === undefined) return []
    const words = `could not resolve "${name}": all servers responded with errors to at least one search domain`
    throw new NarthexError('HTTP_REQUEST_FAILED', words, { cause: failure })
  }

  /** A system without the file has nothing to say in it. */
  #resolvConf(): string {
    const { fs, resolvConfPath = '/etc/resolv.conf' } = this.#options
    if (fs.stat(resolvConfPath)?.kind !== 'file') return ''
    return new TextDecoder().decode(fs.readFile(resolvConfPath))
  }
}

async function ask(
  resolver: dns.Resolver,
  name: string,
  type: RecordType,
): Promise<readonly DnsRecord[]> {
  switch (type) {
    case 'A':
      return (await resolver.resolve4(name)).map(hostRecord)
    case 'AAAA':
      return (await resolver.resolve6(name)).map(hostRecord)
    case 'NS':
      return (await resolver.resolveNs(name)).map(hostRecord)
    case 'MX':
      return (await resolver.resolveMx(name)).map(({ exchange }) => hostRecord(exchange))
    case 'SRV':
      return (await resolver.resolveSrv(name)).map((srv) => ({ host: srv.name, port: srv.port }))
  }
}

function hostRecord(host: string): DnsRecord {
  return { host, port: 0 }
}
