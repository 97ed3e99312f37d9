import type { SectionReader } from '../section-reader.ts'
import { mechanismSection, refreshIntervalMs } from './mechanism.ts'

/** Rows D6.15 to D6.17. */
export const ovhcloudSection = mechanismSection(
  'ovhcloud',
  'ovhcloud.plain',
  readFields,
  (config) => {
    if (config.endpoint === '') return 'endpoint can not be empty'
    if (config.applicationKey === '') return 'application key can not be empty'
    if (config.applicationSecret === undefined) return 'application secret can not be empty'
    if (config.consumerKey === undefined) return 'consumer key can not be empty'
    return config.service === 'dedicated_server' || config.service === 'vps'
      ? undefined
      : `unknown service: ${config.service}`
  },
)

function readFields(fields: SectionReader) {
  return {
    mechanism: 'ovhcloud' as const,
    endpoint: fields.text('endpoint', 'ovh-eu', 'always'),
    applicationKey: fields.text('application_key', '', 'always'),
    applicationSecret: fields.secret('application_secret', 'always'),
    consumerKey: fields.secret('consumer_key', 'always'),
    refreshIntervalMs: refreshIntervalMs(fields, 60_000, 'always'),
    service: fields.text('service', '', 'always'),
  }
}
