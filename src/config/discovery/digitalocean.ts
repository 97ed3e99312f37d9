import { goQuote } from '../../model/go-quote.ts'
import type { SectionReader } from '../section-reader.ts'
import { mechanismSection, refreshIntervalMs } from './mechanism.ts'

const roles = ['droplets', 'databases'] as const

/** Rows D6.2 to D6.4. */
export const digitaloceanSection = mechanismSection(
  'digitalocean',
  'digitalocean.plain',
  readFields,
  ({ role }) => (role === '' ? 'role missing (one of: droplets, databases)' : undefined),
)

function readFields(fields: SectionReader) {
  const fault = (text: string) => `unknown DigitalOcean SD role ${goQuote(text)}`
  return {
    mechanism: 'digitalocean' as const,
    http: fields.http(),
    refreshIntervalMs: refreshIntervalMs(fields, 60_000, 'always'),
    port: fields.integer('port', 80, 'always'),
    role: fields.word('role', roles, fault, 'droplets'),
  }
}
