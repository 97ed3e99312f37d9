import type { SectionReader } from '../section-reader.ts'

/** How requests are authorized for Azure (rows C10.2 and C10.3). */
export type AzureAdConfig = ReturnType<typeof readFields>

const clouds = ['AzureChina', 'AzureGovernment', 'AzurePublic'] as const
const uuid = /^(?:urn:uuid:)?\{?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\}?$/i

export function readAzureAd(fields: SectionReader): AzureAdConfig | undefined {
  return fields.section('azuread', 'azuread.plain', (section) => {
    const config = readFields(section)
    section.fields.refuse(azureFault(config))
    return config
  })
}

function readFields(fields: SectionReader) {
  return {
    managedIdentity: fields.section('managed_identity', 'azuread.ManagedIdentityConfig', (own) => ({
      clientId: own.text('client_id'),
    })),
    workloadIdentity: fields.section(
      'workload_identity',
      'azuread.WorkloadIdentityConfig',
      (own) => ({
        clientId: own.text('client_id'),
        tenantId: own.text('tenant_id'),
        tokenFilePath: own.text('token_file_path', workloadTokenPath()),
      }),
    ),
    oauth: fields.section('oauth', 'azuread.OAuthConfig', (own) => ({
      clientId: own.text('client_id'),
      clientSecret: own.secret('client_secret'),
      tenantId: own.text('tenant_id'),
    })),
    sdk: fields.section('sdk', 'azuread.SDKConfig', (own) => ({ tenantId: own.text('tenant_id') })),
    certificate: fields.section('certificate', 'azuread.CertificateConfig', (own) => ({
      clientId: own.text('client_id'),
      tenantId: own.text('tenant_id'),
      certificatePath: own.text('certificate_path'),
      certificateKeyPath: own.text('certificate_key_path'),
      certificatePassword: own.secret('certificate_password'),
      sendCertificateChain: own.flag('send_certificate_chain'),
    })),
    cloud: fields.text('cloud', 'AzurePublic'),
    scope: fields.text('scope'),
  }
}

/** Where the token of a workload is found that does not say so itself. */
function workloadTokenPath(): string {
  return (
    process.env.AZURE_FEDERATED_TOKEN_FILE || '/var/run/secrets/azure/tokens/azure-identity-token'
  )
}

function azureFault(config: AzureAdConfig): string | undefined {
  if (!clouds.some((cloud) => cloud === config.cloud)) {
    return 'must provide a cloud in the Azure AD config'
  }
  const { managedIdentity, workloadIdentity, oauth, sdk, certificate } = config
  const given = [managedIdentity, workloadIdentity, oauth, sdk, certificate].filter(
    (kind) => kind !== undefined,
  )
  if (given.length === 0) {
    return 'must provide an Azure Managed Identity, Azure Workload Identity, Azure OAuth, Azure Certificate or Azure SDK in the Azure AD config'
  }
  if (given.length > 1) {
    return 'cannot provide multiple authentication methods in the Azure AD config'
  }
  const managedId = managedIdentity?.clientId ?? ''
  if (managedId !== '' && !uuid.test(managedId)) {
    return 'the provided Azure Managed Identity client_id is invalid'
  }
  const scopeFault = /^[\w\s:/.-]*$/.test(config.scope)
    ? undefined
    : 'the provided scope contains invalid characters'
  return kindFault(config) ?? scopeFault
}

function kindFault({ workloadIdentity, oauth, certificate }: AzureAdConfig): string | undefined {
  if (workloadIdentity !== undefined) {
    const { clientId, tenantId } = workloadIdentity
    return (
      missing('Workload Identity', { client_id: clientId, tenant_id: tenantId }) ??
      odd('Workload Identity', { client_id: clientId, tenant_id: tenantId })
    )
  }
  if (oauth !== undefined) {
    const { clientId, clientSecret, tenantId } = oauth
    const secret = clientSecret === undefined ? '' : '-'
    return (
      missing('OAuth', { client_id: clientId, client_secret: secret, tenant_id: tenantId }) ??
      odd('OAuth', { client_id: clientId })
    )
  }
  if (certificate === undefined) return undefined
  const { clientId, tenantId, certificatePath } = certificate
  const needed = { client_id: clientId, tenant_id: tenantId, certificate_path: certificatePath }
  return missing('Certificate', needed) ?? odd('Certificate', { client_id: clientId })
}

function missing(kind: string, needed: Readonly<Record<string, string>>): string | undefined {
  const key = Object.keys(needed).find((name) => needed[name] === '')
  return key === undefined
    ? undefined
    : `must provide an Azure ${kind} ${key} in the Azure AD config`
}

function odd(kind: string, ids: Readonly<Record<string, string>>): string | undefined {
  const key = Object.keys(ids).find((name) => !uuid.test(ids[name] ?? ''))
  return key === undefined ? undefined : `the provided Azure ${kind} ${key} is invalid`
}
