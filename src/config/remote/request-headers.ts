const reserved: ReadonlySet<string> = new Set([
  'host',
  'content-encoding',
  'content-length',
  'content-type',
  'user-agent',
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'www-authenticate',
  'accept-encoding',
  'x-prometheus-remote-write-version',
  'x-prometheus-remote-read-version',
  'x-amz-date',
  'x-amz-security-token',
  'x-amz-content-sha256',
])

/** What is wrong with the names of headers that a section adds to its requests (row C9.10). */
export function requestHeadersFault(
  headers: ReadonlyMap<string, string>,
  authorizationFault: string,
): string | undefined {
  for (const name of headers.keys()) {
    if (name.toLowerCase() === 'authorization') return authorizationFault
    if (reserved.has(name.toLowerCase())) {
      return `${name} is a reserved header. It must not be changed`
    }
  }
  return undefined
}

export const remoteAuthorizationFault =
  'authorization header must be changed via the basic_auth, authorization, oauth2, sigv4, azuread or google_iam parameter'
