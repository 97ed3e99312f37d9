import { redactedUrl } from './config-url.ts'
import {
  type Authorization,
  type BasicAuth,
  type HttpClientConfig,
  type HttpHeader,
  noHeaders,
} from './http-config.ts'
import type { Oauth2Config } from './oauth2-config.ts'
import type { ProxyConfig } from './proxy-config.ts'
import type { Secret } from './secret.ts'
import type { TlsConfig } from './tls-config.ts'
import type { PlainValue } from './yaml-plain.ts'
import {
  unlessEmpty,
  type YamlEntry,
  type YamlMapping,
  type YamlValue,
  yamlList,
  yamlListOrNone,
  yamlMap,
  yamlNull,
  yamlSortedMap,
} from './yaml-text.ts'

/** The http_config keys as they stand in a section, secrets as <secret>, passwords in URLs as xxxxx. */
export function printHttp(http: HttpClientConfig): readonly YamlEntry[] {
  return [
    ['basic_auth', http.basicAuth && printBasicAuth(http.basicAuth)],
    ['authorization', http.authorization && printAuthorization(http.authorization)],
    ['oauth2', http.oauth2 && printOauth2(http.oauth2)],
    ['tls_config', printTls(http.tls)],
    ['follow_redirects', http.followRedirects],
    ['enable_http2', http.enableHttp2],
    ...printProxy(http.proxy),
    ['http_headers', printHeaders(http.headers)],
  ]
}

function printBasicAuth(auth: BasicAuth): YamlMapping {
  return yamlMap([
    ['username', unlessEmpty(auth.username)],
    ['username_file', unlessEmpty(auth.usernameFile)],
    ['password', secretText(auth.password)],
    ['password_file', unlessEmpty(auth.passwordFile)],
  ])
}

function printAuthorization(authorization: Authorization): YamlMapping {
  return yamlMap([
    ['type', authorization.type],
    ['credentials', secretText(authorization.credentials)],
    ['credentials_file', unlessEmpty(authorization.credentialsFile)],
  ])
}

function printOauth2(oauth2: Oauth2Config): YamlMapping {
  const { claims, endpointParams } = oauth2
  return yamlMap([
    ['client_id', oauth2.clientId],
    ['client_secret', secretText(oauth2.clientSecret)],
    ['client_secret_file', unlessEmpty(oauth2.clientSecretFile)],
    ['client_certificate_key_id', unlessEmpty(oauth2.clientCertificateKeyId)],
    ['client_certificate_key', secretText(oauth2.clientCertificateKey)],
    ['client_certificate_key_file', unlessEmpty(oauth2.clientCertificateKeyFile)],
    ['grant_type', unlessEmpty(oauth2.grantType)],
    ['signature_algorithm', unlessEmpty(oauth2.signatureAlgorithm)],
    ['iss', unlessEmpty(oauth2.iss)],
    ['audience', unlessEmpty(oauth2.audience)],
    ['claims', yamlSortedMap([...claims].map(printClaim))],
    ['scopes', yamlListOrNone(oauth2.scopes)],
    ['token_url', oauth2.tokenUrl],
    ['endpoint_params', yamlSortedMap(endpointParams)],
    ['tls_config', printTls(oauth2.tls)],
    ...printProxy(oauth2.proxy),
  ])
}

function printClaim([name, value]: readonly [string, PlainValue]): readonly [string, YamlValue] {
  return [name, printPlain(value)]
}

function printPlain(value: PlainValue): YamlValue {
  if (value === null) return yamlNull
  if (typeof value !== 'object') return value
  if (isList(value)) return yamlList(value.map(printPlain))
  return yamlSortedMap(Object.entries(value).map(printClaim)) ?? yamlMap([])
}

function isList(value: object): value is readonly PlainValue[] {
  return Array.isArray(value)
}

function printProxy(proxy: ProxyConfig): readonly YamlEntry[] {
  const { connectHeaders } = proxy
  const headers = [...connectHeaders].map(
    ([name, values]) => [name, yamlList(values.map(String))] as const,
  )
  return [
    ['proxy_url', proxy.url === undefined ? undefined : redactedUrl(proxy.url.reveal())],
    ['no_proxy', unlessEmpty(proxy.noProxy)],
    ['proxy_from_environment', proxy.fromEnvironment ? true : undefined],
    ['proxy_connect_header', yamlSortedMap(headers)],
  ]
}

/** undefined where nothing is set. */
export function printTls(tls: TlsConfig): YamlMapping | undefined {
  const map = yamlMap([
    ['ca', unlessEmpty(tls.ca)],
    ['cert', unlessEmpty(tls.cert)],
    ['key', secretText(tls.key)],
    ['ca_file', unlessEmpty(tls.caFile)],
    ['cert_file', unlessEmpty(tls.certFile)],
    ['key_file', unlessEmpty(tls.keyFile)],
    ['server_name', unlessEmpty(tls.serverName)],
    ['insecure_skip_verify', tls.insecureSkipVerify],
    ['min_version', tls.minVersion],
    ['max_version', tls.maxVersion],
  ])
  return map.entries.length === 1 && !tls.insecureSkipVerify ? undefined : map
}

function printHeaders(headers: ReadonlyMap<string, HttpHeader>): YamlMapping | undefined {
  if (headers === noHeaders) return undefined
  const printed = [...headers].map(([name, header]) => [name, printHeader(header)] as const)
  return yamlSortedMap(printed) ?? yamlMap([])
}

function printHeader(header: HttpHeader): YamlMapping {
  return yamlMap([
    ['values', yamlListOrNone(header.values)],
    ['secrets', yamlListOrNone(header.secrets.map(String))],
    ['files', yamlListOrNone(header.files)],
  ])
}

function secretText(secret: Secret | undefined): string | undefined {
  return secret === undefined ? undefined : String(secret)
}
