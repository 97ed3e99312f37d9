import { customBucketsSchema, NativeHistogram, resetHint } from '../../model/histogram.ts'
import { compactHistogram } from '../../model/histogram-compaction.ts'
import { reduceResolution } from '../../model/resolution-fold.ts'
import {
  addHistogram,
  divideHistogram,
  multiplyHistogram,
  subtractHistogram,
  usesCustomBuckets,
} from '../histogram/arithmetic.ts'
import { detectReset } from '../histogram/reset.ts'
import { extrapolationFactor } from './extrapolation.ts'
import {
  tellCombined,
  warnHistogramNotCounter,
  warnHistogramNotGauge,
  warnMixedKinds,
  warnMixedSchemas,
} from './mixed-annotations.ts'
import type { MixedKernel, MixedWindow } from './mixed-window.ts'
import {
  factorFromStart,
  histogramOverlaps,
  histogramRestarts,
  overlapText,
  startsWithin,
} from './start-timestamps.ts'

const first = new NativeHistogram()
const previous = new NativeHistogram()
const result = new NativeHistogram()

/**
 * rate, increase and delta of native histograms (row Q5.1): as of floats, bucket by bucket. A window
 * with both kinds has no answer.
 */
export function extrapolatedMixed(isCounter: boolean, isRate: boolean): MixedKernel {
  return (window) => {
    const { histogramCount: count, tell } = window
    if (window.floatCount > 0) {
      warnMixedKinds(tell)
      return undefined
    }
    const hasStart = isCounter && startsIn(window)
    if (count === 1 && hasStart) window.loadHistogram(0, result)
    else if (count < 2 || !increase(window, isCounter)) return undefined
    window.loadHistogram(0, first)
    if (hasStart) return sinceStart(window, isRate)
    const grows = isCounter && result.count > 0 && first.count >= 0
    const factor = extrapolationFactor(
      window.histogramTimeMs(0),
      window.histogramTimeMs(count - 1),
      count,
      window.endMs - window.floats.rangeMs,
      window.endMs,
      grows ? first.count / result.count : Number.POSITIVE_INFINITY,
    )
    multiplyHistogram(result, isRate ? factor / (window.floats.rangeMs / 1000) : factor)
    return result
  }
}

/** Whether the counter of the window's first histogram was zero within the window. */
function startsIn(window: MixedWindow): boolean {
  const windowStartMs = window.endMs - window.floats.rangeMs
  return startsWithin(window.histogramStartMs(0), windowStartMs, window.histogramTimeMs(0))
}

/** The rate or increase since that start; `result` is what came behind the `first` histogram. */
function sinceStart(window: MixedWindow, isRate: boolean): NativeHistogram | undefined {
  const { histogramCount: count, tell } = window
  if (count > 1 && !tellCombined(addHistogram(result, first), 'addition', tell)) return undefined
  const factor = factorFromStart(
    window.histogramStartMs(0),
    window.histogramTimeMs(0),
    window.histogramTimeMs(count - 1),
    count,
    window.endMs,
  )
  multiplyHistogram(result, isRate ? factor / (window.floats.rangeMs / 1000) : factor)
  return result
}

/** Puts last minus first, plus what resets took away, into `result`; false where it cannot be. */
function increase(window: MixedWindow, isCounter: boolean): boolean {
  const { histogramCount: count, tell } = window
  window.loadHistogram(0, first)
  window.loadHistogram(count - 1, result)
  const gauges = gaugesOf(first, result)
  if (isCounter && startsAgain(window, 1)) {
    window.loadHistogram(1, previous)
    emptyLike(previous, first)
  }
  if (usesCustomBuckets(result) !== usesCustomBuckets(first)) {
    if (isCounter) tellHints(true, gauges, tell)
    warnMixedSchemas(tell)
    return false
  }
  const schema = isCounter ? commonSchema(window) : Math.min(first.schema, result.schema)
  if (schema === undefined) {
    warnMixedSchemas(tell)
    return false
  }
  tellHints(isCounter, isCounter && hasGaugeBetween(window) ? 2 : gauges, tell)
  if (result.schema > schema) reduceResolution(result, schema)
  if (!tellCombined(subtractHistogram(result, first), 'subtraction', tell)) return false
  if (isCounter && !addResets(window)) return false
  result.hint = resetHint.gauge
  compactHistogram(result)
  return true
}

