import { NarthexError } from '../../base/errors.ts'
import { power } from '../elementary/power.ts'
import type { DurationExpr, NumberLiteral } from '../parse/ast.ts'
import { durationPlace } from '../parse/duration-nodes.ts'

/** What step() and range() stand for, in milliseconds. */
interface DurationTimes {
  readonly stepMs: number
  readonly rangeMs: number
}

/**
 * The milliseconds that a duration expression stands for (row Q2.8). Throws QUERY_PARSE with
 * upstream's text for what is no duration; zero and less are allowed in an offset only.
 */
export function durationMs(expr: DurationExpr, times: DurationTimes, isOffset: boolean): number {
  const seconds = evaluate(expr, times)
  if (!Number.isFinite(seconds)) throw refused(expr, 'duration is NaN or infinite')
  if (seconds <= 0 && !isOffset) throw refused(expr, 'duration must be greater than 0')
  if (Math.abs(seconds) > 2 ** 63 / 1e9) throw refused(expr, 'duration is out of range')
  return Math.trunc(seconds * 1000)
}

function evaluate(expr: NumberLiteral | DurationExpr, times: DurationTimes): number {
  if (expr.kind === 'number') return expr.value
  const left = expr.left === undefined ? 0 : evaluate(expr.left, times)
  const right = expr.right === undefined ? 0 : evaluate(expr.right, times)
  switch (expr.op) {
    case 'step':
      return times.stepMs / 1000
    case 'range':
      return times.rangeMs / 1000
    case 'min_of':
      return Math.min(left, right)
    case 'max_of':
      return Math.max(left, right)
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case '/':
      if (right === 0) throw refused(expr, 'division by zero')
      return left / right
    case '%':
      if (right === 0) throw refused(expr, 'modulo by zero')
      return left % right
    case '^':
      return power(left, right)
  }
}

function refused(expr: DurationExpr, reason: string): NarthexError {
  const { start, end } = durationPlace(expr)
  return new NarthexError('QUERY_PARSE', `${start}:${end}: ${reason}`)
}
