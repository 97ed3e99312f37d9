import type { Clock } from '../base/clock.ts'
import type { FileSystem } from '../base/file-system.ts'
import { limits } from '../base/limits.ts'
import { parseHosts, parseResolvConf } from './hosts-file.ts'
import { NameServers } from './name-servers.ts'
import { Resolver } from './resolver.ts'

export interface HostNameOptions {
  readonly fs: FileSystem
  readonly clock: Clock
  /** host:port of name servers instead of the system's. */
  readonly servers?: readonly string[]
  readonly hostsPath?: string
  readonly resolvConfPath?: string
}

/**
 * The full name of this host, as Go's resolver tells it (upstream util/osutil/hostname.go): the first
 * name of the first of its addresses that has one, with a dot at the end where it has dots; without
 * any, or where that takes longer than `limits.hostNameMs`, the name itself.
 */
export async function fullHostName(hostname: string, options: HostNameOptions): Promise<string> {
  const { clock } = options
  let stopWaiting = (): void => {}
  const late = new Promise<string>((resolve) => {
    const timer = clock.after(limits.hostNameMs, () => resolve(hostname))
    stopWaiting = () => timer.cancel()
  })
  try {
    return await Promise.race([nameByAddress(hostname, options), late])
  } finally {
    stopWaiting()
  }
}

async function nameByAddress(hostname: string, options: HostNameOptions): Promise<string> {
  const { fs, hostsPath = '/etc/hosts', resolvConfPath = '/etc/resolv.conf' } = options
  const textOf = (path: string) =>
    fs.stat(path)?.kind === 'file' ? new TextDecoder().decode(fs.readFile(path)) : ''
  const conf = parseResolvConf(textOf(resolvConfPath))
  const servers = new NameServers().resolver(options.servers ?? conf.servers)
  // An address that nobody knows has no names; a host without addresses the one that it gives itself.
  const namesOf = (address: string) => servers.reverse(address).catch((): string[] => [])
  const addresses = await new Resolver(options).resolve(hostname).catch(() => [])
  for (const { address } of addresses) {
    const name = localName(textOf(hostsPath), address) ?? (await namesOf(address))[0]
    if (name !== undefined) return name.includes('.') && !name.endsWith('.') ? `${name}.` : name
  }
  return hostname
}

function localName(hosts: string, address: string): string | undefined {
  for (const [name, addresses] of parseHosts(hosts)) if (addresses.includes(address)) return name
  return undefined
}
