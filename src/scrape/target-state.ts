import type { ScrapeConfig } from '../config/config.ts'
import type { Labels } from '../model/labels.ts'
import type { MetricMetadata } from '../storage/metadata.ts'

export type TargetHealth = 'unknown' | 'up' | 'down'

/** What the API and the page show of one active target (row A4 of the API: /api/v1/targets). */
export interface ActiveTarget {
  readonly scrapePool: string
  readonly discoveredLabels: Labels
  readonly labels: Labels
  readonly scrapeUrl: string
  readonly lastError: string
  /** 0 before the first scrape. */
  readonly lastScrapeMs: number
  readonly lastScrapeDurationSeconds: number
  readonly health: TargetHealth
  readonly scrapeInterval: string
  readonly scrapeTimeout: string
}

export interface DroppedTarget {
  readonly scrapePool: string
  readonly discoveredLabels: Labels
}

/** Read-only view of the scrape manager for the API. */
export interface TargetsView {
  poolNames(): readonly string[]
  activeTargets(): readonly ActiveTarget[]
  droppedTargets(): readonly DroppedTarget[]
  /** All dropped targets by pool, also those over keep_dropped_targets. */
  droppedCounts(): ReadonlyMap<string, number>
  /** The configuration of a pool, if there is one of that name. */
  poolConfig(scrapePool: string): ScrapeConfig | undefined
  /** Active targets in turn with what they tell of families, until `visit` answers false. */
  eachTargetMetadata(visit: (labels: Labels, families: TargetFamilies) => boolean): void
}

/** What one target last told of its families. */
export interface TargetFamilies {
  /** False as soon as `visit` answers false. */
  each(visit: (family: string, metadata: MetricMetadata) => boolean): boolean
}
