import { goQuote } from '../model/go-quote.ts'
import { urlPath } from '../model/url-path.ts'
import { isIpAddress } from './hosts-file.ts'

/** What a URL is made of where nobody has checked it: labels that people and discovery wrote. */
export interface UrlParts {
  readonly scheme: string
  readonly address: string
  readonly path: string
  /** With its question mark, or ''. */
  readonly query: string
}

export interface RequestUrl {
  /** As upstream prints it. */
  readonly text: string
  /** The same as upstream's client reads and prints it, in what it says of requests. */
  readonly asked: string
  /** scheme://host; of no use where there is a fault. */
  readonly origin: string
  /** Path and query, as the request line has them. */
  readonly path: string
  /** Why every request to it fails, in upstream's words; undefined where it can be asked for. */
  readonly fault: string | undefined
}

/** Any parts make a URL, as in upstream; those of which no request can be made have a fault. */
export function requestUrl(method: 'Get' | 'Post', parts: UrlParts): RequestUrl {
  const { scheme, query } = parts
  const host = escapedHost(parts.address)
  const path = urlPath(parts.path)
  const rest = `//${host}${path}${query}`
  const text = scheme === '' ? rest : `${scheme}:${rest}`
  const asked = wellFormedScheme.test(scheme)
    ? `${scheme.toLowerCase()}://${host.replace(/:$/, '')}${path}${query}`
    : text
  // As Go dials it: without a host this machine is meant.
  const origin = `${scheme}://${host.startsWith(':') && !isIpAddress(host) ? 'localhost' : ''}${host}`
  const request = `${method} ${goQuote(asked)}`
  return {
    text,
    asked,
    origin: URL.canParse(origin) ? new URL(origin).origin : '',
    path: (path || '/') + query,
    fault: parseFault(scheme, host, text) ?? requestFault(scheme, host, origin, request),
  }
}

const wellFormedScheme = /^[A-Za-z][A-Za-z0-9+.-]*$/

/** What upstream's parser of URLs says; path and query are escaped, and always well formed. */
function parseFault(scheme: string, host: string, text: string): string | undefined {
  const hasHost = scheme === '' || wellFormedScheme.test(scheme)
  const words = hasHost
    ? (bracketFault(host) ?? portFault(host) ?? escapeFault(host))
    : schemeFault(scheme)
  return words === undefined ? undefined : `parse ${goQuote(text)}: ${words}`
}

/** Of a scheme that is none. What ends it may make a URL of another kind of it, which has no fault. */
function schemeFault(scheme: string): string | undefined {
  const hasControl = [...scheme].some((sign) => sign < ' ' || sign === '\x7f')
  if (hasControl) return 'net/url: invalid control character in URL'
  const { name, isPath } = schemePart(scheme)
  if (name === '' && !isPath) return 'missing protocol scheme'
  if (isPath || wellFormedScheme.test(name)) return undefined
  return 'first path segment in URL cannot contain colon'
}

/** What a parser takes for the scheme of `scheme://`, or whether it takes it for a path without one. */
function schemePart(scheme: string): { readonly name: string; readonly isPath: boolean } {
  const [name = ''] = scheme.split(/[:/?#]/, 1)
  return { name, isPath: name !== scheme && scheme[name.length] !== ':' }
}

function bracketFault(host: string): string | undefined {
  if (!host.startsWith('[')) return undefined
  const end = host.lastIndexOf(']')
  if (end < 0) return "missing ']' in host"
  const address = host.slice(1, end).replace(/%25.*$/, '')
  if (address.includes(':') && isIpAddress(address)) return undefined
  return `invalid host: ParseAddr(${goQuote(address)}): unable to parse IP`
}

function portFault(host: string): string | undefined {
  const colon = host.startsWith('[') ? host.lastIndexOf(']') + 1 : host.lastIndexOf(':')
  const port = colon < 0 ? '' : host.slice(colon)
  return /^(?::[0-9]*)?$/.test(port) ? undefined : `invalid port ${goQuote(port)} after host`
}

/** Bytes of ASCII may not stand escaped in a host, but for the percent sign. */
function escapeFault(host: string): string | undefined {
  const escaped = /%(?!25)[0-7][0-9A-F]/.exec(host)?.[0]
  return escaped === undefined ? undefined : `invalid URL escape ${goQuote(escaped)}`
}

/** What upstream's client says before it asks anybody; where we know no better, that nobody has the name. */
function requestFault(
  scheme: string,
  host: string,
  origin: string,
  request: string,
): string | undefined {
  const { name, isPath } = schemePart(scheme)
  const protocol = isPath ? '' : name.toLowerCase()
  if (protocol !== 'http' && protocol !== 'https') {
    return `${request}: unsupported protocol scheme ${goQuote(protocol)}`
  }
  if (name !== scheme) return `${request}: http: no Host in request URL`
  if (URL.canParse(origin)) return undefined
  const port = host.slice(host.lastIndexOf(':') + 1)
  if (Number(port) > 65_535) return `${request}: dial tcp: address ${port}: invalid port`
  const hostName = host.replace(/:[0-9]*$/, '').replaceAll('%25', '%')
  return `${request}: dial tcp: lookup ${hostName}: no such host`
}

/** As Go writes a host: letters, digits and some signs stay, of all else the bytes are escaped. */
function escapedHost(address: string): string {
  return address.replace(/[^A-Za-z0-9\-_.~!$&'()*+,;=:[\]<>"]/gu, (sign) =>
    [...Buffer.from(sign)].map((byte) => `%${hexByte(byte)}`).join(''),
  )
}

function hexByte(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0')
}
