import { goQuote } from '../../model/go-quote.ts'
import { type HttpClientConfig, noHeaders, plainHttp } from '../http-config.ts'
import { noProxy } from '../proxy-config.ts'
import type { SectionReader } from '../section-reader.ts'
import { plainTls } from '../tls-config.ts'
import { fieldSelectorFault, labelSelectorFault } from './kubernetes-selector.ts'
import { mechanismSection } from './mechanism.ts'

export const kubernetesRoles = [
  'node',
  'pod',
  'service',
  'endpoints',
  'endpointslice',
  'ingress',
] as const

export type KubernetesRole = (typeof kubernetesRoles)[number]

/** What may be selected by in each role, in the order of upstream's message. */
const selectable: Readonly<Record<KubernetesRole, readonly KubernetesRole[]>> = {
  pod: ['pod', 'node'],
  service: ['service'],
  endpointslice: ['pod', 'service', 'endpointslice'],
  endpoints: ['pod', 'service', 'endpoints'],
  node: ['node'],
  ingress: ['ingress'],
}

/** Row D3.1. */
export const kubernetesSection = mechanismSection(
  'kubernetes',
  'kubernetes.plain',
  readFields,
  (config) =>
    config.role === ''
      ? 'role missing (one of: pod, service, endpoints, endpointslice, node, ingress)'
      : (accessFault(config) ?? selectorsFault(config.role, config.selectors)),
)

function readFields(fields: SectionReader) {
  return {
    mechanism: 'kubernetes' as const,
    apiServer: fields.url('api_server'),
    role: readRole(fields, 'always'),
    kubeconfigFile: fields.file('kubeconfig_file', 'always'),
    http: fields.http(),
    namespaces: fields.defaultedSection('namespaces', 'kubernetes.plain', (section) => ({
      ownNamespace: section.flag('own_namespace', false, 'always'),
      names: section.texts('names', 'always'),
    })),
    selectors: fields.sections('selectors', 'kubernetes.SelectorConfig', (section) => ({
      role: readRole(section, 'unless empty'),
      label: section.text('label'),
      field: section.text('field'),
    })),
    attachMetadata: fields.defaultedSection(
      'attach_metadata',
      'kubernetes.AttachMetadataConfig',
      readAttached,
    ),
  }
}

function readAttached(section: SectionReader) {
  return {
    node: section.flag('node', false, 'always'),
    namespace: section.flag('namespace', false, 'always'),
    deployment: section.flag('deployment', false, 'always'),
    job: section.flag('job', false, 'always'),
    cronjob: section.flag('cronjob', false, 'always'),
  }
}

function readRole(fields: SectionReader, print: 'always' | 'unless empty') {
  const fault = (text: string) => `unknown Kubernetes SD role ${goQuote(text)}`
  return fields.word('role', kubernetesRoles, fault, '', print)
}

function accessFault(config: ReturnType<typeof readFields>): string | undefined {
  const hasServer = config.apiServer !== undefined
  const hasFile = config.kubeconfigFile !== ''
  const isOwn = !isPlain(config.http)
  if (hasServer && hasFile) return "cannot use 'kubeconfig_file' and 'api_server' simultaneously"
  if (hasFile && isOwn) {
    return "cannot use a custom HTTP client configuration together with 'kubeconfig_file'"
  }
  if (!hasServer && isOwn) {
    return "to use custom HTTP client configuration please provide the 'api_server' URL explicitly"
  }
  if (!config.namespaces.ownNamespace) return undefined
  if (hasServer) return "cannot use 'api_server' and 'namespaces.own_namespace' simultaneously"
  return hasFile
    ? "cannot use 'kubeconfig_file' and 'namespaces.own_namespace' simultaneously"
    : undefined
}

/** True for a client without a key of its own: then the cluster says how it is reached. */
function isPlain(http: HttpClientConfig): boolean {
  const { basicAuth, authorization, oauth2, tls, proxy, headers } = http
  const hasAuth = basicAuth !== undefined || authorization !== undefined || oauth2 !== undefined
  const isPlainTls = tls === plainTls || JSON.stringify(tls) === JSON.stringify(plainTls)
  const isProxied = proxy.url !== undefined || proxy.fromEnvironment !== noProxy.fromEnvironment
  const isAsEver =
    http.followRedirects === plainHttp.followRedirects && http.enableHttp2 === plainHttp.enableHttp2
  return !hasAuth && isPlainTls && !isProxied && headers === noHeaders && isAsEver
}

function selectorsFault(
  role: KubernetesRole,
  selectors: ReturnType<typeof readFields>['selectors'],
): string | undefined {
  const seen = new Set<string>()
  for (const selector of selectors) {
    if (seen.has(selector.role)) return `duplicated selector role: ${selector.role}`
    seen.add(selector.role)
    if (!selectable[role].some((known) => known === selector.role)) {
      return `${role} role supports only ${selectable[role].join(', ')} selectors`
    }
    const fault = fieldSelectorFault(selector.field) ?? labelSelectorFault(selector.label)
    if (fault !== undefined) return fault
  }
  return undefined
}
