import { readHttpConfig } from '../http-config.ts'
import type { Secret } from '../secret.ts'
import type { SectionReader } from '../section-reader.ts'
import { mechanismSection, refreshIntervalMs } from './mechanism.ts'

/** Rows D4.*. */
export const consulSection = mechanismSection('consul', 'consul.plain', readFields, (config) => {
  const { authorization, oauth2 } = config.http
  const hasOther = authorization !== undefined || oauth2 !== undefined
  return config.token !== undefined && hasOther
    ? 'at most one of consul SD token, authorization, or oauth2 can be configured'
    : undefined
})

function readFields(fields: SectionReader) {
  const config = {
    mechanism: 'consul' as const,
    server: fields.address('server', 'localhost:8500', 'unless empty'),
    pathPrefix: fields.text('path_prefix'),
    token: fields.secret('token'),
    datacenter: fields.text('datacenter'),
    namespace: fields.text('namespace'),
    partition: fields.text('partition'),
    tagSeparator: fields.text('tag_separator', ','),
    scheme: fields.text('scheme', 'http'),
    username: fields.text('username'),
    password: fields.secret('password'),
    allowStale: fields.flag('allow_stale', true, 'always'),
    refreshIntervalMs: refreshIntervalMs(fields, 30_000),
    services: fields.texts('services'),
    tags: fields.texts('tags'),
    nodeMeta: fields.textMap('node_meta'),
    filter: fields.text('filter'),
    healthFilter: fields.text('health_filter'),
  }
  if (config.server.reveal().trim() === '') {
    fields.fields.refuse('consul SD configuration requires a server address')
  }
  return { ...config, http: readClient(fields, config) }
}

/** User name and password of the section are basic_auth by another name. */
function readClient(
  fields: SectionReader,
  own: { readonly username: string; readonly password: Secret | undefined },
) {
  const { username, password } = own
  const given = readHttpConfig(fields.fields, fields.context)
  const isOwn = username !== '' || password !== undefined
  if (isOwn && given.basicAuth !== undefined) {
    const words = 'consul SD configuration username and password and basic auth'
    fields.fields.refuse(`at most one of ${words} can be configured`)
  }
  if (isOwn && (given.authorization !== undefined || given.oauth2 !== undefined)) {
    const others = 'basic_auth, oauth2 & authorization'
    fields.fields.refuse(`at most one of ${others} must be configured`, 'client')
  }
  const basicAuth = isOwn
    ? { username, usernameFile: '', password, passwordFile: '' }
    : given.basicAuth
  const http = { ...given, basicAuth }
  fields.recordHttp(http)
  return http
}
