import { goQuote } from '../../model/go-quote.ts'
import { urlTextFault } from '../config-url.ts'
import type { SectionReader } from '../section-reader.ts'
import { mechanismSection, refreshIntervalMs } from './mechanism.ts'

/** Row D6.21. */
export const stackitSection = mechanismSection('stackit', 'stackit.plain', readFields, (config) => {
  const { endpoint, region } = config
  if (endpoint === '' && region === '') return 'stackit_sd: endpoint and region missing'
  const fault = urlTextFault(endpoint)
  return fault === undefined
    ? undefined
    : `stackit_sd: invalid endpoint ${goQuote(endpoint)}: ${fault}`
})

function readFields(fields: SectionReader) {
  return {
    mechanism: 'stackit' as const,
    http: fields.http(),
    project: fields.text('project', '', 'always'),
    refreshIntervalMs: refreshIntervalMs(fields),
    port: fields.integer('port', 80),
    region: fields.text('region', 'eu01'),
    endpoint: fields.text('endpoint'),
    serviceAccountKey: fields.secret('service_account_key'),
    privateKey: fields.secret('private_key'),
    // Upstream takes these from the working directory.
    serviceAccountKeyPath: fields.text('service_account_key_path'),
    privateKeyPath: fields.text('private_key_path'),
    credentialsFilePath: fields.text('credentials_file_path'),
  }
}
