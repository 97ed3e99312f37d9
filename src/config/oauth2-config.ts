import { joinDirectory } from './directory.ts'
import { FieldReader, type Located, mapOf } from './field-reader.ts'
import { type ProxyConfig, readProxy } from './proxy-config.ts'
import type { ReadContext } from './read-context.ts'
import type { Secret } from './secret.ts'
import { refuseRefs } from './secret-refs.ts'
import { plainTls, readTls, type TlsConfig } from './tls-config.ts'
import { type PlainValue, plainValue } from './yaml-plain.ts'

/** How to get a token from an OAuth2 server (rows C9.3 and C9.4). */
export interface Oauth2Config {
  readonly clientId: string
  readonly clientSecret: Secret | undefined
  readonly clientSecretFile: string
  readonly clientCertificateKeyId: string
  /** PEM of an RSA key that signs the assertion of the JWT grant. */
  readonly clientCertificateKey: Secret | undefined
  readonly clientCertificateKeyFile: string
  /** As it is written; all but `jwtBearerGrant` ask with the client's credentials. */
  readonly grantType: string
  readonly signatureAlgorithm: SignatureAlgorithm | ''
  readonly iss: string
  readonly audience: string
  readonly claims: ReadonlyMap<string, PlainValue>
  readonly scopes: readonly string[]
  readonly tokenUrl: string
  readonly endpointParams: ReadonlyMap<string, string>
  readonly tls: TlsConfig
  readonly proxy: ProxyConfig
}

/** RFC 7523 section 2.1. */
export const jwtBearerGrant = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

const signatureAlgorithms = ['RS256', 'RS384', 'RS512'] as const
export type SignatureAlgorithm = (typeof signatureAlgorithms)[number]

/** An oauth2 section, and what upstream's check of the client that has it says against it. */
export function readOauth2(
  at: Located,
  context: ReadContext,
): { readonly config: Oauth2Config; readonly fault: string | undefined } {
  const fields = new FieldReader(at, 'config.plain')
  refuseRefs(fields, ['client_secret_ref', 'client_certificate_key_ref'], context)
  const file = (key: string) => joinDirectory(context.directory, fields.text(key, ''))
  const tls = fields.take('tls_config')
  const claims = fields.take('claims')
  const oauth2 = {
    clientId: fields.text('client_id', ''),
    clientSecret: fields.secret('client_secret'),
    clientSecretFile: file('client_secret_file'),
    clientCertificateKeyId: fields.text('client_certificate_key_id', ''),
    clientCertificateKey: fields.secret('client_certificate_key'),
    // Upstream takes this one from the working directory.
    clientCertificateKeyFile: fields.text('client_certificate_key_file', ''),
    grantType: fields.text('grant_type', ''),
    iss: fields.text('iss', ''),
    audience: fields.text('audience', ''),
    claims: claims === undefined ? new Map<string, PlainValue>() : readClaims(claims),
    scopes: fields.texts('scopes') ?? [],
    tokenUrl: fields.text('token_url', ''),
    endpointParams: fields.textMap('endpoint_params'),
    tls: tls === undefined ? plainTls : readTls(tls, context),
    proxy: readProxy(fields),
  }
  const algorithm = fields.text('signature_algorithm', '')
  fields.end()
  const known = signatureAlgorithms.find((name) => name === algorithm)
  const isOdd = oauth2.grantType === jwtBearerGrant && algorithm !== '' && known === undefined
  const fault = isOdd ? 'valid signature algorithms are RS256, RS384 and RS512' : undefined
  return {
    config: { ...oauth2, signatureAlgorithm: known ?? '' },
    fault: oauth2Fault(oauth2) ?? fault,
  }
}

function oauth2Fault(oauth2: Omit<Oauth2Config, 'signatureAlgorithm'>): string | undefined {
  if (oauth2.clientId === '') return 'oauth2 client_id must be configured'
  if (oauth2.tokenUrl === '') return 'oauth2 token_url must be configured'
  const { clientCertificateKey, clientCertificateKeyFile, clientSecret, clientSecretFile } = oauth2
  if (oauth2.grantType === jwtBearerGrant) {
    return clientCertificateKey !== undefined && clientCertificateKeyFile !== ''
      ? `at most one of oauth2 client_certificate_key, client_certificate_key_file & client_certificate_key_ref must be configured using grant-type=${jwtBearerGrant}`
      : undefined
  }
  return clientSecret !== undefined && clientSecretFile !== ''
    ? 'at most one of oauth2 client_secret, client_secret_file & client_secret_ref must be configured using grant-type=client_credentials'
    : undefined
}

function readClaims(at: Located): ReadonlyMap<string, PlainValue> {
  return new Map(
    [...mapOf(at, 'map[string]interface {}')].map(
      ([name, { node }]) => [name, plainValue(node)] as const,
    ),
  )
}
