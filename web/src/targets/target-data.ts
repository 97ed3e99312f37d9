import type { LabelSet } from '../series/labels.ts'

export type Health = 'up' | 'down' | 'unknown'

/** An active target of /api/v1/targets. Durations are in seconds there, intervals are texts. */
export interface TargetData {
  readonly discoveredLabels: LabelSet
  readonly labels: LabelSet
  readonly scrapePool: string
  readonly scrapeUrl: string
  readonly globalUrl: string
  readonly lastError: string
  readonly lastScrape: string
  readonly lastScrapeDuration: number
  readonly health: Health
  readonly scrapeInterval: string
  readonly scrapeTimeout: string
}

export interface TargetsData {
  readonly activeTargets: readonly TargetData[]
}

export interface TargetPool {
  readonly name: string
  readonly targets: readonly TargetData[]
  readonly up: number
}

export type HealthFilter = Health | 'all'

/** True when every word of the search occurs in the target's address, labels or error. */
function matches(target: TargetData, words: readonly string[]): boolean {
  const labels = Object.entries(target.labels).map(([name, value]) => `${name}="${value}"`)
  const text = [target.scrapeUrl, target.scrapePool, target.lastError, ...labels]
    .join('\n')
    .toLowerCase()
  return words.every((word) => text.includes(word))
}

/** The targets that are asked for, by pool, pools and targets in order of their names. */
export function poolsOf(
  targets: readonly TargetData[],
  health: HealthFilter,
  search: string,
): readonly TargetPool[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  const pools = new Map<string, TargetData[]>()
  for (const target of targets) {
    if (health !== 'all' && target.health !== health) continue
    if (!matches(target, words)) continue
    const pool = pools.get(target.scrapePool) ?? []
    pool.push(target)
    pools.set(target.scrapePool, pool)
  }
  return [...pools]
    .map(([name, members]) => ({
      name,
      targets: members.sort((a, b) => (a.scrapeUrl < b.scrapeUrl ? -1 : 1)),
      up: members.filter((target) => target.health === 'up').length,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** The address as a link only when it is http or https; anything else stays text. */
export function safeHref(address: string): string | undefined {
  return /^https?:\/\//i.test(address) && URL.canParse(address) ? address : undefined
}
