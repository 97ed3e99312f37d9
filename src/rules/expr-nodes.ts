import type { Expr, VectorSelector } from '../promql/parse/ast.ts'

/** Every node of an expression, its subqueries included. */
export function* nodesOf(expr: Expr): Iterable<Expr> {
  const left: Expr[] = [expr]
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    yield next
    left.push(...partsOf(next))
  }
}

/** Every selector of an expression, its subqueries included. */
export function* selectorsOf(expr: Expr): Iterable<VectorSelector> {
  for (const node of nodesOf(expr)) {
    if (node.kind === 'vector-selector') yield node
    else if (node.kind === 'range-selector') yield node.selector
  }
}

function partsOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'call':
      return expr.args
    case 'aggregate':
      return expr.param === undefined ? [expr.expr] : [expr.expr, expr.param]
    case 'binary':
      return [expr.left, expr.right]
    case 'unary':
    case 'paren':
    case 'subquery':
      return [expr.expr]
    default:
      return []
  }
}
