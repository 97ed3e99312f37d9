import { createHash } from 'node:crypto'
import type { AlertmanagerConfig } from './alerting-config.ts'
import type { ScrapeConfig } from './config.ts'
import { type DiscoveryConfig, discoverySections } from './discovery-config.ts'
import { plainHttp } from './http-config.ts'
import { scrapeConfigText } from './print.ts'
import { Secret } from './secret.ts'
import { yamlList, yamlMap, yamlText } from './yaml-text.ts'

/** Equal exactly for configs that do the same, secrets included; tells no secret. */
export function scrapeConfigIdentity(config: ScrapeConfig): string {
  return digest(scrapeConfigText(config), valuesIn([config.http, config.discovery]))
}

/**
 * Equal where the same page makes the same series: what was learnt about a target's series stays
 * true while only its timing, its sample limit, its failure log or the way to reach it
 * changed (row S2.6).
 */
export function seriesRulesIdentity(config: ScrapeConfig): string {
  return scrapeConfigText({
    ...config,
    scrapeIntervalMs: 0,
    scrapeTimeoutMs: 0,
    scrapeFailureLogFile: '',
    limits: { ...config.limits, samplesMax: 0 },
    http: plainHttp,
  })
}

/** Equal for sections that find the same targets: jobs that share one share its discoverer. */
export function discoveryIdentity(config: DiscoveryConfig): string {
  const items = discoverySections.flatMap((section) => section.print([config]))
  const text = yamlText(yamlMap([['items', yamlList(items)]]))
  return `${config.mechanism} ${digest(text, valuesIn(config))}`
}

/** Equal for sections that send the same alerts to the same Alertmanagers in the same way. */
export function alertmanagerIdentity(config: AlertmanagerConfig): string {
  const { http, sigv4, discovery } = config
  return digest(yamlText(config.printed), valuesIn([http, sigv4, discovery]))
}

function digest(text: string, values: readonly string[]): string {
  return createHash('sha256').update(text).update(JSON.stringify(values)).digest('hex')
}

/**
 * Every text, number and secret of a configuration value, each behind its path: what is printed
 * hides secrets, and passwords in URLs.
 */
function valuesIn(value: unknown, path = ''): readonly string[] {
  if (value instanceof Secret) return [`${path}=${value.reveal()}`]
  if (value === undefined) return []
  if (typeof value !== 'object' || value === null) return [`${path}=${String(value)}`]
  const entries = value instanceof Map ? [...value] : Object.entries(value)
  return entries.flatMap(([key, member]) => valuesIn(member, `${path}.${String(key)}`))
}
