import type { NameScheme } from '../model/name-validity.ts'
import type { RelabelRule } from '../model/relabel.ts'
import { staticTargetsFault } from './discovery/static.ts'
import { type DiscoveryConfig, printDiscovery, readDiscovery } from './discovery-config.ts'
import { emptySection, type Located, problem, textOf } from './field-reader.ts'
import type { HttpClientConfig } from './http-config.ts'
import type { ReadContext } from './read-context.ts'
import { readRelabelSection } from './relabel-config.ts'
import { SectionReader } from './section-reader.ts'
import { readSigv4, type Sigv4Config } from './sigv4-config.ts'
import { type YamlMapping, yamlListOrNone } from './yaml-text.ts'

/** The alerting section (rows C4.*). */
export interface AlertingConfig {
  readonly alertRelabelRules: readonly RelabelRule[]
  readonly alertmanagers: readonly AlertmanagerConfig[]
  readonly printed: YamlMapping
}

export interface AlertmanagerConfig {
  readonly http: HttpClientConfig
  readonly sigv4: Sigv4Config | undefined
  readonly scheme: string
  readonly pathPrefix: string
  readonly timeoutMs: number
  readonly apiVersion: 'v2'
  readonly discovery: readonly DiscoveryConfig[]
  readonly relabelRules: readonly RelabelRule[]
  readonly alertRelabelRules: readonly RelabelRule[]
  readonly printed: YamlMapping
}

/** Absent: no alerts are sent. */
export function readAlerting(
  at: Located | undefined,
  nameScheme: NameScheme,
  context: ReadContext,
): AlertingConfig {
  const fields = new SectionReader(at ?? emptySection, 'config.plain', context)
  const empty = 'empty or null alert relabeling rule'
  const key = 'alert_relabel_configs'
  const alertRelabelRules = readRelabelSection(fields, key, empty, nameScheme)
  const read = (item: Located) => readAlertmanager(item, nameScheme, context)
  const alertmanagers =
    fields.fields.list('alertmanagers', 'config.AlertmanagerConfigs', read) ?? []
  const printed = alertmanagers.map((config) => config.printed)
  fields.record([['alertmanagers', yamlListOrNone(printed)]])
  return { alertRelabelRules, alertmanagers, printed: fields.end() }
}

function readAlertmanager(
  at: Located,
  nameScheme: NameScheme,
  context: ReadContext,
): AlertmanagerConfig {
  const fields = new SectionReader(at, 'config.AlertmanagerConfig', context)
  const rules = (key: string, kind: string) => {
    const empty = `empty or null Alertmanager ${kind} relabeling rule`
    return readRelabelSection(fields, key, empty, nameScheme)
  }
  const config = {
    http: fields.http(),
    sigv4: readUnbuiltSigv4(fields, at, context),
    scheme: fields.text('scheme', 'http'),
    pathPrefix: fields.text('path_prefix'),
    timeoutMs: fields.durationMs('timeout', 10_000),
    apiVersion: readApiVersion(fields),
    relabelRules: rules('relabel_configs', 'target'),
    alertRelabelRules: rules('alert_relabel_configs', 'alert'),
    discovery: readDiscovery(fields.fields, context),
  }
  fields.record(printDiscovery(config.discovery))
  fields.fields.refuse(alertmanagerFault(config), 'rest')
  return { ...config, printed: fields.end() }
}

/** Checked, but nothing signs requests yet. */
function readUnbuiltSigv4(
  fields: SectionReader,
  at: Located,
  context: ReadContext,
): Sigv4Config | undefined {
  const sigv4 = readSigv4(fields)
  if (sigv4 !== undefined) context.notBuilt('sigv4', at)
  return sigv4
}

function alertmanagerFault(config: Omit<AlertmanagerConfig, 'printed'>): string | undefined {
  const { basicAuth, authorization, oauth2 } = config.http
  const hasAuth = basicAuth !== undefined || authorization !== undefined || oauth2 !== undefined
  if (hasAuth && config.sigv4 !== undefined) {
    return 'at most one of basic_auth, authorization, oauth2, & sigv4 must be configured'
  }
  return config.relabelRules.length === 0 ? staticTargetsFault(config.discovery) : undefined
}

function readApiVersion(fields: SectionReader): 'v2' {
  const field = fields.fields.take('api_version')
  const text = field === undefined ? 'v2' : textOf(field, 'config.plain')
  if (text !== 'v2') {
    throw problem(
      `expected Alertmanager api version to be one of [v2] but got ${text}`,
      field ?? fields.at,
    )
  }
  fields.record([['api_version', text]])
  return text
}
