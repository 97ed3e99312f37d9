import type { Labels } from '../model/labels.ts'

export type TargetHealth = 'unknown' | 'up' | 'down'

/** What the API and the page show of one active target (row A4 of the API: /api/v1/targets). */
export interface ActiveTarget {
  readonly scrapePool: string
  readonly discoveredLabels: Labels
  readonly labels: Labels
  readonly scrapeUrl: string
  readonly globalUrl: string
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
}
