import { createHash } from 'node:crypto'
import type { ScrapeConfig } from './config.ts'
import { type DiscoveryConfig, discoverySections } from './discovery-config.ts'
import { httpSecrets, plainHttp } from './http-config.ts'
import { scrapeConfigText } from './print.ts'
import { yamlList, yamlMap, yamlText } from './yaml-text.ts'

/** Equal exactly for configs that do the same, secrets included; tells no secret. */
export function scrapeConfigIdentity(config: ScrapeConfig): string {
  const secrets = httpSecrets(config.http)
  return createHash('sha256')
    .update(scrapeConfigText(config))
    .update(JSON.stringify(secrets))
    .digest('hex')
}

/**
 * Equal where the same page makes the same series: what was learnt about a target's series stays
 * true while only its timing, its sample limit or the way to reach it changed (row S2.6).
 */
export function seriesRulesIdentity(config: ScrapeConfig): string {
  return scrapeConfigText({
    ...config,
    scrapeIntervalMs: 0,
    scrapeTimeoutMs: 0,
    limits: { ...config.limits, samplesMax: 0 },
    http: plainHttp,
  })
}

/** Equal for sections that find the same targets: jobs that share one share its discoverer. */
export function discoveryIdentity(config: DiscoveryConfig): string {
  const { mechanism } = config
  const items = discoverySections.flatMap((section) => section.print([config]))
  return `${mechanism}\n${yamlText(yamlMap([['items', yamlList(items)]]))}`
}
