import { limits } from '../../base/limits.ts'
import type { Expr } from './ast.ts'
import { childrenOf } from './expr-nodes.ts'

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
