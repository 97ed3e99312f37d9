import type { NameScheme } from '../model/name-validity.ts'
import {
  defaultScrapeProtocols,
  type EscapingScheme,
  type GlobalConfig,
  protobufFirstProtocols,
  type ScrapeConfig,
  type ScrapeLimits,
  type ScrapeProtocol,
  scrapeProtocols,
} from './config.ts'
import { joinDirectory } from './directory.ts'
import { staticTargetsFault } from './discovery/static.ts'
import { readDiscovery } from './discovery-config.ts'
import { FieldReader, type Located, listItems, mapOf, problem, textOf } from './field-reader.ts'
import {
  escapingSchemeOf,
  readLimits,
  readNameScheme,
  readScrapeProtocols,
  unknownProtocolText,
} from './global-config.ts'
import { readHttpConfig } from './http-config.ts'
import type { ReadContext } from './read-context.ts'
import { readRelabelRules } from './relabel-config.ts'
import { isNull } from './yaml-node.ts'

/** One scrape config, defaults and what it inherits from global filled in (rows C3.*). */
export function readScrapeConfig(
  at: Located,
  global: GlobalConfig,
  context: ReadContext,
  fromFile: string | undefined,
): ScrapeConfig {
  if (isNull(at.node)) throw problem('empty or null scrape config section', at)
  const fields = new FieldReader(at, 'config.ScrapeConfig')
  const discovery = readDiscovery(fields, context)
  const jobName = fields.text('job_name', '')
  if (jobName === '') fields.refuse('job_name is empty')
  const owner = `for scrape config with job name ${JSON.stringify(jobName)}`
  const timing = readTiming(fields, global, owner)
  const protocols = readProtocols(fields, global, owner)
  const names = readNames(fields, global)
  const config: ScrapeConfig = {
    jobName,
    fromFile,
    honorLabels: fields.flag('honor_labels', false),
    honorTimestamps: fields.flag('honor_timestamps', true),
    trackTimestampsStaleness: fields.flag('track_timestamps_staleness', false),
    params: readParams(fields.take('params')),
    ...timing,
    ...protocols,
    scrapeNativeHistograms: fields.inheritedFlag(
      'scrape_native_histograms',
      global.scrapeNativeHistograms,
    ),
    alwaysScrapeClassicHistograms: fields.inheritedFlag(
      'always_scrape_classic_histograms',
      global.alwaysScrapeClassicHistograms,
    ),
    convertClassicHistograms: fields.inheritedFlag(
      'convert_classic_histograms_to_nhcb',
      global.convertClassicHistograms,
    ),
    scrapeFailureLogFile:
      joinDirectory(context.directory, fields.text('scrape_failure_log_file', '')) ||
      global.scrapeFailureLogFile,
    metricsPath: fields.text('metrics_path', '/metrics'),
    scheme: fields.text('scheme', 'http'),
    enableCompression: fields.flag('enable_compression', true),
    limits: inheritLimits(readLimits(fields), global.limits),
    nativeHistogramBucketsMax: fields.count('native_histogram_bucket_limit'),
    nativeHistogramMinBucketFactor: fields.float('native_histogram_min_bucket_factor'),
    ...names,
    extraScrapeMetrics: fields.inheritedFlag('extra_scrape_metrics', global.extraScrapeMetrics),
    http: readHttpConfig(fields, context),
    relabelRules: readRelabelRules(
      fields,
      'relabel_configs',
      'empty or null target relabeling rule in scrape config',
      names.nameScheme,
    ),
    metricRelabelRules: readRelabelRules(
      fields,
      'metric_relabel_configs',
      'empty or null metric relabeling rule in scrape config',
      names.nameScheme,
    ),
    discovery,
  }
  if (config.relabelRules.length === 0) fields.refuse(staticTargetsFault(config.discovery), 'rest')
  fields.end()
  return config
}

