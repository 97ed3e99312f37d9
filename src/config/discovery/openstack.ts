import { goQuote } from '../../model/go-quote.ts'
import type { SectionReader } from '../section-reader.ts'
import { mechanismSection, refreshIntervalMs } from './mechanism.ts'

const roles = ['hypervisor', 'instance', 'loadbalancer'] as const

/** Rows D6.10 to D6.13. */
export const openstackSection = mechanismSection(
  'openstack',
  'openstack.plain',
  readFields,
  ({ availability, role, region }) => {
    if (!['public', 'internal', 'admin'].includes(availability)) {
      return `unknown availability ${availability}, must be one of admin, internal or public`
    }
    if (role === '') return 'role missing (one of: instance, hypervisor, loadbalancer)'
    return region === '' ? 'openstack SD configuration requires a region' : undefined
  },
)

function readFields(fields: SectionReader) {
  const fault = (text: string) => `unknown OpenStack SD role ${goQuote(text)}`
  return {
    mechanism: 'openstack' as const,
    ...readIdentity(fields),
    role: fields.word('role', roles, fault),
    region: fields.text('region', '', 'always'),
    refreshIntervalMs: refreshIntervalMs(fields, 60_000, 'always'),
    port: fields.integer('port', 80, 'always'),
    allTenants: fields.flag('all_tenants'),
    tls: fields.tls(),
    availability: fields.text('availability', 'public'),
  }
}

function readIdentity(fields: SectionReader) {
  const text = (key: string) => fields.text(key, '', 'always')
  return {
    identityEndpoint: text('identity_endpoint'),
    username: text('username'),
    userId: text('userid'),
    password: fields.secret('password', 'always'),
    projectName: text('project_name'),
    projectId: text('project_id'),
    domainName: text('domain_name'),
    domainId: text('domain_id'),
    applicationCredentialName: text('application_credential_name'),
    applicationCredentialId: text('application_credential_id'),
    applicationCredentialSecret: fields.secret('application_credential_secret', 'always'),
  }
}
