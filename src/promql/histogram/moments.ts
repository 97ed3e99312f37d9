import type { NativeHistogram } from '../../model/histogram.ts'
import { KahanSum } from '../functions/kahan.ts'
import { usesCustomBuckets } from './arithmetic.ts'
import { BucketWalk } from './bucket-walk.ts'

const walk = new BucketWalk()
const squares = new KahanSum()

/** histogram_avg (row Q6.3). */
export function meanOf({ sum, count }: NativeHistogram): number {
  return (sum[0] ?? 0) / count
}

/** histogram_stdvar (row Q6.3): as if every observation stood in the middle of its bucket. */
export function varianceOf(histogram: NativeHistogram): number {
  const mean = meanOf(histogram)
  squares.reset()
  for (walk.upwards(histogram); walk.valid; walk.next()) {
    if (walk.count === 0) continue
    const delta = middle(walk.lower, walk.upper, usesCustomBuckets(histogram)) - mean
    squares.add(walk.count * delta * delta)
  }
  return squares.total / histogram.count
}

function middle(lower: number, upper: number, isCustom: boolean): number {
  if (isCustom) return (upper + lower) / 2
  if (lower <= 0 && upper >= 0) return 0
  const geometric = Math.sqrt(upper * lower)
  return upper < 0 ? -geometric : geometric
}
