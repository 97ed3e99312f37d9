import { NarthexError } from '../base/errors.ts'
import { joinDirectory } from './directory.ts'
import { FieldReader, type Located, problem, textOf } from './field-reader.ts'
import type { Secret } from './secret.ts'
import { readTlsVersion, type TlsVersion } from './tls-config.ts'

/** Which certificate a client has to show, by upstream's names (row F8.1). */
export type ClientAuth =
  | 'NoClientCert'
  | 'RequestClientCert'
  | 'RequireAnyClientCert'
  | 'VerifyClientCertIfGiven'
  | 'RequireAndVerifyClientCert'

/** A tls_server_config that names a certificate (rows F8.1 and F8.2); '' for what is not given. */
export interface WebTlsConfig {
  readonly cert: string
  readonly certFile: string
  readonly key: Secret | undefined
  readonly keyFile: string
  readonly clientCa: string
  readonly clientCaFile: string
  /** As it stands in the file; clientAuthOf() says what it means. */
  readonly clientAuthType: string
  /** Undefined where any name will do. */
  readonly clientAllowedSans: readonly string[] | undefined
  readonly minVersion: TlsVersion
  readonly maxVersion: TlsVersion
  /** OpenSSL's names; undefined for the usual ones. */
  readonly ciphers: readonly string[] | undefined
  readonly prefersServerCiphers: boolean
  /** OpenSSL's names; undefined for the usual ones. */
  readonly curves: readonly string[] | undefined
}

const clientAuths: ReadonlyMap<string, ClientAuth> = new Map([
  ['', 'NoClientCert'],
  ['NoClientCert', 'NoClientCert'],
  ['RequestClientCert', 'RequestClientCert'],
  // An older name.
  ['RequireClientCert', 'RequireAnyClientCert'],
  ['RequireAnyClientCert', 'RequireAnyClientCert'],
  ['VerifyClientCertIfGiven', 'VerifyClientCertIfGiven'],
  ['RequireAndVerifyClientCert', 'RequireAndVerifyClientCert'],
])

/** Those that Go offers, by its names (IANA's), with OpenSSL's; the first three are of TLS 1.3. */
const cipherNames: ReadonlyMap<string, string> = new Map([
  ['TLS_AES_128_GCM_SHA256', 'TLS_AES_128_GCM_SHA256'],
  ['TLS_AES_256_GCM_SHA384', 'TLS_AES_256_GCM_SHA384'],
  ['TLS_CHACHA20_POLY1305_SHA256', 'TLS_CHACHA20_POLY1305_SHA256'],
  ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA', 'ECDHE-ECDSA-AES128-SHA'],
  ['TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA', 'ECDHE-ECDSA-AES256-SHA'],
  ['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA', 'ECDHE-RSA-AES128-SHA'],
  ['TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA', 'ECDHE-RSA-AES256-SHA'],
  ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'ECDHE-ECDSA-AES128-GCM-SHA256'],
  ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'ECDHE-ECDSA-AES256-GCM-SHA384'],
  ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'],
  ['TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', 'ECDHE-RSA-AES256-GCM-SHA384'],
  ['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', 'ECDHE-RSA-CHACHA20-POLY1305'],
  ['TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', 'ECDHE-ECDSA-CHACHA20-POLY1305'],
])

const curveNames: ReadonlyMap<string, string> = new Map([
  ['CurveP256', 'prime256v1'],
  ['CurveP384', 'secp384r1'],
  ['CurveP521', 'secp521r1'],
  ['X25519', 'X25519'],
])

/** Undefined where it names no certificate and asks for none: then HTTP is served without TLS. */
export function readWebTls(at: Located, directory: string): (() => WebTlsConfig) | undefined {
  const fields = new FieldReader(at, 'web.TLSConfig')
  const file = (key: string) => joinDirectory(directory, fields.text(key, ''))
  const named = (names: ReadonlyMap<string, string>, what: string) => (item: Located) => {
    const name = names.get(textOf(item))
    if (name === undefined) throw problem(`unknown ${what}: ${textOf(item)}`, item)
    return name
  }
  const tls = {
    cert: fields.text('cert', ''),
    certFile: file('cert_file'),
    key: fields.secret('key'),
    keyFile: file('key_file'),
    clientCa: fields.text('client_ca', ''),
    clientCaFile: file('client_ca_file'),
    clientAuthType: fields.text('client_auth_type', ''),
    clientAllowedSans: fields.texts('client_allowed_sans'),
    minVersion: readTlsVersion(fields, 'min_version') ?? 'TLS12',
    maxVersion: readTlsVersion(fields, 'max_version') ?? 'TLS13',
    ciphers: unlessNone(fields.list('cipher_suites', '[]web.Cipher', named(cipherNames, 'cipher'))),
    prefersServerCiphers: fields.flag('prefer_server_cipher_suites', true),
    curves: unlessNone(fields.list('curve_preferences', '[]web.Curve', named(curveNames, 'curve'))),
  }
  fields.end()
  const texts = [
    tls.cert,
    tls.certFile,
    tls.keyFile,
    tls.clientCa,
    tls.clientCaFile,
    tls.clientAuthType,
  ]
  if (tls.key === undefined && texts.every((text) => text === '')) return undefined
  return () => checked(tls, at)
}

function checked(tls: WebTlsConfig, at: Located): WebTlsConfig {
  if (tls.cert === '' && tls.certFile === '') {
    throw problem('missing one of cert or cert_file', at)
  }
  if (tls.key === undefined && tls.keyFile === '') {
    throw problem('missing one of key or key_file', at)
  }
  return tls
}

/** Throws NarthexError CONFIG_INVALID: upstream looks at it after the files. */
export function clientAuthOf(tls: WebTlsConfig): ClientAuth {
  const { clientAuthType, clientCa, clientCaFile } = tls
  const clientAuth = clientAuths.get(clientAuthType)
  if (clientAuth === undefined) {
    throw new NarthexError('CONFIG_INVALID', `invalid ClientAuth: ${clientAuthType}`)
  }
  if ((clientCa !== '' || clientCaFile !== '') && clientAuth === 'NoClientCert') {
    const words = "client CA's have been configured without a Client Auth Policy"
    throw new NarthexError('CONFIG_INVALID', words)
  }
  return clientAuth
}

function unlessNone<T>(list: readonly T[] | undefined): readonly T[] | undefined {
  return list?.length === 0 ? undefined : list
}
