import { goQuote } from '../model/go-quote.ts'
import { Labels } from '../model/labels.ts'
import { isValidLabelName, type NameScheme } from '../model/name-validity.ts'
import {
  defaultGlobalConfig,
  type EscapingScheme,
  escapingSchemes,
  type GlobalConfig,
  protobufFirstProtocols,
  type ScrapeLimits,
  type ScrapeProtocol,
  scrapeProtocols,
} from './config.ts'
import { joinDirectory } from './directory.ts'
import { emptySection, FieldReader, type Located, problem } from './field-reader.ts'
import type { ReadContext } from './read-context.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Told of each use of a variable that is not set, or empty. */
export type EmptyVariable = (name: string) => void

/** Defaults that flags of the server change (--enable-feature). */
export interface GlobalDefaults {
  /** Protobuf is asked for before all else: st-storage, created-timestamp-zero-ingestion. */
  readonly protobufFirst?: boolean
  /** extra-scrape-metrics */
  readonly extraScrapeMetrics?: boolean
}

/** Absent: every default. Rows C2.*; external_labels are expanded from the environment (C1.3). */
export function readGlobal(
  at: Located | undefined,
  context: ReadContext,
  environment: Environment,
  defaults: GlobalDefaults & { readonly emptyVariable?: EmptyVariable },
): GlobalConfig {
  const fields = new FieldReader(at ?? emptySection, 'config.plain')
  const nameScheme = readNameScheme(fields) ?? 'utf8'
  const scrapeIntervalMs =
    fields.durationMs('scrape_interval') || defaultGlobalConfig.scrapeIntervalMs
  const timeoutMs = fields.durationMs('scrape_timeout')
  const emptyVariable = defaults.emptyVariable ?? (() => undefined)
  const externalLabelTexts = new Map(
    [...readExternalLabels(fields, nameScheme)].map(
      ([name, value]) => [name, expand(value, environment, emptyVariable)] as const,
    ),
  )
  if (timeoutMs > scrapeIntervalMs) {
    fields.refuse('global scrape timeout greater than scrape interval')
  }
  const global: GlobalConfig = {
    scrapeIntervalMs,
    scrapeTimeoutMs: timeoutMs || Math.min(defaultGlobalConfig.scrapeTimeoutMs, scrapeIntervalMs),
    scrapeProtocols:
      readScrapeProtocols(fields, 'for global config', 'own') ??
      (defaults.protobufFirst === true ? protobufFirstProtocols : undefined),
    evaluationIntervalMs:
      fields.durationMs('evaluation_interval') || defaultGlobalConfig.evaluationIntervalMs,
    ruleQueryOffsetMs: fields.durationMs('rule_query_offset'),
    queryLogFile: joinDirectory(context.directory, fields.text('query_log_file', '')),
    scrapeFailureLogFile: joinDirectory(
      context.directory,
      fields.text('scrape_failure_log_file', ''),
    ),
    externalLabels: Labels.of(externalLabelTexts),
    externalLabelTexts,
    limits: readLimits(fields),
    nameScheme,
    escapingScheme: fields.text(
      'metric_name_escaping_scheme',
      at === undefined ? 'allow-utf-8' : '',
    ),
    ...readHistogramFlags(fields),
    extraScrapeMetrics: fields.flag('extra_scrape_metrics', defaults.extraScrapeMetrics === true),
  }
  fields.end()
  return global
}

function readHistogramFlags(fields: FieldReader) {
  return {
    scrapeNativeHistograms: fields.flag('scrape_native_histograms', false),
    convertClassicHistograms: fields.flag('convert_classic_histograms_to_nhcb', false),
    alwaysScrapeClassicHistograms: fields.flag('always_scrape_classic_histograms', false),
  }
}

export function readLimits(fields: FieldReader): ScrapeLimits {
  return {
    bodyBytesMax: fields.sizeBytes('body_size_limit'),
    samplesMax: fields.count('sample_limit'),
    targetsMax: fields.count('target_limit'),
    labelsMax: fields.count('label_limit'),
    labelNameBytesMax: fields.count('label_name_length_limit'),
    labelValueBytesMax: fields.count('label_value_length_limit'),
    droppedTargetsKept: fields.count('keep_dropped_targets'),
  }
}

/** `owner` ends upstream's sentence: "for global config" or "for scrape config with ...". */
export function readScrapeProtocols(
  fields: FieldReader,
  owner: string,
  stage: 'own' | 'document',
): readonly ScrapeProtocol[] | undefined {
  const texts = fields.texts('scrape_protocols', 'config.ScrapeProtocol')
  if (texts === undefined) return undefined
  const at = fields.take('scrape_protocols')
  const refuse = (words: string) => fields.refuse(`${words} ${owner}`, stage, at)
  if (texts.length === 0) refuse('scrape_protocols cannot be empty')
  const seen = new Set<string>()
  return texts.flatMap((text) => {
    if (seen.has(text.toLowerCase())) {
      refuse(`duplicated protocol in scrape_protocols, got [${texts.join(' ')}]`)
    }
    seen.add(text.toLowerCase())
    const protocol = scrapeProtocols.find((known) => known === text)
    if (protocol === undefined) refuse(`scrape_protocols: ${unknownProtocolText(text)}`)
    return protocol ?? []
  })
}

export function unknownProtocolText(text: string): string {
  return `unknown scrape protocol ${text}, supported: [${[...scrapeProtocols].sort().join(' ')}]`
}

export function readNameScheme(fields: FieldReader): NameScheme | undefined {
  const text = fields.text('metric_name_validation_scheme', '')
  if (text === '') return undefined
  if (text === 'utf8' || text === 'legacy') return text
  const at = fields.take('metric_name_validation_scheme') ?? fields.at
  throw problem(`unrecognized ValidationScheme: ${JSON.stringify(text)}`, at)
}

/** undefined where it is ''; what is none is refused in `fields`. */
export function escapingSchemeOf(
  text: string,
  owner: string,
  fields: FieldReader,
): EscapingScheme | undefined {
  const scheme = escapingSchemes.find((name) => name === text)
  if (scheme !== undefined || text === '') return scheme
  const known = "'allow-utf-8', 'underscores', 'dots', or 'values'"
  const words = `unknown ${owner} name escaping method specified, must be one of ${known}`
  fields.refuse(`${words}, got ${goQuote(text)}`, 'document')
  return undefined
}

function readExternalLabels(fields: FieldReader, scheme: NameScheme): ReadonlyMap<string, string> {
  const at = fields.take('external_labels')
  const labels = fields.labelMap('external_labels')
  for (const name of labels.keys()) {
    if (!isValidLabelName(name, scheme)) {
      fields.refuse(`${goQuote(name)} is not a valid label name`, 'own', at)
    }
  }
  return labels
}

/**
 * Go's os.Expand: $name, ${name} and $1 from the environment, $$ a dollar, which stays as it is
 * before anything else; what begins a name and is none is left out.
 */
function expand(text: string, environment: Environment, emptyVariable: EmptyVariable): string {
  const valueFor = (name: string) => {
    if (name === '$') return '$'
    const value = Object.hasOwn(environment, name) ? environment[name] : ''
    if (value !== undefined && value !== '') return value
    emptyVariable(name)
    return ''
  }
  return text.replace(
    /\$(?:\{([^}]*)\}|\{|([*#$@!?0-9-]|[A-Za-z_][A-Za-z0-9_]*))/g,
    (_, braced?: string, bare?: string) => {
      const name = braced ?? bare ?? ''
      return name === '' ? '' : valueFor(name)
    },
  )
}
