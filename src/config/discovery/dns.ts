import type { SectionReader } from '../section-reader.ts'
import { mechanismSection, refreshIntervalMs } from './mechanism.ts'

const types = ['SRV', 'A', 'AAAA', 'MX', 'NS'] as const

/** Row D2.1. */
export const dnsSection = mechanismSection('dns', 'dns.plain', readFields, (config) => {
  if (config.names.length === 0) {
    return 'DNS-SD config must contain at least one SRV record name'
  }
  if (config.recordType === undefined) return `invalid DNS-SD records type ${config.type}`
  if (config.recordType !== 'SRV' && config.port === 0) {
    return 'a port is required in DNS-SD configs for all record types except SRV'
  }
  return undefined
})

function readFields(fields: SectionReader) {
  const names = fields.texts('names', 'always')
  const intervalMs = refreshIntervalMs(fields, 30_000)
  const type = fields.text('type', 'SRV', 'always')
  return {
    mechanism: 'dns' as const,
    names,
    refreshIntervalMs: intervalMs,
    /** As written, and the record type that it means; undefined is refused. */
    type,
    recordType: types.find((known) => known === type.toUpperCase()),
    /** Of all but SRV records, which bring their own. */
    port: fields.integer('port', 0, 'always'),
  }
}
