import type { Binary } from './ast.ts'

/**
 * A chain of binary operators that nests to the left, innermost first: walked in a loop, a long
 * chain costs no depth. The first link's `left` is what the chain begins with.
 */
export function leftChain(expr: Binary): readonly Binary[] {
  const links = [expr]
  for (let left = expr.left; left.kind === 'binary'; left = left.left) links.push(left)
  return links.reverse()
}
