import { goQuote } from '../../model/go-quote.ts'
import { urlTextFault } from '../config-url.ts'
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

/** What the provider's own client, which upstream makes at load, says against the form of values. */
function clientFault(config: ReturnType<typeof readFields>): string | undefined {
  const fault = formFault(config)
  return fault === undefined ? undefined : `scaleway-sdk-go: ${fault}`
}

function formFault({ accessKey, secretKey, project, zone, apiUrl }: ReturnType<typeof readFields>) {
  if (!/^SCW[A-Z0-9]{17}$/.test(accessKey)) {
    return `invalid access key format '${accessKey}', expected SCWXXXXXXXXXXXXXXXXX format`
  }
  // Upstream shows the key.
  if (secretKey !== undefined && !uuid.test(secretKey.reveal())) {
    return `invalid secret key format, ${expectedUuid}`
  }
  if (!uuid.test(project)) return `invalid project ID format '${project}', ${expectedUuid}`
  if (zone === '') return 'default zone cannot be empty'
  if (!/^[a-z]{2}-[a-z]{3,7}-[0-9]{1,2}$/.test(zone)) {
    return `invalid default zone format '${zone}', available zones are: ${zones.join(', ')}`
  }
  if (urlTextFault(apiUrl) !== undefined || apiUrl === '') return `invalid API url '${apiUrl}'`
  return apiUrl.endsWith('/')
    ? `invalid API url '${apiUrl}' it should not have a trailing slash`
    : undefined
}

const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i
const expectedUuid = 'expected a UUID: xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx'
/** Those that the client names; it takes others of the form. */
const zones = [
  'fr-par-1',
  'fr-par-2',
  'fr-par-3',
  'nl-ams-1',
  'nl-ams-2',
  'nl-ams-3',
  'pl-waw-1',
  'pl-waw-2',
  'pl-waw-3',
  'it-mil-1',
]
