import type { SectionReader } from '../section-reader.ts'
import { mechanismSection, refreshIntervalMs } from './mechanism.ts'

/** Rows D6.22 to D6.24. */
export const tritonSection = mechanismSection('triton', 'triton.plain', readFields, (config) => {
  if (config.role !== 'container' && config.role !== 'cn') {
    return "triton SD configuration requires role to be 'container' or 'cn'"
  }
  if (config.account === '') return 'triton SD configuration requires an account'
  if (config.dnsSuffix === '') return 'triton SD configuration requires a dns_suffix'
  return config.endpoint === '' ? 'triton SD configuration requires an endpoint' : undefined
})

function readFields(fields: SectionReader) {
  return {
    mechanism: 'triton' as const,
    account: fields.text('account', '', 'always'),
    role: fields.text('role', 'container', 'always'),
    dnsSuffix: fields.text('dns_suffix', '', 'always'),
    endpoint: fields.text('endpoint', '', 'always'),
    groups: fields.texts('groups'),
    port: fields.integer('port', 9163, 'always'),
    refreshIntervalMs: refreshIntervalMs(fields),
    tls: fields.tls(),
    version: fields.integer('version', 1, 'always'),
  }
}
