import { httpAddressFault } from '../config-url.ts'
import type { SectionReader } from '../section-reader.ts'
import { mechanismSection, refreshIntervalMs } from './mechanism.ts'

/** Row D4.*. */
export const puppetdbSection = mechanismSection(
  'puppetdb',
  'puppetdb.plain',
  readFields,
  (config) => httpAddressFault(config.url) ?? (config.query === '' ? 'query missing' : undefined),
)

function readFields(fields: SectionReader) {
  return {
    mechanism: 'puppetdb' as const,
    http: fields.http(),
    refreshIntervalMs: refreshIntervalMs(fields),
    url: fields.address('url'),
    query: fields.text('query', '', 'always'),
    includeParameters: fields.flag('include_parameters', false, 'always'),
    port: fields.integer('port', 80, 'always'),
  }
}
