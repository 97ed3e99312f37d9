import { limits } from '../../base/limits.ts'
import type { DurationExpr, Expr, NumberLiteral } from './ast.ts'

/** Whether a tree nests deeper than what recursion over it is made for; left operands do not nest. */
export function nestsTooDeeply(root: Expr): boolean {
  const stack: { readonly expr: Expr; readonly depth: number }[] = [{ expr: root, depth: 0 }]
  for (;;) {
    const top = stack.pop()
    if (top === undefined) return false
    const { expr, depth } = top
    if (depth > limits.queryNestingMax) return true
    if (expr.kind === 'binary') {
      stack.push({ expr: expr.left, depth }, { expr: expr.right, depth: depth + 1 })
    } else for (const child of childrenOf(expr)) stack.push({ expr: child, depth: depth + 1 })
  }
}

function childrenOf(expr: Exclude<Expr, { kind: 'binary' }>): readonly Expr[] {
  switch (expr.kind) {
    case 'call':
      return expr.args
    case 'aggregate':
      return expr.param === undefined ? [expr.expr] : [expr.param, expr.expr]
    case 'paren':
    case 'unary':
      return [expr.expr]
    case 'subquery':
      return [expr.expr, ...present(expr.rangeExpr, expr.stepExpr, expr.offsetExpr)]
    case 'range-selector':
      return present(expr.rangeExpr, expr.selector.offsetExpr)
    case 'vector-selector':
      return present(expr.offsetExpr)
    case 'duration':
      return present(expr.left, expr.right)
    default:
      return []
  }
}

function present(...found: readonly (DurationExpr | NumberLiteral | undefined)[]): readonly Expr[] {
  return found.filter((expr) => expr !== undefined)
}
