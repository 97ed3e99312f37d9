import type { DiscoveryConfig } from '../config/discovery-config.ts'
import type { Labels } from '../model/labels.ts'

/** Targets that share labels, from one source (row D1.3). */
export interface TargetGroup {
  /** Unique within its discoverer; a later group of the same source replaces this one. */
  readonly source: string
  /** Each with __address__ at least. */
  readonly targets: readonly Labels[]
  readonly labels: Labels
}

/** Takes changed groups; one without targets takes its source away. */
export type GroupSink = (groups: readonly TargetGroup[]) => void

/**
 * Finds targets. Protocol: start() once, then stop() once. It reports changed groups only, the
 * first time all there are, at once or later. A source that cannot be read is not reported: the
 * last good answer stays (row D1.4). After stop() nothing is reported any more.
 */
export interface Discoverer {
  start(report: GroupSink): void
  stop(): void
}

/** What one job asks for. */
export interface DiscoveryJob {
  readonly name: string
  readonly configs: readonly DiscoveryConfig[]
}

/** What scraping needs of discovery: the manager implements it. */
export interface DiscoverySource {
  /** Calls with the groups of all jobs: at once, then more and more slowly, at least every 5 s. */
  subscribe(call: (groupsByJob: ReadonlyMap<string, readonly TargetGroup[]>) => void): void
  /** Jobs from now on. Discoverers whose configuration is unchanged keep running. */
  apply(jobs: readonly DiscoveryJob[]): void
  stop(): void
}
