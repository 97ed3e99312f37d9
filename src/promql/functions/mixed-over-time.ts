import { NativeHistogram } from '../../model/histogram.ts'
import { equalHistograms } from '../../model/histogram-equality.ts'
import { combined } from '../histogram/arithmetic.ts'
import { HistogramMean, HistogramSum, type HistogramTotal } from '../histogram/histogram-sum.ts'
import { detectReset } from '../histogram/reset.ts'
import {
  conflictingResets,
  hasConflict,
  mismatchedBounds,
  warnMixedKinds,
  warnMixedSchemas,
} from './mixed-annotations.ts'
import type { MixedKernel, MixedWindow } from './mixed-window.ts'
import { floatRestarts, histogramRestarts } from './start-timestamps.ts'

const found = new NativeHistogram()
const before = new NativeHistogram()

export const countMixed: MixedKernel = ({ floatCount, histogramCount }) =>
  floatCount + histogramCount

export const presentMixed: MixedKernel = () => 1

/** Of equal times the histogram. */
export const firstMixed: MixedKernel = (window) => {
  if (window.floatTimeMs(0) < window.histogramTimeMs(0)) return window.floatAt(0)
  window.loadHistogram(0, found)
  return found
}

export const lastMixed: MixedKernel = (window) => {
  const float = window.floatCount - 1
  const histogram = window.histogramCount - 1
  if (window.floatTimeMs(float) > window.histogramTimeMs(histogram)) return window.floatAt(float)
  window.loadHistogram(histogram, found)
  return found
}

export const tsOfFirstMixed: MixedKernel = (window) =>
  Math.min(window.floatTimeMs(0), window.histogramTimeMs(0)) / 1000

export const tsOfLastMixed: MixedKernel = (window) => {
  const floatMs = window.floatTimeMs(window.floatCount - 1)
  return Math.max(floatMs, window.histogramTimeMs(window.histogramCount - 1)) / 1000
}

/** sum_over_time and avg_over_time of windows that hold histograms only (row Q5.5). */
function totalMixed(total: HistogramTotal): MixedKernel {
  return (window) => {
    const { tell } = window
    if (window.floatCount > 0) {
      warnMixedKinds(tell)
      return undefined
    }
    let hints = 0
    let bits = 0
    for (let index = 0; index < window.histogramCount; index++) {
      window.loadHistogram(index, found)
      hints |= 1 << found.hint
      if (index === 0) total.begin(found)
      else bits |= total.add(found)
      if ((bits & combined.incompatible) !== 0) break
    }
    if ((bits & combined.incompatible) !== 0) {
      warnMixedSchemas(tell)
      return undefined
    }
    if (hasConflict(hints)) tell.warn(conflictingResets('aggregation'))
    if ((bits & combined.boundsReconciled) !== 0) tell.info(mismatchedBounds('aggregation'))
    total.finish()
    return total.total
  }
}

/**
 * How often neighbours of any kind differ; a change of kind always counts (row Q5.3). A histogram
 * is in `found` when it is asked about, the one before in `before`.
 */
function pairsMixed(
  floatsDiffer: (window: MixedWindow, index: number) => boolean,
  histogramsDiffer: (window: MixedWindow, index: number) => boolean,
): MixedKernel {
  return (window) => {
    let pairs = 0
    let float = 0
    let histogram = 0
    let wasFloat: boolean | undefined
    while (float < window.floatCount || histogram < window.histogramCount) {
      const isFloat = window.floatTimeMs(float) < window.histogramTimeMs(histogram)
      if (isFloat) {
        if (wasFloat === true && floatsDiffer(window, float)) pairs++
        float++
      } else {
        window.loadHistogram(histogram, found)
        if (wasFloat === false && histogramsDiffer(window, histogram)) pairs++
        before.copyFrom(found)
        histogram++
      }
      if (wasFloat !== undefined && wasFloat !== isFloat) pairs++
      wasFloat = isFloat
    }
    return pairs
  }
}

export function resetsMixed(floatsDiffer: (before: number, value: number) => boolean): MixedKernel {
  return pairsMixed(
    (window, index) =>
      floatsDiffer(window.floatAt(index - 1), window.floatAt(index)) ||
      floatRestarts(window, index),
    (window, index) => histogramRestarts(window, index) || detectReset(found, before),
  )
}

export function changesMixed(
  floatsDiffer: (before: number, value: number) => boolean,
): MixedKernel {
  return pairsMixed(
    (window, index) => floatsDiffer(window.floatAt(index - 1), window.floatAt(index)),
    () => !equalHistograms(before, found),
  )
}

export function sumOverTimeMixed(): MixedKernel {
  return totalMixed(new HistogramSum())
}

export function avgOverTimeMixed(): MixedKernel {
  return totalMixed(new HistogramMean())
}
