import type { SectionReader } from '../section-reader.ts'
import { mechanismSection, refreshIntervalMs } from './mechanism.ts'

/** Row D6.5. */
export const gceSection = mechanismSection('gce', 'gce.plain', readFields, ({ project, zone }) => {
  if (project === '') return 'GCE SD configuration requires a project'
  return zone === '' ? 'GCE SD configuration requires a zone' : undefined
})

function readFields(fields: SectionReader) {
  return {
    mechanism: 'gce' as const,
    project: fields.text('project', '', 'always'),
    zone: fields.text('zone', '', 'always'),
    filter: fields.text('filter'),
    refreshIntervalMs: refreshIntervalMs(fields),
    port: fields.integer('port', 80, 'always'),
    tagSeparator: fields.text('tag_separator', ','),
  }
}
