import { acos, asin, atan } from '../elementary/arc.ts'
import { cos, sin, tan } from '../elementary/circular.ts'
import { exp } from '../elementary/exponential.ts'
import { acosh, asinh, atanh, cosh, sinh, tanh } from '../elementary/hyperbolic.ts'
import { ln, log2, log10 } from '../elementary/logarithm.ts'

/** Functions of one float, applied to every sample (rows Q7.1 and Q7.4). */
export const floatFunctions: ReadonlyMap<string, (value: number) => number> = new Map([
  ['abs', Math.abs],
  ['ceil', Math.ceil],
  ['floor', Math.floor],
  ['exp', exp],
  ['sqrt', Math.sqrt],
  ['ln', ln],
  ['log2', log2],
  ['log10', log10],
  ['sin', sin],
  ['cos', cos],
  ['tan', tan],
  ['asin', asin],
  ['acos', acos],
  ['atan', atan],
  ['sinh', sinh],
  ['cosh', cosh],
  ['tanh', tanh],
  ['asinh', asinh],
  ['acosh', acosh],
  ['atanh', atanh],
  ['rad', (value: number) => (value * Math.PI) / 180],
  ['deg', (value: number) => (value * 180) / Math.PI],
  ['sgn', (value: number) => (value < 0 ? -1 : value > 0 ? 1 : value)],
])

/** Half up to a multiple (row Q7.3); the inverse is upstream's, for the same last digit. */
export function roundTo(value: number, multiple: number): number {
  const inverse = 1 / multiple
  return Math.floor(value * inverse + 0.5) / inverse
}

/** Go's math.Max and math.Min: an infinity that decides beats even NaN. */
export function goMax(left: number, right: number): number {
  if (left === Number.POSITIVE_INFINITY || right === Number.POSITIVE_INFINITY) {
    return Number.POSITIVE_INFINITY
  }
  return Math.max(left, right)
}

export function goMin(left: number, right: number): number {
  if (left === Number.NEGATIVE_INFINITY || right === Number.NEGATIVE_INFINITY) {
    return Number.NEGATIVE_INFINITY
  }
  return Math.min(left, right)
}

/** Callers drop everything where `least` is above `most` (row Q7.2). */
export function clampTo(value: number, least: number, most: number): number {
  return goMax(least, goMin(most, value))
}
