import type { Labels } from '../model/labels.ts'
import type { NameScheme } from '../model/name-validity.ts'
import type { RelabelRule } from '../model/relabel.ts'
import type { AlertingConfig } from './alerting-config.ts'
import type { DiscoveryConfig } from './discovery-config.ts'
import type { HttpClientConfig } from './http-config.ts'
import type { OtlpConfig } from './otlp-config.ts'
import type { RemoteReadConfig } from './remote/remote-read.ts'
import type { RemoteWriteConfig } from './remote/remote-write.ts'
import type { StorageConfig } from './storage-config.ts'
import type { TracingConfig } from './tracing-config.ts'

export const scrapeProtocols = [
  'PrometheusProto',
  'PrometheusText0.0.4',
  'PrometheusText1.0.0',
  'OpenMetricsText0.0.1',
  'OpenMetricsText1.0.0',
] as const

export type ScrapeProtocol = (typeof scrapeProtocols)[number]

export const escapingSchemes = ['allow-utf-8', 'underscores', 'dots', 'values'] as const

export type EscapingScheme = (typeof escapingSchemes)[number]

/**
 * A loaded prometheus.yml with every default filled in and every path made absolute or relative to
 * the working directory. Plain values: two configs are equal when their texts are (print.ts).
 */
export interface Config {
  /** The file it came from, as given. */
  readonly file: string
  readonly global: GlobalConfig
  readonly runtime: { readonly gogc: number }
  readonly storage: StorageConfig
  readonly alerting: AlertingConfig
  readonly ruleFiles: readonly string[]
  readonly tracing: TracingConfig | undefined
  /** Names are unique but for ''. */
  readonly remoteWrite: readonly RemoteWriteConfig[]
  readonly remoteRead: readonly RemoteReadConfig[]
  readonly otlp: OtlpConfig
  readonly scrapeConfigFiles: readonly string[]
  /** Of the main file, then of scrape_config_files in order; job names are unique. */
  readonly scrapeConfigs: readonly ScrapeConfig[]
  /** What the file asks for and this version leaves out; empty unless allowUnimplemented. */
  readonly notices: readonly string[]
}

export interface ScrapeLimits {
  /** Decoded bytes; 0 = none, as for all limits here. */
  readonly bodyBytesMax: number
  readonly samplesMax: number
  readonly targetsMax: number
  readonly labelsMax: number
  readonly labelNameBytesMax: number
  readonly labelValueBytesMax: number
  readonly droppedTargetsKept: number
}

/** Rows C2.*. */
export interface GlobalConfig {
  readonly scrapeIntervalMs: number
  readonly scrapeTimeoutMs: number
  /** undefined = the defaults of each job. */
  readonly scrapeProtocols: readonly ScrapeProtocol[] | undefined
  readonly evaluationIntervalMs: number
  readonly ruleQueryOffsetMs: number
  readonly queryLogFile: string
  readonly scrapeFailureLogFile: string
  readonly externalLabels: Labels
  /** The same with the empty ones, which are shown and do nothing. */
  readonly externalLabelTexts: ReadonlyMap<string, string>
  readonly limits: ScrapeLimits
  readonly nameScheme: NameScheme
  /** As written, for the jobs to check; '' = follows the name scheme. */
  readonly escapingScheme: string
  readonly scrapeNativeHistograms: boolean
  readonly convertClassicHistograms: boolean
  readonly alwaysScrapeClassicHistograms: boolean
  readonly extraScrapeMetrics: boolean
}

/** Rows C3.*. */
export interface ScrapeConfig {
  readonly jobName: string
  /** The scrape_config_files entry that it stands in, or undefined for the main file. */
  readonly fromFile: string | undefined
  readonly honorLabels: boolean
  readonly honorTimestamps: boolean
  readonly trackTimestampsStaleness: boolean
  readonly params: ReadonlyMap<string, readonly string[]>
  readonly scrapeIntervalMs: number
  readonly scrapeTimeoutMs: number
  readonly scrapeProtocols: readonly ScrapeProtocol[]
  readonly fallbackProtocol: ScrapeProtocol | undefined
  readonly scrapeNativeHistograms: boolean
  readonly alwaysScrapeClassicHistograms: boolean
  readonly convertClassicHistograms: boolean
  readonly scrapeFailureLogFile: string
  readonly metricsPath: string
  readonly scheme: string
  readonly enableCompression: boolean
  readonly limits: ScrapeLimits
  readonly nativeHistogramBucketsMax: number
  readonly nativeHistogramMinBucketFactor: number
  readonly nameScheme: NameScheme
  readonly escapingScheme: EscapingScheme
  readonly extraScrapeMetrics: boolean
  readonly http: HttpClientConfig
  readonly relabelRules: readonly RelabelRule[]
  readonly metricRelabelRules: readonly RelabelRule[]
  readonly discovery: readonly DiscoveryConfig[]
}

export const defaultGlobalConfig = {
  scrapeIntervalMs: 60_000,
  scrapeTimeoutMs: 10_000,
  evaluationIntervalMs: 60_000,
} as const

export const defaultScrapeProtocols: readonly ScrapeProtocol[] = [
  'OpenMetricsText1.0.0',
  'OpenMetricsText0.0.1',
  'PrometheusText1.0.0',
  'PrometheusText0.0.4',
]

/** What is asked for where native histograms are scraped, or flags want start timestamps. */
export const protobufFirstProtocols: readonly ScrapeProtocol[] = [
  'PrometheusProto',
  ...defaultScrapeProtocols,
]

/** Upstream's GOGC default; the key is taken for the sake of shared files and changes nothing. */
export const defaultGogc = 75
