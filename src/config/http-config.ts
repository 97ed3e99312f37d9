import { joinDirectory } from './directory.ts'
import { FieldReader, type Located, mapOf, problem } from './field-reader.ts'
import type { ReadContext } from './read-context.ts'
import { Secret } from './secret.ts'

/** How to reach somebody over HTTP; one shape for every outbound connection (rows C9.*). */
export interface HttpClientConfig {
  readonly basicAuth: BasicAuth | undefined
  readonly authorization: Authorization | undefined
  readonly tls: TlsConfig
  readonly followRedirects: boolean
  readonly enableHttp2: boolean
  readonly headers: ReadonlyMap<string, HttpHeader>
}

export interface BasicAuth {
  readonly username: string
  readonly usernameFile: string
  readonly password: Secret | undefined
  readonly passwordFile: string
}

export interface Authorization {
  readonly type: string
  readonly credentials: Secret | undefined
  readonly credentialsFile: string
}

export const tlsVersions = ['TLS10', 'TLS11', 'TLS12', 'TLS13'] as const
export type TlsVersion = (typeof tlsVersions)[number]

export interface TlsConfig {
  readonly ca: string
  readonly caFile: string
  readonly cert: string
  readonly certFile: string
  readonly key: Secret | undefined
  readonly keyFile: string
  readonly serverName: string
  readonly insecureSkipVerify: boolean
  readonly minVersion: TlsVersion | undefined
  readonly maxVersion: TlsVersion | undefined
}

export interface HttpHeader {
  readonly values: readonly string[]
  readonly secrets: readonly Secret[]
  readonly files: readonly string[]
}

export const plainTls: TlsConfig = {
  ca: '',
  caFile: '',
  cert: '',
  certFile: '',
  key: undefined,
  keyFile: '',
  serverName: '',
  insecureSkipVerify: false,
  minVersion: undefined,
  maxVersion: undefined,
}

export const plainHttp: HttpClientConfig = {
  basicAuth: undefined,
  authorization: undefined,
  tls: plainTls,
  followRedirects: true,
  enableHttp2: true,
  headers: new Map(),
}

const reservedHeaders: ReadonlySet<string> = new Set([
  'Authorization',
  'Host',
  'Content-Encoding',
  'Content-Length',
  'Content-Type',
  'User-Agent',
  'Connection',
  'Keep-Alive',
  'Proxy-Authenticate',
  'Proxy-Authorization',
  'Www-Authenticate',
  'Accept-Encoding',
  'X-Prometheus-Remote-Write-Version',
  'X-Prometheus-Remote-Read-Version',
  'X-Prometheus-Scrape-Timeout-Seconds',
  'X-Amz-Date',
  'X-Amz-Security-Token',
  'X-Amz-Content-Sha256',
])

const unbuiltKeys = [
  'oauth2',
  'proxy_url',
  'no_proxy',
  'proxy_from_environment',
  'proxy_connect_header',
]

/** Reads the http_config keys that stand inline in a section; the section's reader ends itself. */
export function readHttpConfig(fields: FieldReader, context: ReadContext): HttpClientConfig {
  for (const key of unbuiltKeys) {
    const field = fields.take(key)
    if (field !== undefined) context.notBuilt(key, field)
  }
  const bearerToken = fields.secret('bearer_token')
  const bearerFile = fields.text('bearer_token_file', '')
  const basicAuth = readSection(fields.take('basic_auth'), context, readBasicAuth)
  const authorization = readSection(fields.take('authorization'), context, readAuthorization)
  const isOauth = fields.has('oauth2')
  checkExclusive(fields.at, {
    isBearer: bearerToken !== undefined,
    isBearerFile: bearerFile !== '',
    isBasicOrOauth: basicAuth !== undefined || isOauth,
    isAuthorization: authorization !== undefined,
  })
  const tlsField = fields.take('tls_config')
  return {
    basicAuth,
    authorization:
      bearerToken === undefined && bearerFile === ''
        ? authorization
        : {
            type: 'Bearer',
            credentials: bearerToken,
            credentialsFile: joinDirectory(context.directory, bearerFile),
          },
    tls: tlsField === undefined ? plainTls : readTls(tlsField, context),
    followRedirects: fields.flag('follow_redirects', true),
    enableHttp2: fields.flag('enable_http2', true),
    headers: readHeaders(fields.take('http_headers'), context),
  }
}

function readSection<T>(
  at: Located | undefined,
  context: ReadContext,
  read: (at: Located, context: ReadContext) => T,
): T | undefined {
  return at === undefined ? undefined : read(at, context)
}

function checkExclusive(
  at: Located,
  given: Readonly<
    Record<'isBearer' | 'isBearerFile' | 'isBasicOrOauth' | 'isAuthorization', boolean>
  >,
): void {
  const isAnyBearer = given.isBearer || given.isBearerFile
  if (given.isBearer && given.isBearerFile) {
    throw problem('at most one of bearer_token & bearer_token_file must be configured', at)
  }
  if (given.isBasicOrOauth && isAnyBearer) {
    throw problem(
      'at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured',
      at,
    )
  }
  if (given.isAuthorization && isAnyBearer) {
    throw problem('authorization is not compatible with bearer_token & bearer_token_file', at)
  }
  if (given.isAuthorization && given.isBasicOrOauth) {
    throw problem('at most one of basic_auth, oauth2 & authorization must be configured', at)
  }
}

