import type { SectionReader } from '../section-reader.ts'
import { mechanismSection, refreshIntervalMs } from './mechanism.ts'

/** Row D6.14. */
export const outscaleSection = mechanismSection(
  'outscale',
  'outscale.plain',
  readFields,
  (config) => {
    if (config.region === '') return 'outscale SD configuration requires a region'
    if (config.accessKey === '') return 'outscale SD configuration requires access_key'
    return secretKeyFault(config)
  },
)

function readFields(fields: SectionReader) {
  const given = fields.fields.text('endpoint', '')
  const region = fields.fields.text('region', 'eu-west-2')
  const endpoint = given || (region && `https://api.${region}.outscale.com/api/v1`)
  fields.record([
    ['endpoint', endpoint],
    ['region', region],
  ])
  return {
    mechanism: 'outscale' as const,
    endpoint,
    region,
    accessKey: fields.text('access_key', '', 'always'),
    secretKey: fields.secret('secret_key', 'always'),
    secretKeyFile: fields.file('secret_key_file', 'always'),
    refreshIntervalMs: refreshIntervalMs(fields),
    port: fields.integer('port', 80, 'always'),
    http: fields.http(),
  }
}

/** The secret key itself or its file, of which exactly one is needed. */
export function secretKeyFault(config: {
  readonly secretKey: object | undefined
  readonly secretKeyFile: string
}): string | undefined {
  const isKey = config.secretKey !== undefined
  const isFile = config.secretKeyFile !== ''
  if (!isKey && !isFile) return 'one of secret_key & secret_key_file must be configured'
  return isKey && isFile
    ? 'at most one of secret_key & secret_key_file must be configured'
    : undefined
}
