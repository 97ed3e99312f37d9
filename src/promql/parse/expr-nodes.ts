import type { DurationExpr, Expr, NumberLiteral, VectorSelector } from './ast.ts'

/**
 * Every node of an expression, its subqueries and durations included, in the order of the text. In a
 * loop: nesting costs no stack.
 */
export function* nodesOf(expr: Expr): Iterable<Expr> {
  const left: Expr[] = [expr]
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    yield next
    left.push(...[...childrenOf(next)].reverse())
  }
}

/** Every selector of an expression, its subqueries included, in the order of the text. */
export function* selectorsOf(expr: Expr): Iterable<VectorSelector> {
  for (const node of nodesOf(expr)) {
    if (node.kind === 'vector-selector') yield node
    else if (node.kind === 'range-selector') yield node.selector
  }
}

/** What stands directly in an expression, in the order that upstream visits it. */
export function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'call':
      return expr.args
    case 'aggregate':
      return expr.param === undefined ? [expr.expr] : [expr.expr, expr.param]
    case 'binary':
      return [expr.left, expr.right]
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
    case 'number':
    case 'string':
      return []
  }
}

function present(...found: readonly (DurationExpr | NumberLiteral | undefined)[]): readonly Expr[] {
  return found.filter((expr) => expr !== undefined)
}
