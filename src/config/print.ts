import { printDurationMs } from '../model/duration.ts'
import type { Config, GlobalConfig, ScrapeConfig, ScrapeLimits } from './config.ts'
import { printDiscovery } from './discovery-config.ts'
import { printHttp } from './print-http.ts'
import { printRelabelRule } from './relabel-config.ts'
import { printSizeBytes } from './size.ts'
import type { StorageConfig } from './storage-config.ts'
import {
  unlessEmpty,
  unlessZero,
  whenTrue,
  type YamlEntry,
  type YamlMapping,
  yamlList,
  yamlListOrNone,
  yamlMap,
  yamlSortedMap,
  yamlText,
} from './yaml-text.ts'

/**
 * The loaded configuration as /api/v1/status/config shows it: upstream's key order, defaults filled
 * in, secrets as <secret> (row C1.6). Jobs of scrape_config_files are not part of it.
 */
export function configText(config: Config): string {
  return yamlText(
    yamlMap([
      ['global', printGlobal(config.global)],
      ['runtime', yamlMap([['gogc', config.runtime.gogc]])],
      ['alerting', unlessEmptyMap(config.alerting.printed)],
      ['rule_files', yamlListOrNone(config.ruleFiles)],
      ['scrape_config_files', yamlListOrNone(config.scrapeConfigFiles)],
      [
        'scrape_configs',
        yamlListOrNone(
          config.scrapeConfigs.filter((job) => job.fromFile === undefined).map(printScrapeConfig),
        ),
      ],
      ['storage', printStorage(config.storage)],
      ['tracing', config.tracing?.printed],
      ['remote_write', yamlListOrNone(config.remoteWrite.map(({ printed }) => printed))],
      ['remote_read', yamlListOrNone(config.remoteRead.map(({ printed }) => printed))],
      ['otlp', unlessEmptyMap(config.otlp.printed)],
    ]),
  )
}

function printStorage(storage: StorageConfig): YamlMapping {
  const { retention, outOfOrderWindowMs, exemplarsMax, floatChunks } = storage
  const threshold = storage.staleSeriesThreshold
  const fields = yamlMap([
    ['time', unlessZero(retention.timeMs, printDurationMs)],
    ['size', unlessZero(retention.sizeBytes, printSizeBytes)],
    ['percentage', unlessZero(retention.percentage, Number)],
  ])
  const encoding = floatChunks === undefined ? undefined : yamlMap([['floats', floatChunks]])
  const tsdb = yamlMap([
    // Upstream's own field, in milliseconds, which it prints, too.
    ['outofordertimewindow', outOfOrderWindowMs],
    ['out_of_order_time_window', unlessZero(outOfOrderWindowMs, printDurationMs)],
    ['stale_series_compaction_threshold', unlessZero(threshold, Number)],
    ['chunk_encoding', encoding],
    ['retention', fields],
  ])
  if (exemplarsMax === undefined) return yamlMap([['tsdb', tsdb]])
  const exemplars = yamlMap([['max_exemplars', unlessZero(exemplarsMax, Number)]])
  return yamlMap([
    ['tsdb', tsdb],
    ['exemplars', exemplars],
  ])
}

/** A job's own text: equal for two jobs exactly when nothing that matters differs. */
export function scrapeConfigText(config: ScrapeConfig): string {
  return yamlText(printScrapeConfig(config))
}

function printGlobal(global: GlobalConfig): YamlMapping {
  return yamlMap([
    ['scrape_interval', printDurationMs(global.scrapeIntervalMs)],
    ['scrape_timeout', printDurationMs(global.scrapeTimeoutMs)],
    ['scrape_protocols', yamlListOrNone(global.scrapeProtocols ?? [])],
    ['evaluation_interval', printDurationMs(global.evaluationIntervalMs)],
    ['rule_query_offset', unlessZero(global.ruleQueryOffsetMs, printDurationMs)],
    ['query_log_file', unlessEmpty(global.queryLogFile)],
    ['scrape_failure_log_file', unlessEmpty(global.scrapeFailureLogFile)],
    ['external_labels', yamlSortedMap(global.externalLabelTexts)],
    ...printLimits(global.limits),
    ['keep_dropped_targets', unlessZero(global.limits.droppedTargetsKept, Number)],
    ['metric_name_validation_scheme', global.nameScheme],
    ['metric_name_escaping_scheme', unlessEmpty(global.escapingScheme)],
    ['scrape_native_histograms', global.scrapeNativeHistograms],
    ['convert_classic_histograms_to_nhcb', whenTrue(global.convertClassicHistograms)],
    ['always_scrape_classic_histograms', whenTrue(global.alwaysScrapeClassicHistograms)],
    ['extra_scrape_metrics', global.extraScrapeMetrics],
  ])
}

function printScrapeConfig(job: ScrapeConfig): YamlMapping {
  return yamlMap([
    ['job_name', job.jobName],
    ['honor_labels', whenTrue(job.honorLabels)],
    ['honor_timestamps', job.honorTimestamps],
    ['track_timestamps_staleness', job.trackTimestampsStaleness],
    [
      'params',
      yamlSortedMap([...job.params].map(([name, values]) => [name, yamlList(values)] as const)),
    ],
    ['scrape_interval', printDurationMs(job.scrapeIntervalMs)],
    ['scrape_timeout', printDurationMs(job.scrapeTimeoutMs)],
    ['scrape_protocols', yamlList(job.scrapeProtocols)],
    ['fallback_scrape_protocol', job.fallbackProtocol],
    ['scrape_native_histograms', job.scrapeNativeHistograms],
    ['always_scrape_classic_histograms', job.alwaysScrapeClassicHistograms],
    ['convert_classic_histograms_to_nhcb', job.convertClassicHistograms],
    ['scrape_failure_log_file', unlessEmpty(job.scrapeFailureLogFile)],
    ['metrics_path', unlessEmpty(job.metricsPath)],
    ['scheme', unlessEmpty(job.scheme)],
    ['enable_compression', job.enableCompression],
    ...printLimits(job.limits),
    ['native_histogram_bucket_limit', unlessZero(job.nativeHistogramBucketsMax, Number)],
    ['native_histogram_min_bucket_factor', unlessZero(job.nativeHistogramMinBucketFactor, Number)],
    ['keep_dropped_targets', unlessZero(job.limits.droppedTargetsKept, Number)],
    ['metric_name_validation_scheme', job.nameScheme],
    ['metric_name_escaping_scheme', job.escapingScheme],
    ['extra_scrape_metrics', job.extraScrapeMetrics],
    ...printHttp(job.http),
    ['relabel_configs', yamlListOrNone(job.relabelRules.map(printRelabelRule))],
    ['metric_relabel_configs', yamlListOrNone(job.metricRelabelRules.map(printRelabelRule))],
    ...printDiscovery(job.discovery),
  ])
}

function printLimits(limits: ScrapeLimits): readonly YamlEntry[] {
  return [
    ['body_size_limit', unlessZero(limits.bodyBytesMax, printSizeBytes)],
    ['sample_limit', unlessZero(limits.samplesMax, Number)],
    ['target_limit', unlessZero(limits.targetsMax, Number)],
    ['label_limit', unlessZero(limits.labelsMax, Number)],
    ['label_name_length_limit', unlessZero(limits.labelNameBytesMax, Number)],
    ['label_value_length_limit', unlessZero(limits.labelValueBytesMax, Number)],
  ]
}

function unlessEmptyMap(map: YamlMapping): YamlMapping | undefined {
  return map.entries.length === 0 ? undefined : map
}
