import { NarthexError } from '../base/errors.ts'
import type { HttpRequest, StreamRequest } from './http-request.ts'

/** What a redirect is seen by, in answers of either kind. */
export interface FollowedAnswer {
  readonly status: number
  /** '' where there is none. */
  readonly location: string
  /** Gives up what is still to come. */
  cancel?(): void
}

export function isRedirect({ status, location }: FollowedAnswer): boolean {
  return location !== '' && [301, 302, 303, 307, 308].includes(status)
}

/**
 * Where a redirect leads, and the request to send there: 307 and 308 ask for the same again, the
 * others turn all but HEAD into a GET without a body, as Go and browsers do. Throws NarthexError for
 * what is no URL.
 */
export function redirected<Request extends HttpRequest | StreamRequest>(
  from: URL,
  request: Request,
  { status, location }: FollowedAnswer,
): { readonly url: URL; readonly request: Request } {
  const url = URL.canParse(location, from.href) ? new URL(location, from) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    const text = `redirect to ${JSON.stringify(location)}`
    throw new NarthexError('HTTP_REQUEST_FAILED', text)
  }
  if (status === 307 || status === 308) return { url, request }
  const method = request.method === 'HEAD' ? 'HEAD' : 'GET'
  return { url, request: { ...request, method, body: undefined } }
}

/**
 * Whether what was meant for one URL's server may be told to another's: the same host and port, or
 * the same host over TLS where both are at their scheme's own port.
 */
export function mayCarryCredentials(home: URL, url: URL): boolean {
  if (url.origin === home.origin) return true
  const isUpgrade = home.protocol === 'http:' && url.protocol === 'https:'
  return isUpgrade && home.hostname === url.hostname && home.port === '' && url.port === ''
}
