import { BlockList, isIP } from 'node:net'
import { domainToASCII } from 'node:url'
import type { ProxyConfig } from '../config/proxy-config.ts'

/** Where a request goes instead of its server. */
export interface ProxyServer {
  /** scheme://host:port */
  readonly origin: string
  /** Proxy-Authorization as name, value; or nothing. */
  readonly authorization: readonly string[]
  /** What is sent with CONNECT, as name, value, name, value. */
  readonly connectHeaders: readonly string[]
}

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Which proxy, if any, a URL is reached through (row C9.6). The rules are those of Go's
 * golang.org/x/net/http/httpproxy: a proxy_url alone serves all; with no_proxy, or from the
 * environment, this very machine is reached directly.
 */
export function proxyRule(
  config: ProxyConfig,
  environment: Environment,
): (url: URL) => ProxyServer | undefined {
  const connectHeaders = [...config.connectHeaders].flatMap(([name, values]) =>
    values.flatMap((value) => [name, value.reveal()]),
  )
  const server = (text: string) => proxyServer(text, connectHeaders)
  if (config.fromEnvironment) {
    const https = server(variable(environment, 'HTTPS_PROXY'))
    const http = server(variable(environment, 'HTTP_PROXY'))
    const isDirect = directRule(variable(environment, 'NO_PROXY'))
    return (url) => (isDirect(url) ? undefined : url.protocol === 'https:' ? https : http)
  }
  const proxy = server(config.url?.reveal() ?? '')
  if (proxy === undefined) return () => undefined
  if (config.noProxy === '') return () => proxy
  const isDirect = directRule(config.noProxy)
  return (url) => (isDirect(url) ? undefined : proxy)
}

function variable(environment: Environment, name: string): string {
  return environment[name] || environment[name.toLowerCase()] || ''
}

function proxyServer(text: string, connectHeaders: readonly string[]): ProxyServer | undefined {
  if (text === '') return undefined
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`
  if (!URL.canParse(whole)) return undefined
  const { protocol, host, username, password } = new URL(whole)
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  const isNamed = username !== '' || password !== ''
  const basic = `Basic ${Buffer.from(pair).toString('base64')}`
  return {
    origin: `${protocol}//${host}`,
    authorization: isNamed ? ['Proxy-Authorization', basic] : [],
    connectHeaders,
  }
}

/** Whether a URL is reached without a proxy, by a list such as NO_PROXY. */
export function directRule(list: string): (url: URL) => boolean {
  const entries = list
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '')
  const isAll = entries.includes('*')
  const matchers = entries.flatMap(matcherOf)
  return (url) => {
    const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase()
    const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port
    if (isAll || host === 'localhost' || isLoopback(host)) return true
    return matchers.some((matches) => matches(host, port))
  }
}

type Matcher = (host: string, port: string) => boolean

function matcherOf(entry: string): readonly Matcher[] {
  const range = /^([^/]+)\/(\d{1,3})$/.exec(entry)
  if (range !== null) {
    const [, address = '', bits = ''] = range
    const isRange = isIP(address) !== 0 && Number(bits) <= (isIP(address) === 6 ? 128 : 32)
    if (isRange) return [inSubnet(address, Number(bits))]
  }
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(entry)
  const named = isIP(entry) === 6 ? null : /^([^:]*):([^:]*)$/.exec(entry)
  const [, name = entry, wantedPort = ''] = bracketed ?? named ?? []
  if (name === '') return []
  const isPort = (port: string) => wantedPort === '' || wantedPort === port
  if (isIP(name) !== 0) {
    const isSame = inSubnet(name, isIP(name) === 6 ? 128 : 32)
    return [(host, port) => isSame(host, port) && isPort(port)]
  }
  const plain = name.startsWith('*.') ? name.slice(1) : name
  const suffix = plain.startsWith('.') ? plain : `.${domainToASCII(plain) || plain}`
  return [
    (host, port) =>
      isIP(host) === 0 &&
      isPort(port) &&
      (host.endsWith(suffix) || (plain !== suffix && host === suffix.slice(1))),
  ]
}

function inSubnet(address: string, bits: number): Matcher {
  const subnet = new BlockList()
  subnet.addSubnet(address, bits, family(address))
  return (host) => isIP(host) === isIP(address) && subnet.check(host, family(host))
}

function family(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4'
}

function isLoopback(host: string): boolean {
  return (isIP(host) === 4 && host.startsWith('127.')) || host === '::1'
}
