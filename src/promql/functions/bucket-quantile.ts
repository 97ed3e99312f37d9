/** Relative difference between neighbouring buckets that counts as an artifact of floats. */
const smallDelta = 1e-12
const minNormal = 2.2250738585072014e-308

/** What forcing buckets to rise has changed, for the info annotation. */
export interface Forced {
  minBucket: number
  maxBucket: number
  maxDifference: number
}

/**
 * The buckets of one classic histogram at one step: upper bounds ascending with their cumulative
 * counts, reused from step to step.
 */
export class Buckets {
  bounds = new Float64Array(64)
  counts = new Float64Array(64)
  size = 0

  clear(): void {
    this.size = 0
  }

  /** In any order, fastest in ascending one; equal bounds are added up. */
  add(bound: number, count: number): void {
    let place = this.size
    while (place > 0 && (this.bounds[place - 1] ?? 0) > bound) place--
    if (place > 0 && this.bounds[place - 1] === bound) {
      this.counts[place - 1] = (this.counts[place - 1] ?? 0) + count
      return
    }
    if (this.size === this.bounds.length) this.#grow()
    if (place < this.size) {
      this.bounds.copyWithin(place + 1, place, this.size)
      this.counts.copyWithin(place + 1, place, this.size)
    }
    this.bounds[place] = bound
    this.counts[place] = count
    this.size++
  }

  get endsInInfinity(): boolean {
    return this.bounds[this.size - 1] === Number.POSITIVE_INFINITY
  }

  /**
   * Makes counts rise: insignificant differences vanish silently, decreases are flattened and told
   * in the answer (row Q6.2).
   */
  forceMonotonic(): Forced | undefined {
    let forced: Forced | undefined
    let before = this.counts[0] ?? 0
    for (let at = 1; at < this.size; at++) {
      const count = this.counts[at] ?? 0
      if (count === before) continue
      const insignificant = almostEqual(before, count)
      if (!insignificant && !(count < before)) {
        before = count
        continue
      }
      this.counts[at] = before
      if (insignificant) continue
      const bound = this.bounds[at] ?? 0
      forced ??= {
        minBucket: Number.POSITIVE_INFINITY,
        maxBucket: Number.NEGATIVE_INFINITY,
        maxDifference: 0,
      }
      forced.minBucket = Math.min(forced.minBucket, bound)
      forced.maxBucket = Math.max(forced.maxBucket, bound)
      forced.maxDifference = Math.max(forced.maxDifference, before - count)
    }
    return forced
  }

  #grow(): void {
    const bounds = new Float64Array(this.bounds.length * 2)
    const counts = new Float64Array(bounds.length)
    bounds.set(this.bounds)
    counts.set(this.counts)
    this.bounds = bounds
    this.counts = counts
  }
}

/**
 * histogram_quantile over classic buckets (row Q6.1): linear within a bucket, from 0 in the lowest
 * one; NaN without +Inf bucket, with one bucket only, or without observations. Call
 * forceMonotonic() before.
 */
export function bucketQuantile(q: number, buckets: Buckets): number {
  const { bounds, counts, size } = buckets
  const trivial = trivialQuantile(q)
  if (trivial !== undefined) return trivial
  if (!buckets.endsInInfinity || size < 2) return Number.NaN
  const observations = counts[size - 1] ?? 0
  if (observations === 0) return Number.NaN
  let rank = q * observations
  let bucket = 0
  let above = size - 1
  while (bucket < above) {
    const middle = (bucket + above) >>> 1
    if ((counts[middle] ?? 0) >= rank) above = middle
    else bucket = middle + 1
  }
  if (bucket === size - 1) return bounds[size - 2] ?? Number.NaN
  const end = bounds[bucket] ?? 0
  if (bucket === 0 && end <= 0) return end
  let start = 0
  let count = counts[bucket] ?? 0
  if (bucket > 0) {
    start = bounds[bucket - 1] ?? 0
    count -= counts[bucket - 1] ?? 0
    rank -= counts[bucket - 1] ?? 0
  }
  return start + (end - start) * (rank / count)
}

/** The answer for a q that no buckets are needed for. */
export function trivialQuantile(q: number): number | undefined {
  if (Number.isNaN(q)) return Number.NaN
  if (q < 0) return Number.NEGATIVE_INFINITY
  return q > 1 ? Number.POSITIVE_INFINITY : undefined
}

/** histogram_fraction over classic buckets: the share of observations between the bounds (Q6.4). */
export function bucketFraction(lower: number, upper: number, buckets: Buckets): number {
  const { counts, size } = buckets
  if (!buckets.endsInInfinity) return Number.NaN
  const total = counts[size - 1] ?? 0
  if (total === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return Number.NaN
  if (lower >= upper) return 0
  const below = (value: number) => Math.min(rankOf(value, buckets), total)
  return (below(upper) - below(lower)) / total
}

/** How many observations lie below a value, interpolated within its bucket. */
function rankOf(value: number, { bounds, counts, size }: Buckets): number {
  let rank = 0
  let start = (bounds[0] ?? 0) <= 0 ? Number.NEGATIVE_INFINITY : 0
  for (let bucket = 0; bucket < size; bucket++) {
    const end = bounds[bucket] ?? 0
    const count = counts[bucket] ?? 0
    if (start >= value) return rank
    if (end > value) {
      // An infinitely wide bucket is not interpolated.
      if (start === Number.NEGATIVE_INFINITY) return count
      return rank + ((count - rank) * (value - start)) / (end - start)
    }
    rank = count
    start = end
  }
  return Number.POSITIVE_INFINITY
}

function almostEqual(left: number, right: number): boolean {
  const sum = Math.abs(left) + Math.abs(right)
  const difference = Math.abs(left - right)
  if (left === 0 || right === 0 || sum < minNormal) return difference < smallDelta * minNormal
  return difference / Math.min(sum, Number.MAX_VALUE) < smallDelta
}
