import { goQuote } from '../model/go-quote.ts'
import { Secret } from './secret.ts'

/** Where an address may hold a password: between the slashes and the last sign of its authority. */
const userInfo = /^([a-z][a-z0-9+.-]*:)?\/\/([^/?#]*)@/i

/**
 * A text that may be an address with a password in it: whatever prints it shows xxxxx in the
 * password's place, and only reveal() answers the whole (row C1.6).
 */
export class Address extends Secret {
  override toString(): string {
    return redactedUrl(this.reveal())
  }
}

/** An address that is known to be one. */
export class ConfigUrl extends Address {
  /** Lower case; '' where there is none. */
  readonly scheme: string
  /** Host and port as written, without user and password. */
  readonly host: string

  /** Throws GoUrlError for what upstream's parser refuses. */
  constructor(text: string) {
    super(text)
    const { scheme, host } = parseGoUrl(text)
    this.scheme = scheme
    this.host = host
  }
}

/** A text that is no address, in upstream's words and without the password in it. */
export class GoUrlError extends Error {
  override readonly name = 'GoUrlError'
}

/** The text with xxxxx for the password that it may have. */
export function redactedUrl(text: string): string {
  return text.replace(userInfo, (whole, scheme: string | undefined, user: string) => {
    const colon = user.indexOf(':')
    return colon < 0 ? whole : `${scheme ?? ''}//${user.slice(0, colon)}:xxxxx@`
  })
}

/**
 * Scheme (lower case) and host of an address by the rules of Go's url.Parse, which takes far more
 * than the WHATWG's: texts without a scheme or a host are addresses too. Throws GoUrlError.
 */
export function parseGoUrl(text: string): { readonly scheme: string; readonly host: string } {
  const fail = (reason: string) => new GoUrlError(`parse ${goQuote(redactedUrl(text))}: ${reason}`)
  const [whole = ''] = text.split('#', 1)
  if (hasControlByte(whole)) throw fail('net/url: invalid control character in URL')
  if (whole.startsWith(':')) throw fail('missing protocol scheme')
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(whole)?.[1] ?? ''
  const [rest = ''] = whole.slice(scheme === '' ? 0 : scheme.length + 1).split('?', 1)
  if (!rest.startsWith('/')) {
    if (scheme === '' && (rest.split('/', 1)[0] ?? '').includes(':')) {
      throw fail('first path segment in URL cannot contain colon')
    }
    const fault = scheme === '' ? escapeFault(rest) : undefined
    if (fault !== undefined) throw fail(fault)
    return { scheme: scheme.toLowerCase(), host: '' }
  }
  const hasAuthority = rest.startsWith('//') && (scheme !== '' || !rest.startsWith('///'))
  const authority = hasAuthority ? (rest.slice(2).split('/', 1)[0] ?? '') : ''
  const host = authority.slice(authority.lastIndexOf('@') + 1)
  const fault =
    userFault(authority) ??
    hostFault(host) ??
    escapeFault(rest.slice(hasAuthority ? 2 + authority.length : 0))
  if (fault !== undefined) throw fail(fault)
  return { scheme: scheme.toLowerCase(), host }
}

function hasControlByte(text: string): boolean {
  return Array.from(text).some((character) => character < ' ' || character === '\x7f')
}

function userFault(authority: string): string | undefined {
  const end = authority.lastIndexOf('@')
  if (end < 0 || /^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(authority.slice(0, end))) return undefined
  return 'net/url: invalid userinfo'
}

function hostFault(host: string): string | undefined {
  if (host.startsWith('[')) {
    const end = host.lastIndexOf(']')
    if (end < 0) return "missing ']' in host"
    return portFault(host.slice(end + 1))
  }
  const colon = host.lastIndexOf(':')
  const fault = colon < 0 ? undefined : portFault(host.slice(colon))
  if (fault !== undefined) return fault
  const odd = /[\s"<>\\^`{|}]/.exec(host)?.[0]
  if (odd !== undefined) return `invalid character ${goQuote(odd)} in host name`
  return escapeFault(host)
}

function portFault(text: string): string | undefined {
  return /^(?::\d*)?$/.test(text) ? undefined : `invalid port ${goQuote(text)} after host`
}

function escapeFault(text: string): string | undefined {
  const odd = /%(?![0-9A-Fa-f]{2}).{0,2}/.exec(text)?.[0]
  return odd === undefined ? undefined : `invalid URL escape ${goQuote(odd)}`
}

/** What Go's parser says against a text, or undefined. */
export function urlTextFault(text: string): string | undefined {
  try {
    parseGoUrl(text)
    return undefined
  } catch (thrown) {
    if (!(thrown instanceof GoUrlError)) throw thrown
    return thrown.message
  }
}

/** What Go's parser says against an address, else what `faultOf` says against its parts. */
export function addressFault(
  address: Address,
  faultOf: (parts: ReturnType<typeof parseGoUrl>) => string | undefined,
): string | undefined {
  return urlTextFault(address.reveal()) ?? faultOf(parseGoUrl(address.reveal()))
}

/** What upstream says against an address that must be a web server's, or undefined. */
export function httpAddressFault(address: Address): string | undefined {
  if (address.reveal() === '') return 'URL is missing'
  return addressFault(address, ({ scheme, host }) => {
    if (scheme !== 'http' && scheme !== 'https') return "URL scheme must be 'http' or 'https'"
    return host === '' ? 'host is missing in URL' : undefined
  })
}
