import { bucketBound } from '../../model/bucket-bounds.ts'
import {
  customBucketsSchema,
  type HistogramLayout,
  type NativeHistogram,
  resetHint,
} from '../../model/histogram.ts'
import { equalBounds, equalPlaces } from '../../model/histogram-equality.ts'
import { compensationAfter } from '../functions/kahan.ts'
import { BucketRun, BucketSide } from './bucket-run.ts'
import { CommonBounds } from './custom-bounds.ts'
import { type HistogramErrors, scaleBuckets } from './histogram-errors.ts'
import { reconcileZeroBuckets } from './zero-bucket.ts'

/**
 * What there is to tell about an addition or subtraction, as bits. Only after `incompatible`
 * (exponential buckets meet custom ones) has nothing been computed; the target is as it was.
 */
export const combined = { incompatible: 1, hintsConflict: 2, boundsReconciled: 4 } as const

const one = new BucketRun()
const two = new BucketRun()
const merged = new BucketRun()
const side = new BucketSide()
const common = new CommonBounds()

/**
 * target += other; answers bits of `combined`. Buckets that only one has are kept, also empty ones
 * (compactHistogram drops them). With `errors`, what rounding takes is kept there.
 */
export function addHistogram(
  target: NativeHistogram,
  other: NativeHistogram,
  errors?: HistogramErrors,
): number {
  return combine(target, other, 1, errors)
}

/**
 * target -= other, as addHistogram. The hint is that of an addition: for the operator "-" the
 * caller sets it to gauge.
 */
export function subtractHistogram(target: NativeHistogram, other: NativeHistogram): number {
  return combine(target, other, -1, undefined)
}

/** Every count and the sum times `factor`; a negative one makes a gauge. */
export function multiplyHistogram(histogram: NativeHistogram, factor: number): void {
  scale(histogram, factor, 1)
  if (factor < 0) histogram.hint = resetHint.gauge
}

/** Every count and the sum divided by `divisor`; 0 leaves no bucket but the zero bucket. */
export function divideHistogram(histogram: NativeHistogram, divisor: number): void {
  if (divisor === 0) {
    histogram.positiveSpanCount = 0
    histogram.positiveBucketCount = 0
    histogram.negativeSpanCount = 0
    histogram.negativeBucketCount = 0
  }
  scale(histogram, 1, divisor)
  if (divisor < 0) histogram.hint = resetHint.gauge
}

export function usesCustomBuckets({ schema }: HistogramLayout): boolean {
  return schema === customBucketsSchema
}

/** Whether a side's lowest bucket reaches beyond the zero bucket, so that every one counts. */
export function allBeyondZero(layout: HistogramLayout): boolean {
  if (layout.zeroThreshold === 0) return true
  const { positiveSpans, positiveSpanCount, negativeSpans, negativeSpanCount } = layout
  return (
    (positiveSpanCount === 0 || isBeyondZero(positiveSpans[0] ?? 0, layout)) &&
    (negativeSpanCount === 0 || isBeyondZero(negativeSpans[0] ?? 0, layout))
  )
}

/** How many buckets at the start of a run end within the zero bucket. */
export function withinZero(run: BucketRun, layout: HistogramLayout): number {
  let index = 0
  if (usesCustomBuckets(layout)) return index
  while (index < run.size && !isBeyondZero(run.places[index] ?? 0, layout)) index++
  return index
}

function isBeyondZero(place: number, layout: HistogramLayout): boolean {
  return bucketBound(place, layout) > layout.zeroThreshold
}

function scale(histogram: NativeHistogram, factor: number, divisor: number): void {
  histogram.zeroCount = (histogram.zeroCount * factor) / divisor
  histogram.count = (histogram.count * factor) / divisor
  histogram.sum[0] = ((histogram.sum[0] ?? 0) * factor) / divisor
  scaleBuckets(histogram.positiveBuckets, histogram.positiveBucketCount, factor, divisor)
  scaleBuckets(histogram.negativeBuckets, histogram.negativeBucketCount, factor, divisor)
}

