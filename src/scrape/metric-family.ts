import type { MetricType } from '../storage/metadata.ts'

/** What the names of a family's series may have behind its own, by type. */
const suffixes: Partial<Readonly<Record<MetricType, readonly string[]>>> = {
  counter: ['_total'],
  histogram: ['_bucket', '_sum', '_count'],
  gaugehistogram: ['_bucket', '_gsum', '_gcount'],
  summary: ['_sum', '_count'],
  info: ['_info'],
}

/** Types whose family may be named with the suffix, too. */
const namedWithSuffix: readonly MetricType[] = ['counter', 'info']

/**
 * Whether a series belongs to the family whose metadata came before it in the page: TYPE, HELP and
 * UNIT are optional, so that it may be another one's (upstream's rule, scrape/scrape.go).
 */
export function isOfFamily(seriesName: string, family: string, type: MetricType): boolean {
  if (!seriesName.startsWith(family)) return false
  const ends = suffixes[type] ?? []
  const own = namedWithSuffix.includes(type) ? withoutAny(family, ends) : family
  return withoutAny(seriesName, ends) === own
}

function withoutAny(name: string, ends: readonly string[]): string {
  const end = ends.find((suffix) => name.endsWith(suffix))
  return end === undefined ? name : name.slice(0, -end.length)
}
