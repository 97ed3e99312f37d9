import { goQuote } from '../../model/go-quote.ts'
import type { SectionReader } from '../section-reader.ts'
import { mechanismSection, refreshIntervalMs } from './mechanism.ts'

const roles = ['robot', 'hcloud'] as const

/** Row D6.6. */
export const hetznerSection = mechanismSection(
  'hetzner',
  'hetzner.plain',
  readFields,
  ({ role }) => (role === '' ? 'role missing (one of: robot, hcloud)' : undefined),
)

function readFields(fields: SectionReader) {
  return {
    mechanism: 'hetzner' as const,
    http: fields.http(),
    refreshIntervalMs: refreshIntervalMs(fields, 60_000, 'always'),
    port: fields.integer('port', 80, 'always'),
    role: fields.word('role', roles, (text) => `unknown role ${goQuote(text)}`),
    labelSelector: fields.text('label_selector'),
  }
}
