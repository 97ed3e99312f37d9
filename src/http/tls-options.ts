import { isIP } from 'node:net'
import { checkServerIdentity, type PeerCertificate, type SecureVersion } from 'node:tls'
import type { FileSystem } from '../base/file-system.ts'
import type { TlsConfig, TlsVersion } from '../config/tls-config.ts'
import { readSecretFile } from './secret-file.ts'

export const nodeVersions = {
  TLS10: 'TLSv1',
  TLS11: 'TLSv1.1',
  TLS12: 'TLSv1.2',
  TLS13: 'TLSv1.3',
} as const satisfies Record<TlsVersion, SecureVersion>

/** Some of node:tls' ConnectionOptions. */
export interface TlsOptions {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly servername?: string
  readonly checkServerIdentity?: (host: string, certificate: PeerCertificate) => Error | undefined
  readonly rejectUnauthorized?: boolean
  readonly ciphers?: string
  readonly minVersion?: SecureVersion
  readonly maxVersion?: SecureVersion
}

/** What node:tls needs, files read now. Throws NarthexError for a file that cannot be read. */
export function tlsOptions(tls: TlsConfig, fs: FileSystem): TlsOptions {
  const read = (what: string, file: string, inline: string) =>
    file === '' ? inline : readSecretFile(fs, file, what)
  const ca = read('CA cert', tls.caFile, tls.ca)
  const cert = read('specified client cert', tls.certFile, tls.cert)
  const key = read('specified client key', tls.keyFile, tls.key?.reveal() ?? '')
  const minVersion = tls.minVersion ?? 'TLS12'
  return {
    ...(ca === '' ? {} : { ca }),
    ...(cert === '' ? {} : { cert }),
    ...(key === '' ? {} : { key }),
    ...serverName(tls.serverName),
    rejectUnauthorized: !tls.insecureSkipVerify,
    minVersion: nodeVersions[minVersion],
    // OpenSSL's own default forbids what the first two versions are made of.
    ...(minVersion < 'TLS12' ? { ciphers: 'DEFAULT@SECLEVEL=0' } : {}),
    ...(tls.maxVersion === undefined ? {} : { maxVersion: nodeVersions[tls.maxVersion] }),
  }
}

/** An address cannot be asked for in the handshake (RFC 6066 section 3), but can be verified. */
function serverName(name: string): TlsOptions {
  if (name === '') return {}
  if (isIP(name) === 0) return { servername: name }
  return { checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate) }
}

/** Changes when one of the files does: by time of change and length. */
export function tlsFilesStamp(tls: TlsConfig, fs: FileSystem): string {
  return [tls.caFile, tls.certFile, tls.keyFile]
    .filter((file) => file !== '')
    .map((file) => {
      const stat = fs.stat(file)
      return stat === undefined ? '-' : `${stat.mtimeMs}:${stat.sizeBytes}`
    })
    .join(' ')
}
