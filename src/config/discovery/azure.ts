import { goQuote } from '../../model/go-quote.ts'
import type { SectionReader } from '../section-reader.ts'
import { mechanismSection, refreshIntervalMs } from './mechanism.ts'

const methods = ['OAuth', 'ManagedIdentity', 'SDK', 'WorkloadIdentity'] as const

/** Row D6.1. */
export const azureSection = mechanismSection('azure', 'azure.plain', readFields, (config) => {
  const needed =
    config.authenticationMethod === 'OAuth'
      ? ([
          ['subscription_id', config.subscriptionId],
          ['tenant_id', config.tenantId],
          ['client_id', config.clientId],
          ['client_secret', config.clientSecret?.reveal() ?? ''],
        ] as const)
      : ([['subscription_id', config.subscriptionId]] as const)
  const missing = needed.find(([, text]) => text === '')
  if (missing !== undefined) return `azure SD configuration requires a ${missing[0]}`
  if (methods.some((known) => known === config.authenticationMethod)) return undefined
  const [first, second, third, last] = methods.map(goQuote)
  return `unknown authentication_type ${goQuote(config.authenticationMethod)}. Supported types are ${first}, ${second}, ${third} or ${last}`
})

function readFields(fields: SectionReader) {
  return {
    mechanism: 'azure' as const,
    environment: fields.text('environment', 'AzurePublicCloud'),
    port: fields.integer('port', 80, 'always'),
    subscriptionId: fields.text('subscription_id', '', 'always'),
    tenantId: fields.text('tenant_id'),
    clientId: fields.text('client_id'),
    clientSecret: fields.secret('client_secret'),
    refreshIntervalMs: refreshIntervalMs(fields, 300_000),
    authenticationMethod: fields.text('authentication_method', 'OAuth'),
    resourceGroup: fields.text('resource_group'),
    http: fields.http(),
  }
}
