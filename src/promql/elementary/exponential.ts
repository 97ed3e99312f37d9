import { scaled } from './binary-exponent.ts'
import { fused } from './fused.ts'
import { ln2High, ln2Low } from './logarithm.ts'
import { polynomial } from './polynomial.ts'

const overflow = 709.782712893384
/** ln 2 in two parts, as they stand in Go's e^x alone: its first part has more digits than that of the others. */
const fusedLn2High = 0.693147180559663
const fusedLn2Low = 2.8235290563031577e-13

/** 1/8!, 1/7!, ... 1/2!, 1: what is left of Taylor's series after the factor x. */
const reciprocals = [1 / 5_040, 1 / 720, 1 / 120, 1 / 24, 1 / 6, 1 / 2, 1]
const firstReciprocal = 1 / 40_320

/** e^x: a sixteenth of what ln 2 leaves over by Taylor's series, whose e^x - 1 is doubled four times. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return x
  if (x > overflow) return Number.POSITIVE_INFINITY
  const power = roundedToEven(Math.LOG2E * x)
  if (power < -1_076) return 0
  const rest = fused(-fusedLn2Low, power, fused(-fusedLn2High, power, x)) * 0.0625
  let series = firstReciprocal
  for (const reciprocal of reciprocals) series = fused(series, rest, reciprocal)
  let lessOne = rest * series
  // (1 + y)^2 - 1 = y (2 + y), three times; the fourth adds the 1 without rounding between.
  for (let doubled = 0; doubled < 3; doubled++) lessOne *= lessOne + 2
  return scaled(fused(lessOne, lessOne + 2, 1), power)
}

/** As processors turn doubles into integers. */
function roundedToEven(x: number): number {
  const floor = Math.floor(x)
  const fraction = x - floor
  if (fraction !== 0.5) return fraction < 0.5 ? floor : floor + 1
  return floor % 2 === 0 ? floor : floor + 1
}

/** Of r (e^r + 1) / (e^r - 1) = 2 + r^2 (...), by powers of r^2. */
const remez = [
  4.1381367970572385e-8, -1.6533902205465252e-6, 6.613756321437934e-5, -0.0027777777777015593,
  0.16666666666666666,
]

/** 2^x, in which Go, unlike in e^x, rounds every step. */
export function exp2(x: number): number {
  if (Number.isNaN(x)) return x
  if (x > 1023.9999999999999) return Number.POSITIVE_INFINITY
  if (x < -1_074) return 0
  const power = Math.trunc(x > 0 ? x + 0.5 : x - 0.5)
  const fraction = x - power
  const high = fraction * ln2High
  const low = -fraction * ln2Low
  const rest = high - low
  const square = rest * rest
  const part = rest - square * polynomial(remez, square)
  return scaled(1 - (low - (rest * part) / (2 - part) - high), power)
}
