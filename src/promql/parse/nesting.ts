import { limits } from '../../base/limits.ts'
import type { DurationExpr, Expr, NumberLiteral } from './ast.ts'

/** A text that nests deeper than limits.queryNestingMax, found before there is a tree of it. */
export class NestingError extends Error {
  override readonly name = 'NestingError'
  constructor(
    message: string,
    /** In bytes, from 0. */
    readonly offset: number,
  ) {
    super(message)
  }
}

/** Throws NestingError for more than the limit. */
export function demandNesting(depth: number, what: string, offset: number): void {
  if (depth > limits.queryNestingMax) throw new NestingError(nestingWords(depth, what), offset)
}

export function nestingWords(depth: number, what: string): string {
  return `nesting of ${depth} ${what}, limit ${limits.queryNestingMax}`
}

/** How deep recursion over a tree goes; left operands do not nest. */
export function nestingOf(root: Expr): number {
  let deepest = 0
  const stack: { readonly expr: Expr; readonly depth: number }[] = [{ expr: root, depth: 0 }]
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { expr, depth } = top
    if (depth > deepest) deepest = depth
    if (expr.kind === 'binary') {
      stack.push({ expr: expr.left, depth }, { expr: expr.right, depth: depth + 1 })
    } else for (const child of childrenOf(expr)) stack.push({ expr: child, depth: depth + 1 })
  }
  return deepest
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
