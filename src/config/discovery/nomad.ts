import type { SectionReader } from '../section-reader.ts'
import { mechanismSection, refreshIntervalMs } from './mechanism.ts'

/** Rows D4.*. */
export const nomadSection = mechanismSection('nomad', 'nomad.plain', readFields, ({ server }) =>
  server.reveal().trim() === '' ? 'nomad SD configuration requires a server address' : undefined,
)

function readFields(fields: SectionReader) {
  return {
    mechanism: 'nomad' as const,
    allowStale: fields.flag('allow_stale', true, 'always'),
    http: fields.http(),
    namespace: fields.text('namespace', 'default', 'always'),
    refreshIntervalMs: refreshIntervalMs(fields, 60_000, 'always'),
    region: fields.text('region', 'global', 'always'),
    server: fields.address('server', 'http://localhost:4646'),
    tagSeparator: fields.text('tag_separator', ','),
  }
}
