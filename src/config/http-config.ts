import { joinDirectory } from './directory.ts'
import { FieldReader, type Located, mapOf } from './field-reader.ts'
import { type Oauth2Config, readOauth2 } from './oauth2-config.ts'
import { noProxy, type ProxyConfig, readProxy } from './proxy-config.ts'
import type { ReadContext } from './read-context.ts'
import { Secret } from './secret.ts'
import { refuseRefs } from './secret-refs.ts'
import { plainTls, readTls, type TlsConfig } from './tls-config.ts'

/** How to reach somebody over HTTP; one shape for every outbound connection (rows C9.*). */
export interface HttpClientConfig {
  readonly basicAuth: BasicAuth | undefined
  readonly authorization: Authorization | undefined
  readonly oauth2: Oauth2Config | undefined
  readonly tls: TlsConfig
  readonly followRedirects: boolean
  readonly enableHttp2: boolean
  readonly proxy: ProxyConfig
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

export interface HttpHeader {
  readonly values: readonly string[]
  readonly secrets: readonly Secret[]
  readonly files: readonly string[]
}

/** Of a client that says nothing of headers, not even that there are none. */
export const noHeaders: ReadonlyMap<string, HttpHeader> = new Map()

export const plainHttp: HttpClientConfig = {
  basicAuth: undefined,
  authorization: undefined,
  oauth2: undefined,
  tls: plainTls,
  followRedirects: true,
  enableHttp2: true,
  proxy: noProxy,
  headers: noHeaders,
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

/** What holds where a section has no such key; some of upstream's have defaults of their own. */
export type HttpDefaults = Pick<HttpClientConfig, 'followRedirects' | 'enableHttp2'>

/** Reads the http_config keys that stand inline in a section; the section's reader ends itself. */
export function readHttpConfig(
  fields: FieldReader,
  context: ReadContext,
  defaults: HttpDefaults = plainHttp,
): HttpClientConfig {
  const bearerToken = fields.secret('bearer_token')
  const bearerFile = fields.text('bearer_token_file', '')
  const basicAuth = readSection(fields.take('basic_auth'), context, readBasicAuth)
  const authorization = readSection(fields.take('authorization'), context, readAuthorization)
  const oauth2 = readSection(fields.take('oauth2'), context, readOauth2)
  const bearers = [bearerToken === undefined ? [] : 'token', bearerFile === '' ? [] : 'file'].flat()
  fields.refuse(bearerFault(bearers, basicAuth, oauth2?.config), 'client')
  fields.refuse(basicAuth === undefined ? undefined : basicAuthFault(basicAuth), 'client')
  if (authorization !== undefined) {
    const isOther = basicAuth !== undefined || oauth2 !== undefined
    fields.refuse(authorizationFault(authorization, bearers, isOther), 'client')
  }
  if (basicAuth !== undefined && oauth2 !== undefined) {
    fields.refuse(exclusiveWords, 'client')
  }
  fields.refuse(oauth2?.fault, 'client')
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
    oauth2: oauth2?.config,
    tls: tlsField === undefined ? plainTls : readTls(tlsField, context),
    followRedirects: fields.flag('follow_redirects', defaults.followRedirects),
    enableHttp2: fields.flag('enable_http2', defaults.enableHttp2),
    proxy: readProxy(fields),
    headers: readHeaders(fields, context),
  }
}

function readSection<T>(
  at: Located | undefined,
  context: ReadContext,
  read: (at: Located, context: ReadContext) => T,
): T | undefined {
  return at === undefined ? undefined : read(at, context)
}

const exclusiveWords = 'at most one of basic_auth, oauth2 & authorization must be configured'

function bearerFault(
  bearers: readonly string[],
  basicAuth: BasicAuth | undefined,
  oauth2: Oauth2Config | undefined,
): string | undefined {
  if (bearers.length > 1) {
    return 'at most one of bearer_token & bearer_token_file must be configured'
  }
  return bearers.length > 0 && (basicAuth !== undefined || oauth2 !== undefined)
    ? 'at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured'
    : undefined
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
  return auth
}

function basicAuthFault(auth: BasicAuth): string | undefined {
  if (auth.username !== '' && auth.usernameFile !== '') {
    return 'at most one of basic_auth username, username_file & username_ref must be configured'
  }
  return auth.password !== undefined && auth.passwordFile !== ''
    ? 'at most one of basic_auth password, password_file & password_ref must be configured'
    : undefined
}

function readAuthorization(at: Located, context: ReadContext): Authorization {
  const fields = new FieldReader(at, 'config.Authorization')
  refuseRefs(fields, ['credentials_ref'], context)
  const type = fields.text('type', '').trim()
  const credentials = fields.secret('credentials')
  const credentialsFile = joinDirectory(context.directory, fields.text('credentials_file', ''))
  fields.end()
  return { type: type === '' ? 'Bearer' : type, credentials, credentialsFile }
}

function authorizationFault(
  { type, credentials, credentialsFile }: Authorization,
  bearers: readonly string[],
  isOther: boolean,
): string | undefined {
  if (bearers.length > 0) {
    return 'authorization is not compatible with bearer_token & bearer_token_file'
  }
  if (credentials !== undefined && credentialsFile !== '') {
    return 'at most one of authorization credentials & credentials_file must be configured'
  }
  if (type.toLowerCase() === 'basic') {
    return 'authorization type cannot be set to "basic", use "basic_auth" instead'
  }
  return isOther ? exclusiveWords : undefined
}

function readHeaders(owner: FieldReader, context: ReadContext): ReadonlyMap<string, HttpHeader> {
  const at = owner.take('http_headers')
  if (at === undefined) return noHeaders
  const headers = new Map<string, HttpHeader>()
  for (const [name, value] of mapOf(at, 'config.Headers')) {
    const canonical = canonicalHeader(name)
    if (reservedHeaders.has(canonical)) {
      owner.refuse(`setting header "${canonical}" is not allowed`, 'client', value)
    }
    if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) {
      owner.refuse(`invalid header name ${JSON.stringify(name)}`, 'client', value)
    }
    const fields = new FieldReader(value, 'config.Header')
    headers.set(name, {
      values: fields.texts('values') ?? [],
      secrets: (fields.texts('secrets', 'config.Secret') ?? []).map((text) => new Secret(text)),
      files: (fields.texts('files') ?? []).map((file) => joinDirectory(context.directory, file)),
    })
    fields.end()
  }
  return headers
}

function canonicalHeader(name: string): string {
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (start) => start.toUpperCase())
}