/** How many of two are gauges. */
function gaugesOf(one: NativeHistogram, other: NativeHistogram): number {
  return Number(one.hint === resetHint.gauge) + Number(other.hint === resetHint.gauge)
}

function hasGaugeBetween(window: MixedWindow): boolean {
  for (let index = 1; index < window.histogramCount - 1; index++) {
    if (window.hintAt(index) === resetHint.gauge) return true
  }
  return false
}

function tellHints(isCounter: boolean, gauges: number, tell: MixedWindow['tell']): void {
  if (isCounter && gauges > 0) warnHistogramNotCounter(tell)
  if (!isCounter && gauges < 2) warnHistogramNotGauge(tell)
}

/** Before a reset nothing counts, not even which buckets there were. */
function emptyLike(like: NativeHistogram, into: NativeHistogram): void {
  into.copyLayout(like)
  into.positiveSpanCount = 0
  into.negativeSpanCount = 0
  into.positiveBucketCount = 0
  into.negativeBucketCount = 0
  into.zeroThreshold = 0
  into.zeroCount = 0
  into.count = 0
  into.sum[0] = 0
  into.hint = resetHint.unknown
}

/** The coarsest schema of the window; undefined where exponential and custom buckets mix. */
function commonSchema(window: MixedWindow): number | undefined {
  let schema = Math.min(first.schema, result.schema)
  const isCustom = usesCustomBuckets(first)
  for (let index = 1; index < window.histogramCount - 1; index++) {
    const each = window.schemaAt(index)
    schema = Math.min(schema, each)
    if ((each === customBucketsSchema) !== isCustom) return undefined
  }
  return schema
}

/** Whether the counter started again before a histogram: its start says so, or its buckets. */
function startsAgain(window: MixedWindow, index: number): boolean {
  return histogramRestarts(window, index) || window.isResetAt(index)
}

/** A reset behind the first histogram has emptied that one already. */
function addResets(window: MixedWindow): boolean {
  let isTold = false
  for (let index = 1; index < window.histogramCount; index++) {
    if (!isTold && histogramOverlaps(window, index)) {
      isTold = true
      window.tell.warnCounted(`${overlapText} ${window.tell.metric}`, 1)
    }
    if (index === 1 || !startsAgain(window, index)) continue
    window.loadHistogram(index - 1, previous)
    if (!tellCombined(addHistogram(result, previous), 'addition', window.tell)) return false
  }
  return true
}

/** irate and idelta (row Q5.2): from the last two samples of either kind. */
export function lastTwoMixed(isRate: boolean): MixedKernel {
  return (window) => {
    const { floatCount: floats, histogramCount: histograms, tell } = window
    if (floats + histograms < 2) return undefined
    const isSecondFloat = window.floatTimeMs(floats - 1) > window.histogramTimeMs(histograms - 1)
    const floatsBefore = isSecondFloat ? floats - 2 : floats - 1
    const histogramsBefore = isSecondFloat ? histograms - 1 : histograms - 2
    const isFirstFloat =
      floatsBefore >= 0 &&
      window.floatTimeMs(floatsBefore) > window.histogramTimeMs(histogramsBefore)
    if (isFirstFloat && isSecondFloat) return 'as-floats'
    if (isFirstFloat !== isSecondFloat) {
      warnMixedKinds(tell)
      return undefined
    }
    const intervalMs =
      window.histogramTimeMs(histograms - 1) - window.histogramTimeMs(histograms - 2)
    if (intervalMs === 0) return undefined
    window.loadHistogram(histograms - 2, previous)
    window.loadHistogram(histograms - 1, result)
    tellHints(isRate, gaugesOf(previous, result), tell)
    if (
      !(isRate && (histogramRestarts(window, histograms - 1) || detectReset(result, previous))) &&
      !tellCombined(subtractHistogram(result, previous), 'subtraction', tell)
    ) {
      return undefined
    }
    result.hint = resetHint.gauge
    compactHistogram(result)
    if (isRate) divideHistogram(result, intervalMs / 1000)
    return result
  }
}
