import { bucketBound } from '../../model/bucket-bounds.ts'
import type { NativeHistogram } from '../../model/histogram.ts'
import { compactHistogram } from '../../model/histogram-compaction.ts'
import { SpanCursor } from '../../model/span-cursor.ts'
import { usesCustomBuckets } from './arithmetic.ts'
import { shareBelow } from './interpolation.ts'

/** Which side of the limit stays: `below` is the operator </, `above` is >/. */
export type KeptSide = 'below' | 'above'

const cursor = new SpanCursor()

/** One trim at a time: what is kept of the bucket at hand, and of all so far. */
interface Trim {
  limit: number
  keeps: KeptSide
  isCustom: boolean
  kept: number
  middle: number
  count: number
  sum: number
  changed: boolean
}

const trim: Trim = {
  limit: 0,
  keeps: 'below',
  isCustom: false,
  kept: 0,
  middle: 0,
  count: 0,
  sum: 0,
  changed: false,
}

/**
 * Drops the observations beyond a limit, in place (row Q3.5; upstream's TrimBuckets). A bucket that
 * the limit cuts keeps the share that interpolation gives; count and sum are then estimated from the
 * buckets. Nothing changes where nothing is cut off.
 */
export function trimHistogram(histogram: NativeHistogram, limit: number, keeps: KeptSide): void {
  trim.limit = limit
  trim.keeps = keeps
  trim.isCustom = usesCustomBuckets(histogram)
  trim.count = 0
  trim.sum = 0
  trim.changed = false
  const hasPositive = trimSide(histogram, true)
  const hasNegative = trimSide(histogram, false)
  if (histogram.zeroCount > 0) {
    trimZeroBucket(histogram, hasPositive, hasNegative)
    addKept()
    if (trim.kept !== histogram.zeroCount) trim.changed = true
    histogram.zeroCount = trim.kept
  }
  if (!trim.changed) return
  histogram.count = trim.count
  histogram.sum[0] = trim.sum
  compactHistogram(histogram)
}

/** Whether any bucket of the side was populated. */
function trimSide(histogram: NativeHistogram, isPositive: boolean): boolean {
  const buckets = isPositive ? histogram.positiveBuckets : histogram.negativeBuckets
  let isPopulated = false
  if (isPositive) cursor.begin(histogram.positiveSpans, histogram.positiveSpanCount)
  else cursor.begin(histogram.negativeSpans, histogram.negativeSpanCount)
  for (; cursor.valid; cursor.next()) {
    const count = buckets[cursor.index] ?? 0
    if (count === 0) continue
    isPopulated = true
    const outer = bucketBound(cursor.place, histogram)
    const inner = bucketBound(cursor.place - 1, histogram)
    const [lower, upper] = isPositive ? [inner, outer] : [-outer, -inner]
    trimBucket(count, lower, upper, isPositive)
    if (trim.kept !== count) trim.changed = true
    buckets[cursor.index] = trim.kept
  }
  return isPopulated
}

function trimBucket(count: number, lower: number, upper: number, isPositive: boolean): void {
  const { limit, keeps } = trim
  if (keeps === 'below' ? upper <= limit : lower >= limit) {
    keep(count, middleOf(lower, upper, isPositive))
  } else if (!(keeps === 'below' ? lower < limit : upper > limit)) {
    keep(0, 0)
  } else if (!Number.isFinite(lower) || !Number.isFinite(upper)) {
    trimInfinite(count, lower, upper)
  } else {
    const below = count * shareBelow(limit, lower, upper, trim.isCustom)
    if (keeps === 'below') keep(below, middleOf(lower, limit, isPositive))
    else keep(count - below, middleOf(limit, upper, isPositive))
  }
  addKept()
}

/** Nobody knows where the observations of an infinitely wide bucket lie: mostly all of them go. */
function trimInfinite(count: number, lower: number, upper: number): void {
  const { limit, keeps } = trim
  if (lower === Number.NEGATIVE_INFINITY) {
    const isUsual = upper > 0 && upper !== Number.POSITIVE_INFINITY
    if (keeps === 'below') {
      // Custom buckets are taken to begin at 0 when they end above it.
      if (limit > 0 && isUsual) keep((count * limit) / upper, limit / 2)
      else if (upper <= 0) keep(count, limit)
      else keep(0, 0)
    } else if (limit >= 0 && isUsual) {
      keep(count * (1 - limit / upper), (limit + upper) / 2)
    } else {
      keep(0, 0)
    }
  } else if (keeps === 'above' && limit >= lower) {
    keep(count, limit)
  } else {
    keep(0, 0)
  }
}

function trimZeroBucket(
  { zeroCount, zeroThreshold }: NativeHistogram,
  hasPositive: boolean,
  hasNegative: boolean,
): void {
  const { limit, keeps } = trim
  const lower = hasPositive && !hasNegative ? 0 : -zeroThreshold
  const upper = hasNegative && !hasPositive ? 0 : zeroThreshold
  const isAll = keeps === 'below' ? limit >= upper : limit <= lower
  if (keeps === 'below' ? limit <= lower : !isAll && limit >= upper) keep(0, 0)
  else if (isAll) keep(zeroCount, (lower + upper) / 2)
  else if (keeps === 'below') {
    keep(zeroCount * ((limit - lower) / (upper - lower)), (lower + limit) / 2)
  } else {
    keep(zeroCount * ((upper - limit) / (upper - lower)), (limit + upper) / 2)
  }
}

function keep(count: number, middle: number): void {
  trim.kept = count
  trim.middle = middle
}

function addKept(): void {
  trim.count += trim.kept
  trim.sum += trim.middle * trim.kept
}

/** Where observations between two bounds are taken to stand, for the sum. */
function middleOf(lower: number, upper: number, isPositive: boolean): number {
  if (!Number.isFinite(lower)) {
    if (!Number.isFinite(upper)) return 0
    return upper > 0 ? upper / 2 : upper
  }
  if (!Number.isFinite(upper)) return lower
  if (trim.isCustom) return (lower + upper) / 2
  const geometric = Math.sqrt(Math.abs(lower * upper))
  return isPositive ? geometric : -geometric
}
