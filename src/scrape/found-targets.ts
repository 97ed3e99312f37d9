import type { Logger } from '../base/logger.ts'
import type { ScrapeConfig } from '../config/config.ts'
import type { TargetGroup } from '../discovery/discoverer.ts'
import type { Labels } from '../model/labels.ts'
import { type Target, targetOf } from './target.ts'

/** What relabelling makes of the targets that discovery found for one job. */
export class FoundTargets {
  /** By their keys: equal ones are one (row S3.6). */
  readonly targets = new Map<string, Target>()
  /** The first keep_dropped_targets of those that were dropped; all where that is 0. */
  readonly dropped: Labels[] = []
  droppedCount = 0
  /** Those that could not be made. */
  failedCount = 0
  readonly #config: ScrapeConfig
  readonly #logger: Logger

  constructor(config: ScrapeConfig, logger: Logger) {
    this.#config = config
    this.#logger = logger
  }

  /** Takes the target in that stands at that place of its group. */
  add(group: TargetGroup, index: number, labels: Labels): void {
    const { jobName, limits } = this.#config
    const outcome = targetOf(labels, group.labels, this.#config)
    if (outcome.kind === 'active') this.targets.set(outcome.target.key, outcome.target)
    else if (outcome.kind === 'dropped') {
      this.droppedCount++
      const kept = limits.droppedTargetsKept
      if (kept === 0 || this.dropped.length < kept) this.dropped.push(outcome.discoveredLabels)
    } else {
      const err = `instance ${index} in group ${group.source}: ${outcome.reason}`
      this.#logger.error('Creating target failed', { scrape_pool: jobName, err })
      this.failedCount++
    }
  }
}