function readBasicAuth(at: Located, context: ReadContext): BasicAuth {
  const fields = new FieldReader(at, 'config.plain')
  refuseRefs(fields, ['username_ref', 'password_ref'], context)
  const auth = {
    username: fields.text('username', ''),
    usernameFile: joinDirectory(context.directory, fields.text('username_file', '')),
    password: fields.secret('password'),
    passwordFile: joinDirectory(context.directory, fields.text('password_file', '')),
  }
  fields.end()
  if (auth.username !== '' && auth.usernameFile !== '') {
    throw problem(
      'at most one of basic_auth username, username_file & username_ref must be configured',
      at,
    )
  }
  if (auth.password !== undefined && auth.passwordFile !== '') {
    throw problem(
      'at most one of basic_auth password, password_file & password_ref must be configured',
      at,
    )
  }
  return auth
}

function readAuthorization(at: Located, context: ReadContext): Authorization {
  const fields = new FieldReader(at, 'config.Authorization')
  refuseRefs(fields, ['credentials_ref'], context)
  const type = fields.text('type', '').trim()
  const credentials = fields.secret('credentials')
  const credentialsFile = joinDirectory(context.directory, fields.text('credentials_file', ''))
  fields.end()
  if (credentials !== undefined && credentialsFile !== '') {
    throw problem(
      'at most one of authorization credentials & credentials_file must be configured',
      at,
    )
  }
  if (type.toLowerCase() === 'basic') {
    throw problem('authorization type cannot be set to "basic", use "basic_auth" instead', at)
  }
  return { type: type === '' ? 'Bearer' : type, credentials, credentialsFile }
}

function readTls(at: Located, context: ReadContext): TlsConfig {
  const fields = new FieldReader(at, 'config.plain')
  refuseRefs(fields, ['ca_ref', 'cert_ref', 'key_ref'], context)
  const file = (key: string) => joinDirectory(context.directory, fields.text(key, ''))
  const tls: TlsConfig = {
    ca: fields.text('ca', ''),
    caFile: file('ca_file'),
    cert: fields.text('cert', ''),
    certFile: file('cert_file'),
    key: fields.secret('key'),
    keyFile: file('key_file'),
    serverName: fields.text('server_name', ''),
    insecureSkipVerify: fields.flag('insecure_skip_verify', false),
    minVersion: readTlsVersion(fields, 'min_version'),
    maxVersion: readTlsVersion(fields, 'max_version'),
  }
  fields.end()
  checkTls(tls, at)
  return tls
}

function readTlsVersion(fields: FieldReader, key: string): TlsVersion | undefined {
  const text = fields.text(key, '')
  if (text === '') return undefined
  const version = tlsVersions.find((known) => known === text)
  if (version === undefined) throw problem(`unknown TLS version: ${text}`, fields.at)
  return version
}

function checkTls(tls: TlsConfig, at: Located): void {
  const hasKey = tls.key !== undefined || tls.keyFile !== ''
  const hasCert = tls.cert !== '' || tls.certFile !== ''
  const both = [
    ['ca', tls.ca !== '' && tls.caFile !== ''],
    ['cert', tls.cert !== '' && tls.certFile !== ''],
    ['key', tls.key !== undefined && tls.keyFile !== ''],
  ] as const
  for (const [name, isBoth] of both) {
    if (isBoth)
      throw problem(`at most one of ${name}, ${name}_file & ${name}_ref must be configured`, at)
  }
  if (hasCert && !hasKey) {
    throw problem(
      'exactly one of key or key_file must be configured when a client certificate is configured',
      at,
    )
  }
  if (hasKey && !hasCert) {
    throw problem(
      'exactly one of cert or cert_file must be configured when a client key is configured',
      at,
    )
  }
}

function readHeaders(
  at: Located | undefined,
  context: ReadContext,
): ReadonlyMap<string, HttpHeader> {
  const headers = new Map<string, HttpHeader>()
  if (at === undefined) return headers
  for (const [name, value] of mapOf(at)) {
    const canonical = canonicalHeader(name)
    if (reservedHeaders.has(canonical)) {
      throw problem(`setting header "${canonical}" is not allowed`, value)
    }
    if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) {
      throw problem(`invalid header name ${JSON.stringify(name)}`, value)
    }
    const fields = new FieldReader(value, 'config.Header')
    headers.set(name, {
      values: fields.texts('values') ?? [],
      secrets: (fields.texts('secrets') ?? []).map((text) => new Secret(text)),
      files: (fields.texts('files') ?? []).map((file) => joinDirectory(context.directory, file)),
    })
    fields.end()
  }
  return headers
}

function canonicalHeader(name: string): string {
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (start) => start.toUpperCase())
}

/** Names of a secret manager that upstream offers to programs which embed it. */
function refuseRefs(fields: FieldReader, keys: readonly string[], context: ReadContext): void {
  for (const key of keys) {
    const field = fields.take(key)
    if (field !== undefined) context.notBuilt(key, field)
  }
}
