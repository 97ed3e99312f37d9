import type { At, Expr } from '../../../src/promql/parse/ast.ts'
import { parseExpr } from '../../../src/promql/parse/parse.ts'
import { printExpr } from '../../../src/promql/parse/print.ts'
import { languageOfScripts, type Question } from './evaluate.ts'
import type { EvalCommand } from './script.ts'

const timeDependent =
  /^(?:days_in_month|day_of_month|day_of_week|day_of_year|end|hour|minute|month|year|predict_linear|range|start|step|time|timestamp)$/

/** The query with its time pinned onto every selector, asked at other times. */
export function pinnedVariants(command: EvalCommand): readonly Question[] {
  let expr: Expr
  try {
    expr = parseExpr(command.query, languageOfScripts)
  } catch {
    return []
  }
  const { endMs } = command.expectedRange ?? command
  const state = { isTimeDependent: false }
  const query = printExpr(pinned(expr, endMs, state))
  if (state.isTimeDependent) return []
  const times =
    endMs === 0 ? [-1000, 0, 1000] : [-10 * endMs, 0, Math.trunc(endMs / 5), endMs, 10 * endMs]
  return times.map((startMs) => ({ query, isRange: false, startMs, endMs: startMs, stepMs: 0 }))
}

function pinned(expr: Expr, timeMs: number, state: { isTimeDependent: boolean }): Expr {
  const below = (child: Expr) => pinned(child, timeMs, state)
  const at = { kind: 'time', timeMs } as const
  switch (expr.kind) {
    case 'vector-selector':
      return { ...expr, at: atOf(expr.at, at) }
    case 'range-selector':
      return { ...expr, selector: { ...expr.selector, at: atOf(expr.selector.at, at) } }
    case 'subquery':
      return { ...expr, at: atOf(expr.at, at) }
    case 'call':
      if (timeDependent.test(expr.name)) state.isTimeDependent = true
      return { ...expr, args: expr.args.map(below) }
    case 'aggregate':
      return { ...expr, expr: below(expr.expr), param: expr.param && below(expr.param) }
    case 'binary':
      return { ...expr, left: below(expr.left), right: below(expr.right) }
    case 'unary':
    case 'paren':
      return { ...expr, expr: below(expr.expr) }
    default:
      return expr
  }
}

/** Upstream pins what has no time of its own, start() and end() included. */
function atOf(written: At, pin: At): At {
  return written.kind === 'time' ? written : pin
}
