import { type RequestUrl, requestUrl } from '../http/request-url.ts'
import { compareBytes } from '../model/byte-order.ts'
import type { Labels } from '../model/labels.ts'

/** Path of the Unix socket to scrape through (row C3.19). */
const unixSocketLabel = '__unix_socket__'

export interface TargetUrl extends RequestUrl {
  readonly socketPath: string | undefined
}

/** Where a target of these labels is scraped, upstream's Target.URL in scrape/target.go. */
export function targetUrl(
  labels: Labels,
  configParams: ReadonlyMap<string, readonly string[]>,
): TargetUrl {
  const params = new Map(configParams)
  for (const [name, value] of labels.entries()) {
    if (!name.startsWith('__param_')) continue
    const key = name.slice('__param_'.length)
    params.set(key, [value, ...(params.get(key) ?? []).slice(1)])
  }
  const socketPath = labels.get(unixSocketLabel)
  const url = requestUrl('Get', {
    scheme: labels.get('__scheme__'),
    address: labels.get('__address__'),
    path: labels.get('__metrics_path__'),
    query: encodeQuery(params),
  })
  return { ...url, socketPath: socketPath === '' ? undefined : socketPath }
}

/** As Go encodes a query: names sorted, blanks as plus signs. */
function encodeQuery(params: ReadonlyMap<string, readonly string[]>): string {
  const sorted = [...params].sort(([a], [b]) => compareBytes(a, b))
  const pairs = sorted.flatMap(([name, values]) =>
    values.map((value) => `${queryText(name)}=${queryText(value)}`),
  )
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}

function queryText(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString())
    .replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')
}
