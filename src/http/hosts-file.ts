import { isIP } from 'node:net'

/** Names of an /etc/hosts text in lower case, each with its addresses in the file's order. */
export function parseHosts(text: string): ReadonlyMap<string, readonly string[]> {
  const hosts = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    const [address, ...names] = line.replace(/#.*$/, '').trim().split(/\s+/)
    if (address === undefined || address === '') continue
    for (const name of names) {
      const key = name.toLowerCase()
      const addresses = hosts.get(key)
      if (addresses === undefined) hosts.set(key, [address])
      else addresses.push(address)
    }
  }
  return hosts
}

export interface ResolvConf {
  /** Addresses of name servers; none where the file names none. */
  readonly servers: readonly string[]
  readonly searchDomains: readonly string[]
  /** A name with at least so many dots is tried as it stands before the search domains. */
  readonly dotsMin: number
}

/** The parts of /etc/resolv.conf that node:dns does not apply; the last search line wins. */
export function parseResolvConf(text: string): ResolvConf {
  let searchDomains: readonly string[] = []
  const servers: string[] = []
  let dotsMin = 1
  for (const line of text.split('\n')) {
    const [keyword, ...words] = line
      .replace(/[#;].*$/, '')
      .trim()
      .split(/\s+/)
    const [server] = words
    if (keyword === 'nameserver' && isIpAddress(server ?? '')) servers.push(server ?? '')
    if (keyword === 'search' || keyword === 'domain') searchDomains = words
    if (keyword !== 'options') continue
    for (const word of words) {
      const match = /^ndots:(\d+)$/.exec(word)
      if (match !== null) dotsMin = Math.min(Number(match[1]), 15)
    }
  }
  return { servers, searchDomains, dotsMin }
}

/** The full names to ask for, in order; a name that ends in a dot is asked for as it is. */
export function candidateNames(name: string, conf: ResolvConf): readonly string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)]
  const dots = name.split('.').length - 1
  const searched = conf.searchDomains.map((domain) => `${name}.${domain.replace(/\.$/, '')}`)
  return dots >= conf.dotsMin ? [name, ...searched] : [...searched, name]
}

/** Of either family, without a port. */
export function isIpAddress(text: string): boolean {
  return isIP(text) !== 0
}
