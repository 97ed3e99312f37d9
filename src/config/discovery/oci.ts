import { goQuote } from '../../model/go-quote.ts'
import type { SectionReader } from '../section-reader.ts'
import { mechanismSection, refreshIntervalMs } from './mechanism.ts'

/** Row D6.9. */
export const ociSection = mechanismSection('oci', 'oci.plain', readFields, (config) => {
  if (config.region === '') return 'oci_sd: region is required'
  const empty = config.compartments.indexOf('')
  const emptyFault = empty < 0 ? undefined : `oci_sd: compartments[${empty}] must not be empty`
  return authFault(config) ?? emptyFault
})

function readFields(fields: SectionReader) {
  return {
    mechanism: 'oci' as const,
    auth: fields.text('auth', 'api_key'),
    tenancy: fields.text('tenancy'),
    user: fields.text('user'),
    fingerprint: fields.text('fingerprint'),
    keyFile: fields.file('key_file'),
    keyPassphrase: fields.secret('key_passphrase'),
    keyPassphraseFile: fields.file('key_passphrase_file'),
    region: fields.text('region', '', 'always'),
    compartments: fields.texts('compartments'),
    http: fields.http(),
    port: fields.integer('port', 80, 'always'),
    refreshIntervalMs: refreshIntervalMs(fields, 60_000, 'always'),
  }
}

function authFault(config: ReturnType<typeof readFields>): string | undefined {
  const { tenancy, user, fingerprint, keyFile, keyPassphrase, keyPassphraseFile } = config
  const needed = Object.entries({ tenancy, user, fingerprint, key_file: keyFile })
  if (config.auth === 'instance_principal') {
    const hasKeys = needed.some(([, text]) => text !== '') || keyPassphraseFile !== ''
    return hasKeys || keyPassphrase !== undefined
      ? 'oci_sd: instance_principal auth must not have tenancy, user, fingerprint, key_file, key_passphrase, or key_passphrase_file set'
      : undefined
  }
  if (config.auth !== 'api_key') {
    return `oci_sd: unknown auth method ${goQuote(config.auth)}, expected "api_key" or "instance_principal"`
  }
  const missing = needed.find(([, text]) => text === '')
  if (missing !== undefined) return `oci_sd: api_key auth requires ${missing[0]}`
  return keyPassphrase !== undefined && keyPassphraseFile !== ''
    ? 'oci_sd: at most one of key_passphrase and key_passphrase_file must be configured'
    : undefined
}
