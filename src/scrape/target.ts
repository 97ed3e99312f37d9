import type { ScrapeConfig } from '../config/config.ts'
import { targetAddressFault } from '../config/discovery/static.ts'
import { DurationError, parseDurationMs, printDurationMs } from '../model/duration.ts'
import { Labels, LabelsBuilder } from '../model/labels.ts'
import { relabelBuilder } from '../model/relabel.ts'
import { type TargetUrl, targetUrl } from './target-url.ts'

/** What discovery and relabelling made of one address. */
export type TargetOutcome =
  | { readonly kind: 'active'; readonly target: Target }
  | { readonly kind: 'dropped'; readonly discoveredLabels: Labels }
  | { readonly kind: 'failed'; readonly discoveredLabels: Labels; readonly reason: string }

/** One thing to scrape. Two targets with the same key are the same (row S3.6). */
export interface Target {
  readonly key: string
  /** Equal for targets that make the same series, whatever their interval is. */
  readonly seriesKey: string
  readonly discoveredLabels: Labels
  /** With the labels that start in two underscores. */
  readonly allLabels: Labels
  /** Those that every sample of it gets. */
  readonly labels: Labels
  readonly url: TargetUrl
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly histograms: HistogramRules
}

/** How histograms of a target are read: its job's words or, where relabelling says so, others. */
export interface HistogramRules {
  readonly scrapesNative: boolean
  readonly keepsClassic: boolean
  readonly convertsClassic: boolean
}

/** Rows S3.1, C3.18 and C3.20: a target's own labels win over its group's. */
export function targetOf(
  ownLabels: Labels,
  groupLabels: Labels,
  config: ScrapeConfig,
): TargetOutcome {
  const builder = discoveredBuilder(ownLabels, groupLabels, config)
  const discoveredLabels = builder.build()
  if (!relabelBuilder(builder, config.relabelRules)) return { kind: 'dropped', discoveredLabels }
  const reason = targetFault(builder)
  if (reason !== undefined) return { kind: 'failed', discoveredLabels, reason }
  for (const name of builder.names()) if (name.startsWith('__meta_')) builder.delete(name)
  if (builder.get('instance') === '') builder.set('instance', builder.get('__address__'))
  const allLabels = builder.build()
  const labels = publicLabels(allLabels)
  if (labels.size === 0) return { kind: 'dropped', discoveredLabels }
  const url = targetUrl(allLabels, config.params)
  return {
    kind: 'active',
    target: {
      key: `${url.text}\n${allLabels.key()}`,
      seriesKey: `${url.text}\n${labels.key()}`,
      discoveredLabels,
      allLabels,
      labels,
      url,
      intervalMs: parseDurationMs(allLabels.get('__scrape_interval__')),
      timeoutMs: parseDurationMs(allLabels.get('__scrape_timeout__')),
      histograms: histogramRules(allLabels, config),
    },
  }
}

function discoveredBuilder(
  ownLabels: Labels,
  groupLabels: Labels,
  config: ScrapeConfig,
): LabelsBuilder {
  const builder = new LabelsBuilder(groupLabels)
  for (const [name, value] of ownLabels.entries()) builder.set(name, value)
  const defaults: readonly (readonly [string, string])[] = [
    ['job', config.jobName],
    ['__scrape_interval__', printDurationMs(config.scrapeIntervalMs)],
    ['__scrape_timeout__', printDurationMs(config.scrapeTimeoutMs)],
    ['__metrics_path__', config.metricsPath],
    ['__scheme__', config.scheme],
    [histogramLabels.convertsClassic.label, String(config.convertClassicHistograms)],
    [histogramLabels.keepsClassic.label, String(config.alwaysScrapeClassicHistograms)],
    [histogramLabels.scrapesNative.label, String(config.scrapeNativeHistograms)],
    ...[...config.params].map(([name, values]) => [`__param_${name}`, values[0] ?? ''] as const),
  ]
  for (const [name, value] of defaults) if (builder.get(name) === '') builder.set(name, value)
  return builder
}

/** Why a target cannot be scraped as relabelling left it, in upstream's words (row S2.4). */
function targetFault(builder: LabelsBuilder): string | undefined {
  const address = builder.get('__address__')
  if (address === '') return 'no address'
  const fault = targetAddressFault(address)
  if (fault !== undefined) return fault
  const interval = durationOrFault(builder.get('__scrape_interval__'), 'scrape interval')
  if (typeof interval === 'string') return interval
  const timeout = durationOrFault(builder.get('__scrape_timeout__'), 'scrape timeout')
  if (typeof timeout === 'string') return timeout
  if (timeout > interval) {
    const texts = ['__scrape_timeout__', '__scrape_interval__'].map((name) =>
      JSON.stringify(builder.get(name)),
    )
    return `scrape timeout cannot be greater than scrape interval (${texts.join(' > ')})`
  }
  for (const { label, words } of Object.values(histogramLabels)) {
    const text = builder.get(label)
    if (text === '' || parseGoBool(text) !== undefined) continue
    return `error parsing ${words}: strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`
  }
  return undefined
}

/** Labels that relabelling may set to true or false (row C3.18). */
const histogramLabels = {
  convertsClassic: {
    label: '__convert_classic_histograms_to_nhcb__',
    words: 'convert classic histograms to nhcb',
  },
  keepsClassic: {
    label: '__always_scrape_classic_histograms__',
    words: 'always scrape classic histograms',
  },
  scrapesNative: { label: '__scrape_native_histograms__', words: 'scrape native histograms' },
} as const

function histogramRules(labels: Labels, config: ScrapeConfig): HistogramRules {
  const told = (rule: keyof typeof histogramLabels) =>
    parseGoBool(labels.get(histogramLabels[rule].label))
  return {
    scrapesNative: told('scrapesNative') ?? config.scrapeNativeHistograms,
    keepsClassic: told('keepsClassic') ?? config.alwaysScrapeClassicHistograms,
    convertsClassic: told('convertsClassic') ?? config.convertClassicHistograms,
  }
}

/** As Go's strconv.ParseBool; undefined for what it refuses. */
function parseGoBool(text: string): boolean | undefined {
  if (['1', 't', 'T', 'TRUE', 'true', 'True'].includes(text)) return true
  return ['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(text) ? false : undefined
}

function durationOrFault(text: string, what: string): number | string {
  try {
    const ms = parseDurationMs(text)
    return ms === 0 ? `${what} cannot be 0` : ms
  } catch (thrown) {
    if (!(thrown instanceof DurationError)) throw thrown
    return `error parsing ${what}: ${thrown.message}`
  }
}

function publicLabels(allLabels: Labels): Labels {
  return Labels.of([...allLabels.entries()].filter(([name]) => !name.startsWith('__')))
}
