import { goQuote } from '../../model/go-quote.ts'
import type { SectionReader } from '../section-reader.ts'
import { mechanismSection, refreshIntervalMs } from './mechanism.ts'
import { secretKeyFault } from './outscale.ts'

const roles = ['instance', 'baremetal'] as const

/** Rows D6.18 to D6.20. */
export const scalewaySection = mechanismSection(
  'scaleway',
  'scaleway.plain',
  readFields,
  (config) => {
    if (config.role === '') return 'role missing (one of: instance, baremetal)'
    if (config.project === '') return 'project_id is mandatory'
    const fault = secretKeyFault(config)
    if (fault !== undefined) return fault
    return config.accessKey === '' ? 'access_key is mandatory' : clientFault(config)
  },
)

function readFields(fields: SectionReader) {
  return {
    mechanism: 'scaleway' as const,
    project: fields.text('project_id', '', 'always'),
    apiUrl: fields.text('api_url', 'https://api.scaleway.com'),
    zone: fields.text('zone', 'fr-par-1', 'always'),
    accessKey: fields.text('access_key', '', 'always'),
    secretKey: fields.secret('secret_key', 'always'),
    secretKeyFile: fields.file('secret_key_file', 'always'),
    nameFilter: fields.text('name_filter'),
    tagsFilter: fields.texts('tags_filter'),
    http: fields.http(),
    refreshIntervalMs: refreshIntervalMs(fields, 60_000, 'always'),
    port: fields.integer('port', 80, 'always'),
    role: fields.word('role', roles, (text) => `unknown role ${goQuote(text)}`),
  }
}

/** What the provider's own client, which upstream makes at load, says against the form of keys. */
function clientFault(config: ReturnType<typeof readFields>): string | undefined {
  if (!/^SCW[A-Z0-9]{17}$/.test(config.accessKey)) {
    return `scaleway-sdk-go: bad config format: invalid access key format '${config.accessKey}', expected SCWXXXXXXXXXXXXXXXXX format`
  }
  const secret = config.secretKey?.reveal()
  if (secret !== undefined && !uuid.test(secret)) {
    return "scaleway-sdk-go: bad config format: invalid secret key format, expected a UUID: 'xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx'"
  }
  return undefined
}

const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i
