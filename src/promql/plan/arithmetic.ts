import { atan2 } from '../elementary/arc.ts'
import { power } from '../elementary/power.ts'
import type { ArithmeticOp, ComparisonOp } from '../parse/ast.ts'

/** `%` keeps the dividend's sign, as Go's math.Mod and JavaScript's operator do. */
export const arithmetic: Readonly<Record<ArithmeticOp, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '%': (left, right) => left % right,
  '^': power,
  atan2,
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
