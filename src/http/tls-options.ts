import type { FileSystem } from '../base/file-system.ts'
import type { TlsConfig, TlsVersion } from '../config/tls-config.ts'

const nodeVersions = {
  TLS10: 'TLSv1',
  TLS11: 'TLSv1.1',
  TLS12: 'TLSv1.2',
  TLS13: 'TLSv1.3',
} as const satisfies Record<TlsVersion, string>

export interface TlsOptions {
  ca?: string
  cert?: string
  key?: string
  servername?: string
  rejectUnauthorized: boolean
  minVersion: (typeof nodeVersions)[TlsVersion]
  maxVersion?: (typeof nodeVersions)[TlsVersion]
}

/** What node:tls needs, files read now. Throws what reading a file throws. */
export function tlsOptions(tls: TlsConfig, fs: FileSystem): TlsOptions {
  const ca = textOf(fs, tls.caFile, tls.ca)
  const cert = textOf(fs, tls.certFile, tls.cert)
  const key = textOf(fs, tls.keyFile, tls.key?.reveal() ?? '')
  return {
    ...(ca === '' ? {} : { ca }),
    ...(cert === '' ? {} : { cert }),
    ...(key === '' ? {} : { key }),
    ...(tls.serverName === '' ? {} : { servername: tls.serverName }),
    rejectUnauthorized: !tls.insecureSkipVerify,
    minVersion: nodeVersions[tls.minVersion ?? 'TLS12'],
    ...(tls.maxVersion === undefined ? {} : { maxVersion: nodeVersions[tls.maxVersion] }),
  }
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

function textOf(fs: FileSystem, file: string, inline: string): string {
  return file === '' ? inline : new TextDecoder().decode(fs.readFile(file))
}
