import type { GlobalDefaults } from '../config/global-config.ts'
import type { ScrapeFeatures } from '../scrape/target-writer.ts'
import type { Flags } from './flags.ts'

/** What --enable-feature asks of scrapes (rows S3.5, S4.12). */
export function scrapeFeatures(flags: Flags): ScrapeFeatures {
  return {
    typeAndUnitLabels: flags.isFeatureOn('type-and-unit-labels'),
    takesStarts: takesStarts(flags),
  }
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
