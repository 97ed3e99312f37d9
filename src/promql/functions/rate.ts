import { secondsToEdge, stretched } from './extrapolation.ts'
import { put, rescan, type WindowInput, type WindowKernel } from './window.ts'

/** Cumulative count of resets before each sample, reused for one series after the other. */
let resetsBefore = new Int32Array(1024)

/**
 * rate, increase and delta (row Q5.1): the difference between the last and the first sample of the
 * window, plus what resets took away, extrapolated to the window's edges. Slides: the samples
 * between are only looked at where a reset lies among them. Windows of samples at regular times are
 * alike, so that what is divided for one holds for those behind it.
 */
export function extrapolated(isCounter: boolean, isRate: boolean): WindowKernel {
  return (input, row) => {
    const { timestampsMs, values, low, high, rangeMs, steps, endMs: firstEndMs, endStepMs } = input
    const { values: results, valueOffset, present, presentOffset } = row
    const hasResets = isCounter && countResets(values, input.count) > 0
    const perSeconds = isRate ? rangeMs / 1000 : 1
    // Of the window before: how old its samples were at its end, and what comes of that.
    let firstAgeMs = Number.NaN
    let lastAgeMs = 0
    let samples = 0
    let interval = 0
    let toStart = 0
    let toEnd = 0
    let factor = 0
    for (let from = 0; from < steps; from += 32) {
      const to = Math.min(from + 32, steps)
      // Presence of the steps of a word.
      let bits = 0
      for (let step = from; step < to; step++) {
        const first = low[step] ?? 0
        const last = (high[step] ?? 0) - 1
        if (last <= first) continue
        const firstValue = values[first] ?? 0
        let result = (values[last] ?? 0) - firstValue
        if (hasResets && resetsBefore[last] !== resetsBefore[first]) {
          result = withResets(values, first, last, result)
        }
        const endMs = firstEndMs + step * endStepMs
        const firstMs = timestampsMs[first] ?? 0
        const lastMs = timestampsMs[last] ?? 0
        const isLike = endMs - firstMs === firstAgeMs && endMs - lastMs === lastAgeMs
        if (!isLike || last - first !== samples) {
          firstAgeMs = endMs - firstMs
          lastAgeMs = endMs - lastMs
          samples = last - first
          interval = (lastMs - firstMs) / 1000
          const average = interval / samples
          toStart = secondsToEdge(firstMs - (endMs - rangeMs), average)
          toEnd = secondsToEdge(lastAgeMs, average)
          factor = stretched(interval, toStart, toEnd) / perSeconds
        }
        let answer = result * factor
        // A counter cannot have been below zero: extrapolate at most to where it was zero. That is no
        // nearer than the interval where it grew by no more than it was, as nearly all do.
        const mayBeNear = firstValue < result || interval < toStart
        if (isCounter && result > 0 && firstValue >= 0 && mayBeNear) {
          const toZero = interval * (firstValue / result)
          if (toZero < toStart) answer = result * (stretched(interval, toZero, toEnd) / perSeconds)
        }
        results[valueOffset + step] = answer
        bits |= 1 << (step & 31)
      }
      const word = presentOffset + (from >>> 5)
      present[word] = (present[word] ?? 0) | bits
    }
  }
}

/** Answers how many there are; the column is filled where there are any. */
function countResets(values: Float64Array, count: number): number {
  let index = 1
  let before = values[0] ?? 0
  for (; index < count; index++) {
    const value = values[index] ?? 0
    if (value < before) break
    before = value
  }
  if (index >= count) return 0
  if (resetsBefore.length < count) resetsBefore = new Int32Array(count * 2)
  resetsBefore.fill(0, 0, index)
  let resets = 0
  for (; index < count; index++) {
    const value = values[index] ?? 0
    if (value < before) resets++
    before = value
    resetsBefore[index] = resets
  }
  return resets
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
