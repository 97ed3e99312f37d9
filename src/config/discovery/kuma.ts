import { addressFault } from '../config-url.ts'
import type { SectionReader } from '../section-reader.ts'
import { mechanismSection, refreshIntervalMs } from './mechanism.ts'

/** Row D4.*. */
export const kumaSection = mechanismSection('kuma', 'xds.plainKumaConf', readFields, (config) => {
  const { server } = config
  if (server.reveal() === '') return 'kuma SD server must not be empty: '
  return addressFault(server, ({ scheme, host }) =>
    scheme === '' || host === ''
      ? `kuma SD server must not be empty and have a scheme: ${server}`
      : undefined,
  )
})

function readFields(fields: SectionReader) {
  return {
    mechanism: 'kuma' as const,
    http: fields.http(),
    refreshIntervalMs: refreshIntervalMs(fields, 15_000),
    fetchTimeoutMs: fields.durationMs('fetch_timeout', 120_000),
    server: fields.address('server', '', 'unless empty'),
    clientId: fields.text('client_id'),
  }
}
