import type { ArithmeticOp, ComparisonOp } from '../parse/ast.ts'

/** `%` keeps the dividend's sign, as Go's math.Mod and JavaScript's operator do. */
export const arithmetic: Readonly<Record<ArithmeticOp, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '%': (left, right) => left % right,
  '^': power,
  atan2: (left, right) => Math.atan2(left, right),
}

export const comparison: Readonly<Record<ComparisonOp, (left: number, right: number) => boolean>> =
  {
    '==': (left, right) => left === right,
    '!=': (left, right) => left !== right,
    '<': (left, right) => left < right,
    '<=': (left, right) => left <= right,
    '>': (left, right) => left > right,
    '>=': (left, right) => left >= right,
  }

// JavaScript says NaN for 1 ** NaN and for (-1) ** Infinity; IEEE 754 and Go say 1.
function power(base: number, exponent: number): number {
  if (base === 1) return 1
  if (
    base === -1 &&
    (exponent === Number.POSITIVE_INFINITY || exponent === Number.NEGATIVE_INFINITY)
  )
    return 1
  return base ** exponent
}
