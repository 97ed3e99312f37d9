import type { SectionReader } from '../section-reader.ts'
import { mechanismSection, refreshIntervalMs } from './mechanism.ts'

/** Row D6.8. */
export const linodeSection = mechanismSection('linode', 'linode.plain', readFields)

function readFields(fields: SectionReader) {
  return {
    mechanism: 'linode' as const,
    http: fields.http(),
    refreshIntervalMs: refreshIntervalMs(fields, 60_000, 'always'),
    port: fields.integer('port', 80, 'always'),
    tagSeparator: fields.text('tag_separator', ','),
    region: fields.text('region'),
  }
}
