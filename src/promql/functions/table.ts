import type { Span } from '../parse/ast.ts'
import { anchored, type Edges, extended, smoothedSample } from './extended-rate.ts'
import { anchoredMixed, extendedMixed, smoothedMixed } from './mixed-extended-rate.ts'
import * as mixed from './mixed-over-time.ts'
import { extrapolatedMixed, lastTwoMixed } from './mixed-rate.ts'
import type { MixedKernel } from './mixed-window.ts'
import * as overTime from './over-time.ts'
import { type Teller, warnNotCounter, warnQuantile } from './range-annotations.ts'
import { countPairs, extrapolated, isChange, isReset, lastTwo } from './rate.ts'
import { deriv, predictLinear } from './regression.ts'
import {
  extrapolatedFromStarts,
  instantRateFromStarts,
  resetsFromStarts,
} from './start-timestamps.ts'
import type { WindowKernel } from './window.ts'

/** A function of a range vector: what it computes for the windows of a series. */
export interface WindowFunction {
  readonly kernel: WindowKernel
  /**
   * The same for windows of a series that holds native histograms. A function without it knows
   * floats only and leaves histograms out.
   */
  readonly mixed?: MixedKernel
  /** Its histograms are what a counter grew by from the first to the last one, extrapolated. */
  readonly growth?: 'rate' | 'increase'
  /**
   * Stands in for `kernel` where start timestamps are believed. Where it `tellsOverlaps`, a start
   * before the sample before is told of.
   */
  readonly fromStarts?: { readonly kernel: WindowKernel; readonly tellsOverlaps: boolean }
  /** last_over_time and first_over_time answer a sample of the metric itself. */
  readonly keepsName: boolean
  /** Called for each series that got a float. */
  readonly annotate?: (
    teller: Teller,
    span: Span,
    params: readonly Float64Array[],
    labelOf: (name: string) => string,
  ) => void
}

function dropsName(kernel: WindowKernel, mixed?: MixedKernel): WindowFunction {
  return mixed === undefined ? { kernel, keepsName: false } : { kernel, mixed, keepsName: false }
}

function fromStarts(plain: WindowFunction, kernel: WindowKernel): WindowFunction {
  return { ...plain, fromStarts: { kernel, tellsOverlaps: false } }
}

function rateLike(isCounter: boolean, isRate: boolean): WindowFunction {
  const kernel = extrapolated(isCounter, isRate)
  const mixed = extrapolatedMixed(isCounter, isRate)
  if (!isCounter) return dropsName(kernel, mixed)
  const fromStarts = { kernel: extrapolatedFromStarts(isRate), tellsOverlaps: true }
  const growth = isRate ? 'rate' : 'increase'
  return { kernel, mixed, growth, fromStarts, keepsName: false, annotate: warnNotCounter }
}

/** Every function of a range vector by name (rows Q5.*). */
export const windowFunctions: ReadonlyMap<string, WindowFunction> = new Map<string, WindowFunction>(
  [
    ['rate', rateLike(true, true)],
    ['increase', rateLike(true, false)],
    ['delta', rateLike(false, false)],
    ['irate', fromStarts(dropsName(lastTwo(true), lastTwoMixed(true)), instantRateFromStarts)],
    ['idelta', dropsName(lastTwo(false), lastTwoMixed(false))],
    [
      'resets',
      fromStarts(dropsName(countPairs(isReset), mixed.resetsMixed(isReset)), resetsFromStarts),
    ],
    ['changes', dropsName(countPairs(isChange), mixed.changesMixed(isChange))],
    ['deriv', dropsName(deriv)],
    ['predict_linear', dropsName(predictLinear)],
    ['sum_over_time', dropsName(overTime.sumOverTime, mixed.sumOverTimeMixed())],
    ['avg_over_time', dropsName(overTime.avgOverTime, mixed.avgOverTimeMixed())],
    ['count_over_time', dropsName(overTime.countOverTime, mixed.countMixed)],
    ['min_over_time', dropsName(overTime.extremeOverTime(-1, 'value'))],
    ['max_over_time', dropsName(overTime.extremeOverTime(1, 'value'))],
    ['stddev_over_time', dropsName(overTime.stddevOverTime)],
    ['stdvar_over_time', dropsName(overTime.stdvarOverTime)],
    ['mad_over_time', dropsName(overTime.madOverTime)],
    ['present_over_time', dropsName(overTime.presentOverTime, mixed.presentMixed)],
    [
      'first_over_time',
      { kernel: overTime.firstOverTime, mixed: mixed.firstMixed, keepsName: true },
    ],
    ['last_over_time', { kernel: overTime.lastOverTime, mixed: mixed.lastMixed, keepsName: true }],
    ['ts_of_first_over_time', dropsName(overTime.tsOfFirst, mixed.tsOfFirstMixed)],
    ['ts_of_last_over_time', dropsName(overTime.tsOfLast, mixed.tsOfLastMixed)],
    ['ts_of_max_over_time', dropsName(overTime.extremeOverTime(1, 'time'))],
    ['ts_of_min_over_time', dropsName(overTime.extremeOverTime(-1, 'time'))],
    ['double_exponential_smoothing', dropsName(overTime.doubleExponentialSmoothing)],
    [
      'quantile_over_time',
      { kernel: overTime.quantileOverTime, keepsName: false, annotate: warnQuantile },
    ],
  ],
)

/** What a smoothed instant selector is, over a range of 0 (row Q2.11). */
export const smoothedFunction: WindowFunction = {
  kernel: smoothedSample,
  mixed: smoothedMixed,
  keepsName: true,
}

function extendedRate(isCounter: boolean, isRate: boolean, edges: Edges): WindowFunction {
  const kernel = extended(isCounter, isRate, edges)
  const mixed = extendedMixed(isCounter, isRate, edges)
  return isCounter
    ? { kernel, mixed, keepsName: false, annotate: warnNotCounter }
    : dropsName(kernel, mixed)
}

function extendedRates(edges: Edges): readonly (readonly [string, WindowFunction])[] {
  return [
    ['delta', extendedRate(false, false, edges)],
    ['increase', extendedRate(true, false, edges)],
    ['rate', extendedRate(true, true, edges)],
  ]
}

/** The functions that take an anchored or smoothed selector, sorted by name (rows Q2.9 to Q2.11). */
export const extendedFunctions: Readonly<Record<Edges, ReadonlyMap<string, WindowFunction>>> = {
  anchored: new Map<string, WindowFunction>([
    [
      'changes',
      dropsName(anchored(countPairs(isChange)), anchoredMixed(mixed.changesMixed(isChange))),
    ],
    ...extendedRates('anchored'),
    [
      'resets',
      fromStarts(
        dropsName(anchored(countPairs(isReset)), anchoredMixed(mixed.resetsMixed(isReset))),
        anchored(resetsFromStarts),
      ),
    ],
  ]),
  smoothed: new Map<string, WindowFunction>(extendedRates('smoothed')),
}
