import { urlTextFault } from './config-url.ts'
import { type FieldReader, listItems, mapOf, problem, textOf } from './field-reader.ts'
import { Secret } from './secret.ts'
import { isNull } from './yaml-node.ts'

/** Through whom a client reaches its servers (row C9.6). */
export interface ProxyConfig {
  /** Holds a password where the user put one into the URL; '' is no proxy, though it is set. */
  readonly url: Secret | undefined
  /** Hosts, suffixes, addresses, CIDR ranges and ports, with commas, that are reached directly. */
  readonly noProxy: string
  /** HTTP_PROXY, HTTPS_PROXY and NO_PROXY decide. */
  readonly fromEnvironment: boolean
  /** Sent to the proxy with CONNECT. */
  readonly connectHeaders: ReadonlyMap<string, readonly Secret[]>
}

export const noProxy: ProxyConfig = {
  url: undefined,
  noProxy: '',
  fromEnvironment: false,
  connectHeaders: new Map(),
}

/** The proxy keys, which stand inline in http_config and in oauth2. */
export function readProxy(fields: FieldReader): ProxyConfig {
  const urlField = fields.take('proxy_url')
  const url = urlField === undefined ? '' : textOf(urlField)
  const fault = urlTextFault(url)
  if (urlField !== undefined && fault !== undefined) throw problem(fault, urlField)
  const proxy = {
    url: urlField === undefined ? undefined : new Secret(url),
    noProxy: fields.text('no_proxy', ''),
    fromEnvironment: fields.flag('proxy_from_environment', false),
    connectHeaders: readConnectHeaders(fields),
  }
  fields.refuse(proxyFault(proxy), 'client')
  return proxy
}

function readConnectHeaders(fields: FieldReader): ReadonlyMap<string, readonly Secret[]> {
  const field = fields.take('proxy_connect_header')
  const headers = new Map<string, readonly Secret[]>()
  if (field === undefined) return headers
  for (const [name, value] of mapOf(field, 'config.ProxyHeader')) {
    const items = isNull(value.node) ? [] : listItems(value, '[]config.Secret')
    const texts = items
      .filter(({ node }) => !isNull(node))
      .map((item) => textOf(item, 'config.plain'))
    headers.set(
      name,
      texts.map((text) => new Secret(text)),
    )
  }
  return headers
}

function proxyFault({ url, fromEnvironment, ...proxy }: ProxyConfig): string | undefined {
  const hasUrl = url !== undefined && url.reveal() !== ''
  if (proxy.connectHeaders.size > 0 && !fromEnvironment && !hasUrl) {
    return 'if proxy_connect_header is configured, proxy_url or proxy_from_environment must also be configured'
  }
  if (fromEnvironment && hasUrl) {
    return 'if proxy_from_environment is configured, proxy_url must not be configured'
  }
  if (fromEnvironment && proxy.noProxy !== '') {
    return 'if proxy_from_environment is configured, no_proxy must not be configured'
  }
  return !hasUrl && proxy.noProxy !== ''
    ? 'if no_proxy is configured, proxy_url must also be configured'
    : undefined
}
