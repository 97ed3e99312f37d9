import type { SectionReader } from '../section-reader.ts'
import { mechanismSection, refreshIntervalMs } from './mechanism.ts'

/** Row D6.25. */
export const vultrSection = mechanismSection('vultr', 'vultr.plain', readFields)

function readFields(fields: SectionReader) {
  return {
    mechanism: 'vultr' as const,
    http: fields.http(),
    refreshIntervalMs: refreshIntervalMs(fields, 60_000, 'always'),
    port: fields.integer('port', 80, 'always'),
  }
}
