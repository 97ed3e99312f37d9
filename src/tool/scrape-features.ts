import type { GlobalDefaults } from '../config/global-config.ts'
import { subtractHistogram } from '../promql/histogram/arithmetic.ts'
import { detectReset } from '../promql/histogram/reset.ts'
import type { ScrapeFeatures } from '../scrape/target-writer.ts'
import type { Flags } from './flags.ts'

/** What --enable-feature asks of scrapes (rows S3.5, S4.12). */
export function scrapeFeatures(flags: Flags): ScrapeFeatures {
  return {
    typeAndUnitLabels: flags.isFeatureOn('type-and-unit-labels'),
    takesStarts: takesStarts(flags),
    ...(flags.isFeatureOn('st-synthesis') ? { synthesis } : {}),
  }
}

const synthesis = { detectReset, subtract: subtractHistogram }

/** The longest wait until changed targets are told; undefined is the usual one (row F1.45). */
export function discoveryDelayMsMax(flags: Flags): number | undefined {
  return flags.durationMs('scrape.discovery-reload-interval') || undefined
}

/** How far off its slot a scrape may be to get the slot's time (rows F1.45, S2.2). */
export function scrapeAlignMs(flags: Flags): number {
  return flags.isOn('scrape.adjust-timestamps') ? flags.durationMs('scrape.timestamp-tolerance') : 0
}

/** Defaults of the configuration that --enable-feature changes. */
export function configDefaults(flags: Flags): GlobalDefaults {
  return {
    protobufFirst: takesStarts(flags),
    extraScrapeMetrics: flags.isFeatureOn('extra-scrape-metrics'),
  }
}

function takesStarts(flags: Flags): boolean {
  return flags.isFeatureOn('st-storage') || flags.isFeatureOn('created-timestamp-zero-ingestion')
}
