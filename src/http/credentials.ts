import type { FileSystem } from '../base/file-system.ts'
import type { HttpClientConfig } from '../config/http-config.ts'
import { readSecretFile } from './secret-file.ts'

/**
 * The headers that a client's configuration adds, OAuth2 aside: Authorization and http_headers, as
 * name, value, name, value. Files are read for every request, so that a rotated token is used at
 * once; where there are none the list is made once. Throws NarthexError for an unreadable file.
 */
export function credentialHeaders(
  config: HttpClientConfig,
  fs: FileSystem,
): () => readonly string[] {
  if (!readsFiles(config)) {
    const fixed = headersNow(config, fs)
    return () => fixed
  }
  return () => headersNow(config, fs)
}

function readsFiles({ basicAuth, authorization, headers }: HttpClientConfig): boolean {
  const files = [
    basicAuth?.usernameFile,
    basicAuth?.passwordFile,
    authorization?.credentialsFile,
    ...[...headers.values()].flatMap((header) => header.files),
  ]
  return files.some((file) => file !== undefined && file !== '')
}

function headersNow(config: HttpClientConfig, fs: FileSystem): readonly string[] {
  const pairs: string[] = []
  const { basicAuth, authorization } = config
  const secret = (what: string, file: string, inline: string) =>
    file === '' ? inline : readSecretFile(fs, file, what)
  if (basicAuth !== undefined) {
    const { usernameFile, passwordFile, password } = basicAuth
    const username = secret('basic auth username', usernameFile, basicAuth.username)
    const word = secret('basic auth password', passwordFile, password?.reveal() ?? '')
    pairs.push('Authorization', `Basic ${Buffer.from(`${username}:${word}`).toString('base64')}`)
  }
  if (authorization !== undefined) {
    const { credentials, credentialsFile } = authorization
    const inline = credentials?.reveal() ?? ''
    const word = secret('authorization credentials', credentialsFile, inline)
    pairs.push('Authorization', `${authorization.type} ${word}`)
  }
  for (const [name, header] of config.headers) {
    for (const value of header.values) pairs.push(name, value)
    for (const value of header.secrets) pairs.push(name, value.reveal())
    for (const file of header.files) pairs.push(name, readSecretFile(fs, file, 'headers file'))
  }
  return pairs
}