function combine(
  target: NativeHistogram,
  other: NativeHistogram,
  sign: 1 | -1,
  errors: HistogramErrors | undefined,
): number {
  const isCustom = usesCustomBuckets(target)
  if (isCustom !== usesCustomBuckets(other)) return combined.incompatible
  const told = combineHints(target, other)
  if (!isCustom) addZeroCounts(target, other, sign, errors)
  addTotals(target, other, sign, errors)
  if (isCustom && !equalBounds(target, other)) {
    addToCommonBuckets(target, other, sign, errors)
    return told | combined.boundsReconciled
  }
  const sameLayout = target.schema === other.schema && equalPlaces(target, other)
  if (sameLayout && (isCustom || allBeyondZero(target))) {
    const { positiveBucketCount, negativeBucketCount } = target
    const { positiveBuckets, negativeBuckets } = other
    addCounts(target.positiveBuckets, positiveBuckets, positiveBucketCount, sign, errors?.positive)
    addCounts(target.negativeBuckets, negativeBuckets, negativeBucketCount, sign, errors?.negative)
  } else {
    mergeBuckets(target, other, sign, errors)
  }
  return told
}

/** What is known of a sum: a gauge as soon as one is, nothing where the two disagree. */
function combineHints(target: NativeHistogram, other: NativeHistogram): number {
  const [before, added] = [target.hint, other.hint]
  if (before === added) return 0
  if (before === resetHint.gauge || added === resetHint.gauge) {
    target.hint = resetHint.gauge
    return 0
  }
  target.hint = resetHint.unknown
  const oneIsUnknown = before === resetHint.unknown || added === resetHint.unknown
  return oneIsUnknown ? 0 : combined.hintsConflict
}

function addZeroCounts(
  target: NativeHistogram,
  other: NativeHistogram,
  sign: 1 | -1,
  errors: HistogramErrors | undefined,
): void {
  const { sum, compensation } = reconcileZeroBuckets(target, errors, other)
  if (errors !== undefined) {
    errors.zeroCount = compensationAfter(target.zeroCount, errors.zeroCount, sum)
    const next = target.zeroCount + sum
    errors.zeroCount = compensationAfter(next, errors.zeroCount, compensation)
    target.zeroCount = next + compensation
  } else {
    target.zeroCount += sign * sum
  }
}

function addTotals(
  target: NativeHistogram,
  other: NativeHistogram,
  sign: 1 | -1,
  errors: HistogramErrors | undefined,
): void {
  const [sum, added] = [target.sum[0] ?? 0, other.sum[0] ?? 0]
  if (errors !== undefined) {
    errors.count = compensationAfter(target.count, errors.count, other.count)
    errors.sum = compensationAfter(sum, errors.sum, added)
  }
  target.count += sign * other.count
  target.sum[0] = sum + sign * added
}

function addCounts(
  into: Float64Array,
  from: Float64Array,
  size: number,
  sign: 1 | -1,
  errors: Float64Array | undefined,
): void {
  if (errors === undefined) {
    for (let index = 0; index < size; index++) {
      into[index] = (into[index] ?? 0) + sign * (from[index] ?? 0)
    }
    return
  }
  for (let index = 0; index < size; index++) {
    const [sum, added] = [into[index] ?? 0, from[index] ?? 0]
    errors[index] = compensationAfter(sum, errors[index] ?? 0, added)
    into[index] = sum + added
  }
}

function mergeBuckets(
  target: NativeHistogram,
  other: NativeHistogram,
  sign: 1 | -1,
  errors: HistogramErrors | undefined,
): void {
  const schema = Math.min(target.schema, other.schema)
  const [shift, otherShift] = [target.schema - schema, other.schema - schema]
  const compensates = errors !== undefined
  target.schema = schema
  one.read(side.positive(target, errors), shift, compensates)
  two.read(side.positive(other), otherShift, compensates)
  merged.merge(one, two, withinZero(two, target), sign).writePositive(target, errors)
  one.read(side.negative(target, errors), shift, compensates)
  two.read(side.negative(other), otherShift, compensates)
  merged.merge(one, two, withinZero(two, target), sign).writeNegative(target, errors)
}

function addToCommonBuckets(
  target: NativeHistogram,
  other: NativeHistogram,
  sign: 1 | -1,
  errors: HistogramErrors | undefined,
): void {
  common.intersect(target, other)
  common.emptyBuckets(one)
  common.addTo(one, target, 1, errors?.positive)
  common.addTo(one, other, sign)
  merged.clear()
  for (let index = 0; index < one.size; index++) {
    const [count, error] = [one.counts[index] ?? 0, one.errors[index] ?? 0]
    if (count !== 0 || error !== 0) merged.push(index, count, error)
  }
  merged.writePositive(target, errors)
  common.setOn(target)
}
