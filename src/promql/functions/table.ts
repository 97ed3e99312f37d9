import type { Span } from '../parse/ast.ts'
import * as overTime from './over-time.ts'
import { type Teller, warnNotCounter, warnQuantile } from './range-annotations.ts'
import { countPairs, extrapolated, isChange, isReset, lastTwo } from './rate.ts'
import { deriv, predictLinear } from './regression.ts'
import type { WindowKernel } from './window.ts'

/** A function of a range vector: what it computes for the windows of a series. */
export interface WindowFunction {
  readonly kernel: WindowKernel
  /** last_over_time and first_over_time answer a sample of the metric itself. */
  readonly keepsName: boolean
  /** Called for each series that got an answer. */
  readonly annotate?: (
    teller: Teller,
    span: Span,
    params: readonly Float64Array[],
    labelOf: (name: string) => string,
  ) => void
}

function dropsName(kernel: WindowKernel): WindowFunction {
  return { kernel, keepsName: false }
}

/** Every function of a range vector by name (rows Q5.*). */
export const windowFunctions: ReadonlyMap<string, WindowFunction> = new Map<string, WindowFunction>(
  [
    ['rate', { kernel: extrapolated(true, true), keepsName: false, annotate: warnNotCounter }],
    ['increase', { kernel: extrapolated(true, false), keepsName: false, annotate: warnNotCounter }],
    ['delta', dropsName(extrapolated(false, false))],
    ['irate', dropsName(lastTwo(true))],
    ['idelta', dropsName(lastTwo(false))],
    ['resets', dropsName(countPairs(isReset))],
    ['changes', dropsName(countPairs(isChange))],
    ['deriv', dropsName(deriv)],
    ['predict_linear', dropsName(predictLinear)],
    ['sum_over_time', dropsName(overTime.sumOverTime)],
    ['avg_over_time', dropsName(overTime.avgOverTime)],
    ['count_over_time', dropsName(overTime.countOverTime)],
    ['min_over_time', dropsName(overTime.extremeOverTime(-1, 'value'))],
    ['max_over_time', dropsName(overTime.extremeOverTime(1, 'value'))],
    ['stddev_over_time', dropsName(overTime.stddevOverTime)],
    ['stdvar_over_time', dropsName(overTime.stdvarOverTime)],
    ['mad_over_time', dropsName(overTime.madOverTime)],
    ['present_over_time', dropsName(overTime.presentOverTime)],
    ['first_over_time', { kernel: overTime.firstOverTime, keepsName: true }],
    ['last_over_time', { kernel: overTime.lastOverTime, keepsName: true }],
    ['ts_of_first_over_time', dropsName(overTime.tsOfFirst)],
    ['ts_of_last_over_time', dropsName(overTime.tsOfLast)],
    ['ts_of_max_over_time', dropsName(overTime.extremeOverTime(1, 'time'))],
    ['ts_of_min_over_time', dropsName(overTime.extremeOverTime(-1, 'time'))],
    ['double_exponential_smoothing', dropsName(overTime.doubleExponentialSmoothing)],
    [
      'quantile_over_time',
      { kernel: overTime.quantileOverTime, keepsName: false, annotate: warnQuantile },
    ],
  ],
)
