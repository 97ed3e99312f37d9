import { NarthexError } from '../base/errors.ts'
import { redactedUrl } from '../config/config-url.ts'

/** Where a discovery server is: an origin, or a Unix socket that stands for one. */
export interface HttpEndpoint {
  readonly origin: string
  readonly socketPath: string | undefined
  /** Of the address, without a slash at its end. */
  readonly pathPrefix: string
  /** Authorization for the user and password of the address; none where it has none. */
  readonly headers: readonly string[]
}

/** Throws NarthexError CONFIG_INVALID for what is no address of the schemes. */
export function httpEndpoint(address: string, schemes: readonly string[]): HttpEndpoint {
  const scheme = /^([a-z]+):\/\//i.exec(address)?.[1]?.toLowerCase() ?? ''
  if (!schemes.includes(scheme)) {
    const words = `address ${JSON.stringify(redactedUrl(address))} has to begin with ${schemes.join(':// or ')}://`
    throw new NarthexError('CONFIG_INVALID', words)
  }
  if (scheme === 'unix') {
    const socketPath = address.slice('unix://'.length)
    return { origin: 'http://localhost', socketPath, pathPrefix: '', headers: [] }
  }
  const text = scheme === 'tcp' ? `http${address.slice('tcp'.length)}` : address
  if (!URL.canParse(text)) {
    throw new NarthexError(
      'CONFIG_INVALID',
      `address ${JSON.stringify(redactedUrl(address))} is no URL`,
    )
  }
  const url = new URL(text)
  return {
    origin: url.origin,
    socketPath: undefined,
    pathPrefix: url.pathname.replace(/\/+$/, ''),
    headers: userInfoHeader(url),
  }
}

/** Name and password in an URL are credentials too, as Go's client has it. */
export function userInfoHeader({ username, password }: URL): readonly string[] {
  if (username === '' && password === '') return []
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return ['Authorization', `Basic ${Buffer.from(pair).toString('base64')}`]
}
