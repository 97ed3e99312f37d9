import type { FileSystem } from '../base/file-system.ts'
import type { HttpClientConfig } from '../config/http-config.ts'

/**
 * The headers that a client's configuration adds: Authorization and http_headers, as name, value,
 * name, value. Files are read for every request, so that a rotated token is used at once; where
 * there are none the list is made once. Throws what reading a file throws.
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
  if (basicAuth !== undefined) {
    const username = fileOr(fs, basicAuth.usernameFile, basicAuth.username)
    const password = fileOr(fs, basicAuth.passwordFile, basicAuth.password?.reveal() ?? '')
    const joined = Buffer.from(`${username}:${password}`).toString('base64')
    pairs.push('Authorization', `Basic ${joined}`)
  }
  if (authorization !== undefined) {
    const secret = authorization.credentials?.reveal() ?? ''
    const credentials = fileOr(fs, authorization.credentialsFile, secret)
    pairs.push('Authorization', `${authorization.type} ${credentials}`)
  }
  for (const [name, header] of config.headers) {
    for (const value of header.values) pairs.push(name, value)
    for (const secret of header.secrets) pairs.push(name, secret.reveal())
    for (const file of header.files) pairs.push(name, fileOr(fs, file, ''))
  }
  return pairs
}

function fileOr(fs: FileSystem, file: string, inline: string): string {
  return file === '' ? inline : new TextDecoder().decode(fs.readFile(file)).trim()
}
