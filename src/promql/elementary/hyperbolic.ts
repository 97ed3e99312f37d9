import { exp } from './exponential.ts'
import { ln, ln1p } from './logarithm.ts'
import { polynomial } from './polynomial.ts'

const sineAbove = [-26.30563213397497, -2894.211355989564, -89912.72022039509, -630767.3640497717]
const sineBelow = [1, -173.6789535582337, 15215.17378790019, -630767.3640497717]
const tangentAbove = [-0.9643991794250523, -99.28772310019185, -1614.6876844170845]
const tangentBelow = [1, 112.81167849163293, 2235.4883906010045, 4844.063053251255]
/** tanh is 1 from here on: half of ln 2^127. */
const tangentOneFrom = 88.02969193111305 / 2
/** Where a square leaves nothing of 1. */
const large = 2 ** 28

export function sinh(x: number): number {
  const size = Math.abs(x)
  if (size > 21) return Math.sign(x) * exp(size) * 0.5
  if (size > 0.5) {
    const power = exp(size)
    return Math.sign(x) * (power - 1 / power) * 0.5
  }
  const square = x * x
  return (polynomial(sineAbove, square) * x) / polynomial(sineBelow, square)
}

export function cosh(x: number): number {
  const size = Math.abs(x)
  const power = exp(size)
  return size > 21 ? power * 0.5 : (power + 1 / power) * 0.5
}

export function tanh(x: number): number {
  const size = Math.abs(x)
  if (size > tangentOneFrom) return Math.sign(x)
  if (size >= 0.625) return Math.sign(x) * (1 - 2 / (exp(2 * size) + 1))
  if (x === 0) return x
  const square = x * x
  return x + (x * square * polynomial(tangentAbove, square)) / polynomial(tangentBelow, square)
}

export function asinh(x: number): number {
  const size = Math.abs(x)
  if (!(size >= 1 / large) || size === Number.POSITIVE_INFINITY) return x
  return Math.sign(x) * asinhOfPositive(size)
}

function asinhOfPositive(x: number): number {
  if (x > large) return ln(x) + Math.LN2
  if (x > 2) return ln(2 * x + 1 / (Math.sqrt(x * x + 1) + x))
  return ln1p(x + (x * x) / (1 + Math.sqrt(1 + x * x)))
}

export function acosh(x: number): number {
  if (!(x >= 1)) return Number.NaN
  if (x === 1) return 0
  if (x >= large) return ln(x) + Math.LN2
  if (x > 2) return ln(2 * x - 1 / (x + Math.sqrt(x * x - 1)))
  const above = x - 1
  return ln1p(above + Math.sqrt(2 * above + above * above))
}

export function atanh(x: number): number {
  const size = Math.abs(x)
  if (!(size <= 1)) return Number.NaN
  if (size === 1) return x * Number.POSITIVE_INFINITY
  if (size < 1 / large) return x
  const double = size + size
  const ratio = size < 0.5 ? double + (double * size) / (1 - size) : double / (1 - size)
  return Math.sign(x) * 0.5 * ln1p(ratio)
}
