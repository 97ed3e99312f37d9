import { addressFault } from '../config-url.ts'
import type { SectionReader } from '../section-reader.ts'
import { mechanismSection, refreshIntervalMs } from './mechanism.ts'

/** Row D4.*. */
export const eurekaSection = mechanismSection(
  'eureka',
  'eureka.plain',
  readFields,
  ({ server }) => {
    if (server.reveal() === '') return 'eureka_sd: empty or null eureka server'
    return addressFault(server, ({ scheme, host }) =>
      scheme === '' || host === '' ? 'eureka_sd: invalid eureka server URL' : undefined,
    )
  },
)

function readFields(fields: SectionReader) {
  return {
    mechanism: 'eureka' as const,
    server: fields.address('server', '', 'unless empty'),
    http: fields.http(),
    refreshIntervalMs: refreshIntervalMs(fields, 30_000),
  }
}
