import type { NameScheme } from '../../model/name-validity.ts'
import { ConfigUrl } from '../config-url.ts'
import { documentProblem, type Located } from '../field-reader.ts'
import type { ReadContext } from '../read-context.ts'
import { readRelabelSection } from '../relabel-config.ts'
import { SectionReader } from '../section-reader.ts'
import { readSigv4 } from '../sigv4-config.ts'
import { isNull } from '../yaml-node.ts'
import type { YamlMapping } from '../yaml-text.ts'
import { readAzureAd } from './azuread.ts'
import { remoteAuthorizationFault, requestHeadersFault } from './request-headers.ts'

/** One server that samples are written to (rows C5.*). */
export type RemoteWriteConfig = RemoteWriteFields & { readonly printed: YamlMapping }

type RemoteWriteFields = ReturnType<typeof readFields>

const messages = ['prometheus.WriteRequest', 'io.prometheus.write.v2.Request'] as const

export function readRemoteWrite(
  at: Located,
  nameScheme: NameScheme,
  context: ReadContext,
): RemoteWriteConfig {
  if (isNull(at.node)) throw documentProblem('empty or null remote write config section', at)
  const fields = new SectionReader(at, 'config.plain', context)
  const config = readFields(fields, nameScheme)
  return { ...config, printed: fields.end() }
}

function readFields(fields: SectionReader, nameScheme: NameScheme) {
  const url = fields.url('url')
  if (url === undefined) fields.fields.refuse('url for remote_write is empty')
  const emptyRule = 'empty or null relabeling rule in remote write config'
  const config = {
    url: url ?? new ConfigUrl(''),
    remoteTimeoutMs: fields.durationMs('remote_timeout', 30_000),
    headers: fields.textMap('headers'),
    writeRelabelRules: readRelabelSection(fields, 'write_relabel_configs', emptyRule, nameScheme),
    /** '' = named after a hash of the rest. */
    name: fields.text('name'),
    sendExemplars: fields.flag('send_exemplars'),
    sendNativeHistograms: fields.flag('send_native_histograms'),
    roundRobinDns: fields.flag('round_robin_dns'),
    protobufMessage: fields.word(
      'protobuf_message',
      messages,
      messageFault,
      messages[0],
      'always',
      'remote.WriteMessageType',
      'own',
    ),
    failedRequestLogging: fields.flag('failed_request_logging'),
    http: fields.http({ followRedirects: true, enableHttp2: false }),
    queue: fields.defaultedSection('queue_config', 'config.QueueConfig', readQueue, nullQueue),
    metadata: fields.defaultedSection(
      'metadata_config',
      'config.MetadataConfig',
      readMetadata,
      nullMetadata,
    ),
    sigv4: readSigv4(fields),
    azureAd: readAzureAd(fields),
    googleIam: fields.section('google_iam', 'googleiam.Config', (section) => ({
      credentialsFile: section.text('credentials_file'),
    })),
  }
  fields.fields.refuse(requestHeadersFault(config.headers, remoteAuthorizationFault))
  fields.fields.refuse(queueFault(config.queue) ?? authFault(config), 'rest')
  return config
}

function messageFault(text: string): string {
  const known = messages.join(', ')
  return `invalid protobuf_message value: unknown type for remote write protobuf message ${text}, supported: ${known}`
}

function readQueue(fields: SectionReader) {
  return {
    /** Samples for each shard. */
    capacity: fields.integer('capacity', 10_000),
    maxShards: fields.integer('max_shards', 50),
    minShards: fields.integer('min_shards', 1),
    maxSamplesPerSend: fields.integer('max_samples_per_send', 2_000),
    batchSendDeadlineMs: fields.durationMs('batch_send_deadline', 5_000),
    minBackoffMs: fields.durationMs('min_backoff', 30),
    maxBackoffMs: fields.durationMs('max_backoff', 5_000),
    retryOnRateLimit: fields.flag('retry_on_http_429'),
    /** 0 = whatever their age. */
    sampleAgeLimitMs: fields.durationMs('sample_age_limit'),
  }
}

function readMetadata(fields: SectionReader) {
  return {
    send: fields.flag('send', true, 'always'),
    sendIntervalMs: fields.durationMs('send_interval', 60_000, 'always'),
    maxSamplesPerSend: fields.integer('max_samples_per_send', 2_000),
  }
}

/** What a null makes of the sections; a queue like that is refused. */
const nullQueue: ReturnType<typeof readQueue> = {
  capacity: 0,
  maxShards: 0,
  minShards: 0,
  maxSamplesPerSend: 0,
  batchSendDeadlineMs: 0,
  minBackoffMs: 0,
  maxBackoffMs: 0,
  retryOnRateLimit: false,
  sampleAgeLimitMs: 0,
}
const nullMetadata: ReturnType<typeof readMetadata> = {
  send: false,
  sendIntervalMs: 0,
  maxSamplesPerSend: 0,
}

function queueFault(queue: ReturnType<typeof readQueue>): string | undefined {
  const of = (words: string) => `remote write queue ${words}`
  if (queue.maxShards <= 0) return of('max_shards must be positive')
  if (queue.minShards <= 0) return of('min_shards must be positive')
  if (queue.minShards > queue.maxShards) {
    return of('min_shards must not be greater than max_shards')
  }
  if (queue.maxSamplesPerSend <= 0) return of('max_samples_per_send must be positive')
  if (queue.capacity <= 0) return of('capacity must be positive')
  return queue.maxBackoffMs < queue.minBackoffMs
    ? of('max_backoff must not be less than min_backoff')
    : undefined
}

/** Row C9.9. */
function authFault(
  config: Pick<RemoteWriteFields, 'http' | 'sigv4' | 'azureAd' | 'googleIam'>,
): string | undefined {
  const kinds = {
    basic_auth: config.http.basicAuth,
    authorization: config.http.authorization,
    oauth2: config.http.oauth2,
    sigv4: config.sigv4,
    azuread: config.azureAd,
    google_iam: config.googleIam,
  }
  const given = Object.entries(kinds).flatMap(([name, kind]) => (kind === undefined ? [] : [name]))
  return given.length > 1
    ? `at most one of basic_auth, authorization, oauth2, sigv4, azuread or google_iam must be configured. Currently configured: [${given.join(' ')}]`
    : undefined
}
