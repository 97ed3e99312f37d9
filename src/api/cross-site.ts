import type { IncomingHttpHeaders } from 'node:http'

/**
 * Whether the page of another site sent the request. Browsers say so in Sec-Fetch-Site, older ones
 * in Origin; clients that are no browsers send neither. Asked for what changes something: queries
 * are spared, since proxies rewrite Host.
 */
export function isFromAnotherSite(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  const { origin, host } = headers
  return origin !== undefined && origin.replace(/^https?:\/\//, '') !== host
}
