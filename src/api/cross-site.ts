import type { IncomingHttpHeaders } from 'node:http'

/**
 * Whether the page of another site sent the request. Browsers say so in Sec-Fetch-Site, older ones
 * in Origin; clients that are no browsers send neither. Asked for what changes something: queries
 * are spared, since proxies rewrite Host.
 */
export function isFromAnotherSite(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  // HTTP/2 has it in a field of its own.
  const { origin, host = headers[':authority'] } = headers
  return origin !== undefined && origin.replace(/^https?:\/\//, '') !== host
}
