import { type NativeHistogram, resetHint } from '../../model/histogram.ts'
import { equalBounds, equalPlaces } from '../../model/histogram-equality.ts'
import { allBeyondZero, usesCustomBuckets, withinZero } from './arithmetic.ts'
import { BucketRun, BucketSide } from './bucket-run.ts'
import { CommonBounds } from './custom-bounds.ts'
import { WiderZeroBucket } from './zero-bucket.ts'

const wider = new WiderZeroBucket()
const now = new BucketRun()
const before = new BucketRun()
const side = new BucketSide()
const common = new CommonBounds()

/**
 * Whether a counter started again between `previous` and `current` (upstream's DetectReset): the
 * hint of `current` decides where it says so, else any count that fell, the sum aside. A finer
 * schema or a narrower zero bucket comes of a restart only; a coarser schema and a wider zero bucket
 * are compared as if `previous` had had them.
 */
export function detectReset(current: NativeHistogram, previous: NativeHistogram): boolean {
  if (current.hint === resetHint.reset) return true
  if (current.hint === resetHint.notReset) return false
  if (current.count < previous.count) return true
  if (usesCustomBuckets(current)) {
    if (!usesCustomBuckets(previous)) return true
    if (!equalBounds(current, previous)) return fellBetweenCommonBounds(current, previous)
  }
  if (current.schema > previous.schema) return true
  if (current.zeroThreshold < previous.zeroThreshold) return true
  if (current.zeroThreshold > previous.zeroThreshold) {
    wider.measure(previous, undefined, current.zeroThreshold)
    if (wider.threshold !== current.zeroThreshold) return true
    if (current.zeroCount < wider.count.sum) return true
  } else if (current.zeroCount < previous.zeroCount) {
    return true
  }
  return sameBuckets(current, previous)
    ? anyFell(current.positiveBuckets, previous.positiveBuckets, current.positiveBucketCount) ||
        anyFell(current.negativeBuckets, previous.negativeBuckets, current.negativeBucketCount)
    : anyBucketFell(current, previous)
}

function sameBuckets(current: NativeHistogram, previous: NativeHistogram): boolean {
  if (current.schema !== previous.schema || !equalPlaces(current, previous)) return false
  return usesCustomBuckets(current) || allBeyondZero(current)
}

function anyFell(current: Float64Array, previous: Float64Array, size: number): boolean {
  for (let index = 0; index < size; index++) {
    if ((current[index] ?? 0) < (previous[index] ?? 0)) return true
  }
  return false
}

function anyBucketFell(current: NativeHistogram, previous: NativeHistogram): boolean {
  const shift = previous.schema - current.schema
  now.read(side.positive(current), 0, false)
  before.read(side.positive(previous), shift, false)
  if (anyFellBeyondZero(current)) return true
  now.read(side.negative(current), 0, false)
  before.read(side.negative(previous), shift, false)
  return anyFellBeyondZero(current)
}

/** Of the two runs; a bucket that is not there any more fell unless it was empty. */
function anyFellBeyondZero(layout: NativeHistogram): boolean {
  let at = withinZero(now, layout)
  for (let index = withinZero(before, layout); index < before.size; index++) {
    const place = before.places[index] ?? 0
    const count = before.counts[index] ?? 0
    while (at < now.size && (now.places[at] ?? 0) < place) at++
    if (at < now.size && now.places[at] === place) {
      if ((now.counts[at] ?? 0) < count) return true
    } else if (count !== 0) {
      return true
    }
  }
  return false
}

function fellBetweenCommonBounds(current: NativeHistogram, previous: NativeHistogram): boolean {
  common.intersect(current, previous)
  common.emptyBuckets(now)
  common.addTo(now, current, 1)
  common.emptyBuckets(before)
  common.addTo(before, previous, 1)
  return anyFell(now.counts, before.counts, now.size)
}
