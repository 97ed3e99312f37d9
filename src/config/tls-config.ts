import { joinDirectory } from './directory.ts'
import { FieldReader, type Located, problem, textOf } from './field-reader.ts'
import type { ReadContext } from './read-context.ts'
import type { Secret } from './secret.ts'
import { refuseRefs } from './secret-refs.ts'
import { isNull } from './yaml-node.ts'

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

/** A tls_config section (row C9.5). */
export function readTls(at: Located, context: ReadContext): TlsConfig {
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

/** The name of a version, which must not be empty. */
export function readTlsVersion(fields: FieldReader, key: string): TlsVersion | undefined {
  const field = fields.take(key)
  if (field === undefined || isNull(field.node)) return undefined
  const text = textOf(field)
  const version = tlsVersions.find((known) => known === text)
  if (version === undefined) throw problem(`unknown TLS version: ${text}`, field)
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
    if (!isBoth) continue
    const words = name === 'key' ? 'key and key_file' : `${name}, ${name}_file & ${name}_ref`
    throw problem(`at most one of ${words} must be configured`, at)
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
