import { KahanSum } from './kahan.ts'
import { isInfinite } from './over-time.ts'
import { rescan, type WindowInput } from './window.ts'

const sumX = new KahanSum()
const sumY = new KahanSum()
const sumXY = new KahanSum()
const sumX2 = new KahanSum()
const line = { slope: 0, intercept: 0 }

/** Least squares through the window; x is in seconds from `interceptMs` (row Q5.4). */
function regress(input: WindowInput, low: number, high: number, interceptMs: number): void {
  const firstValue = input.values[low] ?? 0
  let constant = true
  for (const sum of [sumX, sumY, sumXY, sumX2]) sum.reset()
  for (let index = low; index < high; index++) {
    const y = input.values[index] ?? 0
    if (constant && index > low && y !== firstValue) constant = false
    const x = ((input.timestampsMs[index] ?? 0) - interceptMs) / 1000
    sumX.add(x)
    sumY.add(y)
    sumXY.add(x * y)
    sumX2.add(x * x)
  }
  if (constant) {
    line.slope = isInfinite(firstValue) ? Number.NaN : 0
    line.intercept = isInfinite(firstValue) ? Number.NaN : firstValue
    return
  }
  const count = high - low
  const x = sumX.total
  const y = sumY.total
  const covariance = sumXY.total - (x * y) / count
  const variance = sumX2.total - (x * x) / count
  line.slope = covariance / variance
  line.intercept = y / count - (line.slope * x) / count
}

export const deriv = rescan((input, low, high) => {
  regress(input, low, high, input.timestampsMs[low] ?? 0)
  return line.slope
}, 2)

export const predictLinear = rescan((input, low, high, step) => {
  regress(input, low, high, input.timeMs + step * input.timeStepMs)
  return line.slope * (input.params[0]?.[step] ?? 0) + line.intercept
}, 2)
