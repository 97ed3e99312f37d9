import { NarthexError } from '../../base/errors.ts'
import { formatFloat } from '../../model/go-float-format.ts'
import { KahanSum, RunningMean } from './kahan.ts'
import { quantileOf, ScratchValues } from './quantile.ts'
import { put, rescan, type WindowInput, type WindowKernel, type WindowRow } from './window.ts'

const sum = new KahanSum()
const mean = new RunningMean()
const spread = new KahanSum()
const scratch = new ScratchValues()

/** What addUp came to. */
let total = 0
let lost = 0

/**
 * The compensated sum of samples on top of `start`, as KahanSum has it, in local numbers; false where
 * it is not finite, and one has to look when that came to be.
 */
function addUp(values: Float64Array, low: number, high: number, start: number): boolean {
  let added = start
  let compensation = 0
  for (let index = low; index < high; index++) {
    const value = values[index] ?? 0
    const next = added + value
    compensation += Math.abs(added) >= Math.abs(value) ? added - next + value : value - next + added
    added = next
  }
  total = added
  lost = compensation
  return Number.isFinite(added)
}

export const sumOverTime = rescan((input, low, high) => {
  if (addUp(input.values, low, high, 0)) return total + lost
  sum.reset()
  for (let index = low; index < high; index++) sum.add(input.values[index] ?? 0)
  return isInfinite(sum.sum) ? sum.sum : sum.total
})

export const avgOverTime = rescan((input, low, high) => {
  const count = high - low
  if (addUp(input.values, low + 1, high, input.values[low] ?? 0)) {
    return total / count + lost / count
  }
  mean.reset()
  for (let index = low; index < high; index++) mean.add(input.values[index] ?? 0)
  return mean.mean
})

export const countOverTime = rescan((_input, low, high) => high - low)

export const presentOverTime = rescan(() => 1)

export const firstOverTime = rescan((input, low) => input.values[low])

export const lastOverTime = rescan((input, _low, high) => input.values[high - 1])

/** Upstream's variance: mean and squares both compensated (row Q5.6). */
function variance(input: WindowInput, low: number, high: number): number {
  sum.reset()
  spread.reset()
  let count = 0
  for (let index = low; index < high; index++) {
    const value = input.values[index] ?? 0
    count++
    const delta = value - sum.total
    sum.add(delta / count)
    spread.add(delta * (value - sum.total))
  }
  return spread.total / count
}

export const stdvarOverTime = rescan(variance)

export const stddevOverTime = rescan((input, low, high) => Math.sqrt(variance(input, low, high)))

export const quantileOverTime = rescan((input, low, high, step) => {
  const values = scratch.atLeast(high - low)
  values.set(input.values.subarray(low, high))
  return quantileOf(input.params[0]?.[step] ?? Number.NaN, values, high - low)
})

/** The median distance from the median; NaN where the window holds one. */
export const madOverTime = rescan((input, low, high) => {
  const count = high - low
  const values = scratch.atLeast(count)
  values.set(input.values.subarray(low, high))
  for (let index = 0; index < count; index++) {
    if (Number.isNaN(values[index] ?? 0)) return Number.NaN
  }
  const median = quantileOf(0.5, values, count)
  for (let index = 0; index < count; index++) {
    values[index] = Math.abs((values[index] ?? 0) - median)
  }
  return quantileOf(0.5, values, count)
})

export const tsOfFirst = rescan((input, low) => (input.timestampsMs[low] ?? 0) / 1000)

export const tsOfLast = rescan((input, _low, high) => (input.timestampsMs[high - 1] ?? 0) / 1000)

/** Indexes of samples that may still become the extreme, reused for one series after the other. */
let candidates = new Int32Array(1024)

/**
 * min_over_time, max_over_time and the time of the last such sample, with a queue of candidates:
 * each sample enters and leaves it once. A NaN is the extreme only where all are NaN.
 */
export function extremeOverTime(sign: 1 | -1, answer: 'value' | 'time'): WindowKernel {
  return (input, row) => {
    if (candidates.length < input.count) candidates = new Int32Array(input.count * 2)
    let head = 0
    let tail = 0
    let next = 0
    for (let step = 0; step < input.steps; step++) {
      const low = input.low[step] ?? 0
      const high = input.high[step] ?? 0
      if (high <= low) continue
      if (next < low) next = low
      for (; next < high; next++) {
        const value = input.values[next] ?? 0
        while (tail > head && yields(input.values[candidates[tail - 1] ?? 0] ?? 0, value, sign)) {
          tail--
        }
        candidates[tail++] = next
      }
      while ((candidates[head] ?? 0) < low) head++
      putExtreme(input, row, step, candidates[head] ?? 0, answer)
    }
  }
}

/** Whether `older` can no longer be the extreme once `newer` is in: of equals the newer stays. */
function yields(older: number, newer: number, sign: 1 | -1): boolean {
  if (Number.isNaN(older)) return true
  return sign > 0 ? newer >= older : newer <= older
}

function putExtreme(
  input: WindowInput,
  row: WindowRow,
  step: number,
  index: number,
  answer: 'value' | 'time',
): void {
  const at = answer === 'time' ? (input.timestampsMs[index] ?? 0) / 1000 : input.values[index]
  put(row, step, at ?? 0)
}

export const doubleExponentialSmoothing: WindowKernel = rescan((input, low, high, step) => {
  const smoothing = checkedFactor('smoothing', 'sf', input.params[0]?.[step] ?? 0)
  const trendFactor = checkedFactor('trend', 'tf', input.params[1]?.[step] ?? 0)
  if (high - low < 2) return undefined
  let before = 0
  let level = input.values[low] ?? 0
  let trend = (input.values[low + 1] ?? 0) - level
  for (let index = low + 1; index < high; index++) {
    const raw = smoothing * (input.values[index] ?? 0)
    if (index > low + 1) trend = trendFactor * (level - before) + (1 - trendFactor) * trend
    const next = raw + (1 - smoothing) * (level + trend)
    before = level
    level = next
  }
  return level
})

function checkedFactor(name: string, short: string, value: number): number {
  if (value > 0 && value < 1) return value
  const got = formatFloat(value, 'f', 6)
  throw new NarthexError(
    'QUERY_EXECUTION',
    `invalid ${name} factor. Expected: 0 < ${short} < 1, got: ${got}`,
  )
}

export function isInfinite(value: number): boolean {
  return value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY
}
