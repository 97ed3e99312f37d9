import { exponentOf, mantissaOf, scaled } from './binary-exponent.ts'
import { exp } from './exponential.ts'
import { ln } from './logarithm.ts'

/** base^exponent: whole powers by squaring, a fraction of at most a half by exp and ln. */
export function power(base: number, exponent: number): number {
  if (exponent === 0 || base === 1) return 1
  if (exponent === 1) return base
  if (Number.isNaN(base) || Number.isNaN(exponent)) return Number.NaN
  if (base === 0 || !Number.isFinite(base) || !Number.isFinite(exponent))
    return limit(base, exponent)
  if (exponent === 0.5) return Math.sqrt(base)
  if (exponent === -0.5) return 1 / Math.sqrt(base)
  const size = Math.abs(exponent)
  const whole = Math.trunc(size)
  const fraction = size - whole
  if (fraction !== 0 && base < 0) return Number.NaN
  if (whole >= 2 ** 63) return limit(base, exponent * Number.POSITIVE_INFINITY)
  // A fraction above a half is one less and the next whole power.
  const isOver = fraction > 0.5
  const start = fraction === 0 ? 1 : exp((isOver ? fraction - 1 : fraction) * ln(base))
  return wholePower(base, isOver ? whole + 1 : whole, start, exponent < 0)
}

/** Bases and times whose squares stay so far from the ends of doubles that scaling them changes nothing. */
const nearBase = 1e9
const nearTimes = 16

function nearPower(base: number, times: number, start: number): number {
  let product = start
  let square = base
  for (let left = times; left > 0; left >>= 1) {
    if ((left & 1) === 1) product *= square
    square *= square
  }
  return product
}

/** start * base^times, or one over it; powers of two are summed apart, so that nothing overflows early. */
function wholePower(base: number, times: number, start: number, isInverse: boolean): number {
  const size = Math.abs(base)
  if (times <= nearTimes && size <= nearBase && size >= 1 / nearBase) {
    const product = nearPower(base, times, start)
    return isInverse ? 1 / product : product
  }
  let exponent = exponentOf(base)
  let mantissa = mantissaOf(base, exponent)
  let product = start
  let productExponent = 0
  for (let left = times; left > 0; left = Math.floor(left / 2)) {
    if (Math.abs(exponent) > 4_096) {
      // Beyond every double already, and it only grows.
      productExponent += exponent
      break
    }
    if (left % 2 === 1) {
      product *= mantissa
      productExponent += exponent
    }
    mantissa *= mantissa
    exponent *= 2
    if (mantissa < 0.5) {
      mantissa *= 2
      exponent--
    }
  }
  return isInverse ? scaled(1 / product, -productExponent) : scaled(product, productExponent)
}

/** Where base or exponent is 0 or endless (IEEE 754, 9.2.1). */
function limit(base: number, exponent: number): number {
  if (Math.abs(base) === 1) return 1
  const isOdd = Math.abs(exponent % 2) === 1
  const grows = Math.abs(base) > 1 === exponent > 0
  const size = grows ? Number.POSITIVE_INFINITY : 0
  return isOdd && (base < 0 || Object.is(base, -0)) ? -size : size
}
