import type { SectionReader } from '../section-reader.ts'
import { mechanismSection, refreshIntervalMs } from './mechanism.ts'

/** Row D6.7. */
export const ionosSection = mechanismSection('ionos', 'ionos.plain', readFields, (config) =>
  config.datacenterId === '' ? "datacenter id can't be empty" : undefined,
)

function readFields(fields: SectionReader) {
  return {
    mechanism: 'ionos' as const,
    datacenterId: fields.text('datacenter_id', '', 'always'),
    http: fields.http(),
    refreshIntervalMs: refreshIntervalMs(fields, 60_000, 'always'),
    port: fields.integer('port', 80, 'always'),
  }
}
