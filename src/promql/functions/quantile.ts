/**
 * The q-quantile of values[0] .. values[count], interpolated between neighbours (row Q4.4). Sorts
 * them in place, NaN first as upstream does; -Inf and +Inf for a q below 0 and above 1.
 */
export function quantileOf(q: number, values: Float64Array, count: number): number {
  if (count === 0 || Number.isNaN(q)) return Number.NaN
  if (q < 0) return Number.NEGATIVE_INFINITY
  if (q > 1) return Number.POSITIVE_INFINITY
  const sorted = sortNanFirst(values.subarray(0, count))
  const rank = q * (count - 1)
  const lower = Math.max(0, Math.floor(rank))
  const upper = Math.min(count - 1, lower + 1)
  const weight = rank - Math.floor(rank)
  return (sorted[lower] ?? 0) * (1 - weight) + (sorted[upper] ?? 0) * weight
}

// A typed array sorts numerically with NaN last; the NaNs are then rotated to the front.
function sortNanFirst(values: Float64Array): Float64Array {
  values.sort()
  let nans = 0
  while (nans < values.length && Number.isNaN(values[values.length - 1 - nans] ?? 0)) nans++
  if (nans > 0 && nans < values.length) {
    values.copyWithin(nans, 0, values.length - nans)
    values.fill(Number.NaN, 0, nans)
  }
  return values
}

/** Scratch that grows to what is asked of it. */
export class ScratchValues {
  #values = new Float64Array(256)

  atLeast(count: number): Float64Array {
    if (this.#values.length < count) this.#values = new Float64Array(count * 2)
    return this.#values
  }
}
