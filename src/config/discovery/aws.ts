import { goQuote } from '../../model/go-quote.ts'
import type { SectionReader } from '../section-reader.ts'
import { mechanismSection, refreshIntervalMs } from './mechanism.ts'

const roles = ['ec2', 'ecs', 'elasticache', 'lightsail', 'msk', 'rds'] as const

/** Row D5.1: one section for what the ones below find. Upstream gives its client no defaults. */
export const awsSection = mechanismSection('aws', 'aws.plain', readAws, ({ role }) =>
  role === '' ? 'unknown AWS SD role ""' : undefined,
)

/** Row D5.2. */
export const ec2Section = mechanismSection('ec2', 'aws.plain', readEc2, ({ filters }) =>
  filters.some(({ values }) => values.length === 0)
    ? 'EC2 SD configuration filter values cannot be empty'
    : undefined,
)

export const lightsailSection = mechanismSection('lightsail', 'aws.plain', readLightsail)

export const ecsSection = mechanismSection('ecs', 'aws.plain', (fields) => ({
  mechanism: 'ecs' as const,
  ...readClusters(fields, 20),
}))

export const elasticacheSection = mechanismSection('elasticache', 'aws.plain', (fields) => ({
  mechanism: 'elasticache' as const,
  ...readClusters(fields, 10),
}))

export const mskSection = mechanismSection('msk', 'aws.plain', (fields) => ({
  mechanism: 'msk' as const,
  ...readClusters(fields, 10),
}))

export const rdsSection = mechanismSection('rds', 'aws.plain', readRds)

function readAws(fields: SectionReader) {
  const role = fields.word('role', roles, (text) => `unknown AWS SD role ${goQuote(text)}`)
  const place = { region: fields.text('region'), endpoint: fields.text('endpoint') }
  const credentials = readCredentials(fields)
  // Upstream fills these in later: they are printed as they were written.
  const intervalMs = fields.durationMs('refresh_interval')
  const port = fields.integer('port')
  return {
    mechanism: 'aws' as const,
    role,
    ...place,
    ...credentials,
    refreshIntervalMs: intervalMs || 60_000,
    port: port || 80,
    http: fields.http({ followRedirects: false, enableHttp2: false }),
    filters: readFilters(fields, 'unless empty'),
    clusters: fields.texts('clusters'),
  }
}

function readCredentials(fields: SectionReader) {
  return {
    accessKey: fields.text('access_key'),
    secretKey: fields.secret('secret_key'),
    profile: fields.text('profile'),
    roleArn: fields.text('role_arn'),
    externalId: fields.text('external_id'),
  }
}

function readEc2(fields: SectionReader) {
  return {
    mechanism: 'ec2' as const,
    ...readInstances(fields),
    filters: readFilters(fields, 'always'),
    http: fields.http(),
  }
}

function readLightsail(fields: SectionReader) {
  return { mechanism: 'lightsail' as const, ...readInstances(fields), http: fields.http() }
}

function readInstances(fields: SectionReader) {
  return {
    endpoint: fields.text('endpoint', '', 'always'),
    region: fields.text('region', '', 'always'),
    ...readCredentials(fields),
    refreshIntervalMs: refreshIntervalMs(fields),
    port: fields.integer('port', 80, 'always'),
  }
}

function readClusters(fields: SectionReader, requestConcurrency: number) {
  return {
    ...readServices(fields),
    requestConcurrency: fields.integer('request_concurrency', requestConcurrency),
    http: fields.http(),
  }
}

function readRds(fields: SectionReader) {
  return {
    mechanism: 'rds' as const,
    ...readServices(fields),
    filters: readFilters(fields, 'always'),
    requestConcurrency: fields.integer('request_concurrency', 10),
    http: fields.http(),
  }
}

function readServices(fields: SectionReader) {
  return {
    region: fields.text('region', '', 'always'),
    endpoint: fields.text('endpoint', '', 'always'),
    ...readCredentials(fields),
    clusters: fields.texts('clusters'),
    port: fields.integer('port', 80, 'always'),
    refreshIntervalMs: refreshIntervalMs(fields),
  }
}

function readFilters(fields: SectionReader, print: 'always' | 'unless empty') {
  const read = (filter: SectionReader) => ({
    name: filter.text('name', '', 'always'),
    values: filter.texts('values', 'always'),
  })
  return fields.sections('filters', 'aws.Filter', read, print, '*aws.Filter')
}
