import { urlTextFault } from '../config-url.ts'
import type { SectionReader } from '../section-reader.ts'
import { mechanismSection, refreshIntervalMs } from './mechanism.ts'

/** Row D4.*. */
export const uyuniSection = mechanismSection('uyuni', 'uyuni.plain', readFields, (config) => {
  if (config.server.reveal() === '') return 'Uyuni SD configuration requires server host'
  const fault = urlTextFault(config.server.reveal())
  if (fault !== undefined) return `Uyuni Server URL is not valid: ${fault}`
  if (config.username === '') return 'Uyuni SD configuration requires a username'
  return config.password === undefined ? 'Uyuni SD configuration requires a password' : undefined
})

function readFields(fields: SectionReader) {
  return {
    mechanism: 'uyuni' as const,
    server: fields.address('server'),
    username: fields.text('username', '', 'always'),
    password: fields.secret('password', 'always'),
    http: fields.http(),
    entitlement: fields.text('entitlement', 'monitoring_entitled'),
    separator: fields.text('separator', ','),
    refreshIntervalMs: refreshIntervalMs(fields),
  }
}