function readTiming(
  fields: FieldReader,
  global: GlobalConfig,
  owner: string,
): { scrapeIntervalMs: number; scrapeTimeoutMs: number } {
  const scrapeIntervalMs = fields.durationMs('scrape_interval') || global.scrapeIntervalMs
  const timeoutMs = fields.durationMs('scrape_timeout')
  if (timeoutMs > scrapeIntervalMs) {
    fields.refuse(`scrape timeout greater than scrape interval ${owner}`, 'document')
  }
  return {
    scrapeIntervalMs,
    scrapeTimeoutMs: timeoutMs || Math.min(global.scrapeTimeoutMs, scrapeIntervalMs),
  }
}

function readProtocols(
  fields: FieldReader,
  global: GlobalConfig,
  owner: string,
): { scrapeProtocols: readonly ScrapeProtocol[]; fallbackProtocol: ScrapeProtocol | undefined } {
  const own = readScrapeProtocols(fields, owner, 'document')
  const scrapesNative = fields.inheritedFlag(
    'scrape_native_histograms',
    global.scrapeNativeHistograms,
  )
  const usual = scrapesNative ? protobufFirstProtocols : defaultScrapeProtocols
  const all = own ?? global.scrapeProtocols ?? usual
  return { scrapeProtocols: all, fallbackProtocol: readFallback(fields, owner) }
}

function readFallback(fields: FieldReader, owner: string): ScrapeProtocol | undefined {
  const field = fields.take('fallback_scrape_protocol')
  const text = field === undefined ? '' : textOf(field, 'config.ScrapeProtocol')
  if (field === undefined || text === '') return undefined
  const protocol = scrapeProtocols.find((known) => known === text)
  if (protocol === undefined) {
    const words = `invalid fallback_scrape_protocol ${owner}`
    fields.refuse(`${words}: ${unknownProtocolText(text)}`, 'document', field)
  }
  return protocol
}

/** Validation and escaping: the job's own words win, then the global ones, then what fits. */
function readNames(
  fields: FieldReader,
  global: GlobalConfig,
): { nameScheme: NameScheme; escapingScheme: EscapingScheme } {
  const own = readNameScheme(fields)
  const nameScheme = own ?? global.nameScheme
  const fitting = nameScheme === 'legacy' ? 'underscores' : 'allow-utf-8'
  const ofGlobal = escapingSchemeOf(global.escapingScheme, 'global', fields)
  const inherited = own === undefined ? (ofGlobal ?? fitting) : fitting
  const text = fields.text('metric_name_escaping_scheme', '')
  const escapingScheme = escapingSchemeOf(text, 'scrape config', fields) ?? inherited
  if (escapingScheme === 'allow-utf-8' && nameScheme !== 'utf8') {
    const words = 'utf8 metric names requested but validation scheme is not set to UTF8'
    fields.refuse(words, 'document')
  }
  return { nameScheme, escapingScheme }
}

function readParams(at: Located | undefined): ReadonlyMap<string, readonly string[]> {
  const params = new Map<string, readonly string[]>()
  if (at === undefined) return params
  for (const [name, value] of mapOf(at, 'url.Values')) {
    params.set(name, isNull(value.node) ? [] : listItems(value).map((item) => textOf(item)))
  }
  return params
}

/** 0 in a job means: what global says. */
function inheritLimits(own: ScrapeLimits, global: ScrapeLimits): ScrapeLimits {
  return {
    bodyBytesMax: own.bodyBytesMax || global.bodyBytesMax,
    samplesMax: own.samplesMax || global.samplesMax,
    targetsMax: own.targetsMax || global.targetsMax,
    labelsMax: own.labelsMax || global.labelsMax,
    labelNameBytesMax: own.labelNameBytesMax || global.labelNameBytesMax,
    labelValueBytesMax: own.labelValueBytesMax || global.labelValueBytesMax,
    droppedTargetsKept: own.droppedTargetsKept || global.droppedTargetsKept,
  }
}
