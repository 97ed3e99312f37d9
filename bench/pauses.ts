/** Cumulative counts of a histogram by upper bound, in seconds; bounds that tell nothing are left out. */
export type Buckets = ReadonlyMap<number, number>

/** A histogram of a page of metrics, its members with other labels added up; empty where there is none. */
export function bucketsOf(metrics: ReadonlyMap<string, number>, name: string): Buckets {
  const buckets = new Map<number, number>()
  for (const [series, value] of metrics) {
    if (!series.startsWith(`${name}_bucket{`)) continue
    const bound = /le="([^"]+)"/.exec(series)?.[1] ?? ''
    const seconds = bound === '+Inf' ? Infinity : Number(bound)
    buckets.set(seconds, (buckets.get(seconds) ?? 0) + value)
  }
  return buckets
}

/** Adds what came between two readings. */
export function addBetween(sum: Map<number, number>, before: Buckets, after: Buckets): void {
  for (const [bound, count] of after) {
    sum.set(bound, (sum.get(bound) ?? 0) + count - (before.get(bound) ?? 0))
  }
}

/**
 * At most so many seconds took this share of them: the upper bound of its bucket, NaN where there
 * is nothing.
 */
export function quantileOf(buckets: Buckets, share: number): number {
  const bounds = [...buckets.keys()].sort((a, b) => a - b)
  const total = buckets.get(Infinity) ?? 0
  if (total === 0) return Number.NaN
  return bounds.find((bound) => (buckets.get(bound) ?? 0) >= total * share) ?? Infinity
}

/** How many took longer. */
export function longerThan(buckets: Buckets, seconds: number): number {
  return (buckets.get(Infinity) ?? 0) - (buckets.get(seconds) ?? 0)
}
