import { extrapolationFactor } from './extrapolation.ts'
import { put, rescan, type WindowInput, type WindowKernel } from './window.ts'

/** Cumulative count of resets before each sample, reused for one series after the other. */
let resetsBefore = new Int32Array(1024)

/**
 * rate, increase and delta (row Q5.1): the difference between the last and the first sample of the
 * window, plus what resets took away, extrapolated to the window's edges. Slides: the samples
 * between are only looked at where a reset lies among them.
 */
export function extrapolated(isCounter: boolean, isRate: boolean): WindowKernel {
  return (input, row) => {
    const { timestampsMs, values, low, high } = input
    if (isCounter) countResets(values, input.count)
    for (let step = 0; step < input.steps; step++) {
      const first = low[step] ?? 0
      const last = (high[step] ?? 0) - 1
      if (last <= first) continue
      const firstValue = values[first] ?? 0
      let result = (values[last] ?? 0) - firstValue
      if (isCounter && (resetsBefore[last] ?? 0) !== (resetsBefore[first] ?? 0)) {
        result = withResets(values, first, last, result)
      }
      const endMs = input.endMs + step * input.endStepMs
      // A counter cannot have been below zero: extrapolate at most to where it was zero.
      const grows = isCounter && result > 0 && firstValue >= 0
      let factor = extrapolationFactor(
        timestampsMs[first] ?? 0,
        timestampsMs[last] ?? 0,
        last - first + 1,
        endMs - input.rangeMs,
        endMs,
        grows ? firstValue / result : Number.POSITIVE_INFINITY,
      )
      if (isRate) factor /= input.rangeMs / 1000
      put(row, step, result * factor)
    }
  }
}

function countResets(values: Float64Array, count: number): void {
  if (resetsBefore.length < count) resetsBefore = new Int32Array(count * 2)
  let resets = 0
  resetsBefore[0] = 0
  for (let index = 1; index < count; index++) {
    if ((values[index] ?? 0) < (values[index - 1] ?? 0)) resets++
    resetsBefore[index] = resets
  }
}

function withResets(values: Float64Array, first: number, last: number, plain: number): number {
  let result = plain
  for (let index = first + 1; index <= last; index++) {
    const before = values[index - 1] ?? 0
    if ((values[index] ?? 0) < before) result += before
  }
  return result
}

/** irate and idelta (row Q5.2): from the last two samples of the window. */
export function lastTwo(isRate: boolean): WindowKernel {
  return rescan((input, _low, high) => {
    const before = input.values[high - 2] ?? 0
    const last = input.values[high - 1] ?? 0
    const intervalMs = (input.timestampsMs[high - 1] ?? 0) - (input.timestampsMs[high - 2] ?? 0)
    if (intervalMs === 0) return undefined
    // A counter that fell began anew at zero.
    const change = isRate && last < before ? last : last - before
    return isRate ? change / (intervalMs / 1000) : change
  }, 2)
}

/** resets and changes (row Q5.3): how often neighbours in the window differ so. */
export function countPairs(differ: (before: number, value: number) => boolean): WindowKernel {
  let before = new Int32Array(1024)
  return (input, row) => {
    if (before.length < input.count) before = new Int32Array(input.count * 2)
    fillPairs(input, before, differ)
    for (let step = 0; step < input.steps; step++) {
      const low = input.low[step] ?? 0
      const high = input.high[step] ?? 0
      if (high > low) put(row, step, (before[high - 1] ?? 0) - (before[low] ?? 0))
    }
  }
}

function fillPairs(
  input: WindowInput,
  before: Int32Array,
  differ: (before: number, value: number) => boolean,
): void {
  let pairs = 0
  before[0] = 0
  for (let index = 1; index < input.count; index++) {
    if (differ(input.values[index - 1] ?? 0, input.values[index] ?? 0)) pairs++
    before[index] = pairs
  }
}

export const isReset = (before: number, value: number): boolean => value < before

export const isChange = (before: number, value: number): boolean =>
  value !== before && !(Number.isNaN(value) && Number.isNaN(before))
