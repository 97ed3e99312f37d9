import type { Secret } from '../secret.ts'
import type { SectionReader } from '../section-reader.ts'
import { mechanismSection, refreshIntervalMs } from './mechanism.ts'

/** Row D4.*. */
export const marathonSection = mechanismSection('marathon', 'marathon.plain', readFields)

function readFields(fields: SectionReader) {
  const config = {
    mechanism: 'marathon' as const,
    servers: fields.texts('servers'),
    refreshIntervalMs: refreshIntervalMs(fields, 30_000),
    authToken: fields.secret('auth_token'),
    authTokenFile: fields.file('auth_token_file'),
  }
  if (config.servers.length === 0) {
    fields.fields.refuse('marathon_sd: must contain at least one Marathon server')
  }
  fields.fields.refuse(tokenFault(fields, config))
  return { ...config, http: fields.http() }
}

function tokenFault(
  { fields }: SectionReader,
  own: { readonly authToken: Secret | undefined; readonly authTokenFile: string },
): string | undefined {
  const isToken = own.authToken !== undefined
  const isFile = own.authTokenFile !== ''
  if (isToken && isFile) {
    return 'marathon_sd: at most one of auth_token & auth_token_file must be configured'
  }
  if (!isToken && !isFile) return undefined
  if (fields.take('basic_auth') !== undefined) {
    return 'marathon_sd: at most one of basic_auth, auth_token & auth_token_file must be configured'
  }
  const { bearerToken, bearerTokenFile } = {
    bearerToken: fields.text('bearer_token', ''),
    bearerTokenFile: fields.text('bearer_token_file', ''),
  }
  if (bearerToken !== '' || bearerTokenFile !== '') {
    return 'marathon_sd: at most one of bearer_token, bearer_token_file, auth_token & auth_token_file must be configured'
  }
  return fields.take('authorization') === undefined
    ? undefined
    : 'marathon_sd: at most one of auth_token, auth_token_file & authorization must be configured'
}
