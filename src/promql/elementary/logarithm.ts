import { exponentOf, mantissaOf } from './binary-exponent.ts'
import { polynomial } from './polynomial.ts'

/** ln 2 in two parts, of which the first ends with zeros: multiples of it are exact. */
export const ln2High = 0.6931471803691238
export const ln2Low = 1.9082149292705877e-10

/** Of (ln(1 + f) - 2s) / s with s = f / (2 + f), by powers of s^4: those of s^2, s^6, ... and of s^4, s^8, ... */
const oddPowers = [0.14798198605116586, 0.1818357216161805, 0.2857142874366239, 0.6666666666666735]
const evenPowers = [0.15313837699209373, 0.22222198432149784, 0.3999999999940942]
const allPowers = [
  0.14798198605116586, 0.15313837699209373, 0.1818357216161805, 0.22222198432149784,
  0.2857142874366239, 0.3999999999940942, 0.6666666666666735,
]

export function ln(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN
  if (x === Number.POSITIVE_INFINITY) return x
  let exponent = exponentOf(x)
  let mantissa = mantissaOf(x, exponent)
  if (mantissa < Math.SQRT1_2) {
    mantissa *= 2
    exponent--
  }
  const f = mantissa - 1
  const s = f / (2 + f)
  const s2 = s * s
  const s4 = s2 * s2
  const rest = s2 * polynomial(oddPowers, s4) + s4 * polynomial(evenPowers, s4)
  const halfSquare = 0.5 * f * f
  return exponent * ln2High - (halfSquare - (s * (halfSquare + rest) + exponent * ln2Low) - f)
}

/** Powers of two have whole logarithms. */
export function log2(x: number): number {
  if (!(x > 0) || x === Number.POSITIVE_INFINITY) return ln(x)
  const exponent = exponentOf(x)
  const mantissa = mantissaOf(x, exponent)
  return mantissa === 0.5 ? exponent - 1 : ln(mantissa) * Math.LOG2E + exponent
}

export function log10(x: number): number {
  return ln(x) * Math.LOG10E
}

/** ln(1 + x) for an x that is not negative, which is all that inverse hyperbolic functions ask for. */
export function ln1p(x: number): number {
  if (x < 2 ** -29) return x < 2 ** -54 ? x : x - x * x * 0.5
  if (x < 0.41421356237309503) return lnOfOnePlus(x, 0, 0)
  if (x === Number.POSITIVE_INFINITY) return x
  const sum = x < 2 ** 53 ? 1 + x : x
  let exponent = exponentOf(sum)
  const rounding = exponent > 1 ? 1 - (sum - x) : x - (sum - 1)
  const lost = x < 2 ** 53 ? rounding / sum : 0
  let mantissa = mantissaOf(sum, exponent)
  if (mantissa * 2 < Math.SQRT2) {
    mantissa *= 2
    exponent--
  }
  return lnOfOnePlus(mantissa - 1, exponent, lost)
}

/** ln((1 + f) 2^exponent) and what rounding 1 + x to that lost. */
function lnOfOnePlus(f: number, exponent: number, lost: number): number {
  if (f === 0) return exponent * ln2High + (lost + exponent * ln2Low)
  const halfSquare = 0.5 * f * f
  const s = f / (2 + f)
  const s2 = s * s
  const rest = s2 * polynomial(allPowers, s2)
  if (exponent === 0) return f - (halfSquare - s * (halfSquare + rest))
  return (
    exponent * ln2High - (halfSquare - (s * (halfSquare + rest) + (exponent * ln2Low + lost)) - f)
  )
}
