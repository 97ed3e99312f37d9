import { NativeHistogram, resetHint } from '../../model/histogram.ts'
import { compactHistogram } from '../../model/histogram-compaction.ts'
import {
  addHistogram,
  divideHistogram,
  multiplyHistogram,
  subtractHistogram,
  usesCustomBuckets,
} from '../histogram/arithmetic.ts'
import { detectReset } from '../histogram/reset.ts'
import { type Edges, edgeSamples } from './extended-rate.ts'
import {
  tellCombined,
  warnHistogramNotCounter,
  warnHistogramNotGauge,
  warnMixedKinds,
  warnMixedSchemas,
} from './mixed-annotations.ts'
import type { MixedKernel, MixedWindow } from './mixed-window.ts'

const left = new NativeHistogram()
const right = new NativeHistogram()
const one = new NativeHistogram()
const other = new NativeHistogram()
const lost = new NativeHistogram()
const result = new NativeHistogram()

/** rate, increase and delta as `extended` of floats has them, of native histograms. */
export function extendedMixed(isCounter: boolean, isRate: boolean, edges: Edges): MixedKernel {
  return (window) => {
    const { tell, histogramCount: count, endMs } = window
    if (window.floatCount > 0) {
      warnMixedKinds(tell)
      return undefined
    }
    const startMs = endMs - window.floats.rangeMs
    const times = window.histogramTimesMs()
    const found = edgeSamples(times, 0, count, startMs, endMs, edges)
    if (found === undefined) return undefined
    const { first, last } = found
    const isSmoothed = edges === 'smoothed'
    if (isSmoothed && (times[first] ?? 0) > endMs) return undefined
    if (!isValid(window, first, last, isCounter)) return undefined
    const startsBefore = isSmoothed && (times[first] ?? 0) < startMs
    const endsBehind = isSmoothed && last > 0 && (times[last] ?? 0) > endMs
    if (!edgeInto(left, window, first, startsBefore ? startMs : undefined, isCounter)) {
      return undefined
    }
    const rightIndex = endsBehind ? last - 1 : last
    if (!edgeInto(right, window, rightIndex, endsBehind ? endMs : undefined, isCounter)) {
      return undefined
    }
    const areGauges = left.hint === resetHint.gauge && right.hint === resetHint.gauge
    if (!isCounter && !areGauges) warnHistogramNotGauge(tell)
    result.copyFrom(right)
    if (!tellCombined(subtractHistogram(result, left), 'subtraction', tell)) return undefined
    if (isCounter && !addLost(window, first, last, startsBefore)) return undefined
    if (isRate) divideHistogram(result, window.floats.rangeMs / 1000)
    result.hint = resetHint.gauge
    compactHistogram(result)
    return result
  }
}

/** Tells of gauges among counters; false where exponential and custom buckets mix. */
function isValid(window: MixedWindow, first: number, last: number, isCounter: boolean): boolean {
  window.loadHistogram(first, one)
  const isCustom = usesCustomBuckets(one)
  for (let index = first; index <= last; index++) {
    window.loadHistogram(index, one)
    if (usesCustomBuckets(one) !== isCustom) {
      warnMixedSchemas(window.tell)
      return false
    }
    if (isCounter && one.hint === resetHint.gauge) warnHistogramNotCounter(window.tell)
  }
  return true
}

/** Histogram `index`, or where there is a time what lies there on the way to the next. */
function edgeInto(
  into: NativeHistogram,
  window: MixedWindow,
  index: number,
  timeMs: number | undefined,
  isCounter: boolean,
): boolean {
  if (timeMs !== undefined) return interpolateInto(into, window, index, timeMs, isCounter)
  window.loadHistogram(index, into)
  return true
}

/** A counter that was reset between the two began anew at zero. */
function interpolateInto(
  into: NativeHistogram,
  window: MixedWindow,
  index: number,
  timeMs: number,
  isCounter: boolean,
): boolean {
  const { tell } = window
  const fromMs = window.histogramTimeMs(index)
  const share = (timeMs - fromMs) / (window.histogramTimeMs(index + 1) - fromMs)
  window.loadHistogram(index, one)
  window.loadHistogram(index + 1, into)
  if (isCounter && detectReset(into, one)) {
    multiplyHistogram(into, share)
    return true
  }
  if (!tellCombined(subtractHistogram(into, one), 'subtraction', tell)) return false
  multiplyHistogram(into, share)
  return tellCombined(addHistogram(into, one), 'addition', tell)
}

/** Adds to `result` what resets took away between `left` and `right`. */
function addLost(window: MixedWindow, first: number, last: number, startsBefore: boolean): boolean {
  let from = first + 1
  one.copyFrom(left)
  if (startsBefore) {
    window.loadHistogram(first, lost)
    window.loadHistogram(from, other)
    // The interpolation at the left edge knows of this reset already.
    if (detectReset(other, lost)) {
      one.copyFrom(other)
      from++
    }
  }
  if (from > last) return true
  let hasLost = false
  for (let index = from; index <= last; index++) {
    // Instead of the last the right edge, which has its hint.
    if (index === last) other.copyFrom(right)
    else window.loadHistogram(index, other)
    if (detectReset(other, one)) {
      if (!hasLost) lost.copyFrom(one)
      else if (!tellCombined(addHistogram(lost, one), 'addition', window.tell)) return false
      hasLost = true
    }
    one.copyFrom(other)
  }
  return !hasLost || tellCombined(addHistogram(result, lost), 'addition', window.tell)
}

/** A function over what is later than the start, and the newest sample of any kind before it. */
export function anchoredMixed(kernel: MixedKernel): MixedKernel {
  return (window) => (window.dropBeforeAnchor() ? kernel(window) : undefined)
}

/** What a smoothed instant selector answers: `smoothedSample` of native histograms. */
export const smoothedMixed: MixedKernel = (window) => {
  const { tell, histogramCount: count, endMs } = window
  if (window.floatCount > 0) {
    warnMixedKinds(tell)
    return undefined
  }
  let at = count - 1
  while (at >= 0 && window.histogramTimeMs(at) > endMs) at--
  if (at < 0) return undefined
  window.loadHistogram(at, result)
  if (window.histogramTimeMs(at) === endMs) return result
  if (at === count - 1) {
    result.hint = resetHint.unknown
    return result
  }
  window.loadHistogram(at + 1, other)
  if (usesCustomBuckets(result) !== usesCustomBuckets(other)) {
    warnMixedSchemas(tell)
    return undefined
  }
  const isCounter = result.hint !== resetHint.gauge || other.hint !== resetHint.gauge
  return interpolateInto(result, window, at, endMs, isCounter) ? result : undefined
}
