import type { Matcher } from '../../model/matcher.ts'
import type { Expr, VectorSelector } from './ast.ts'
import { leftChain } from './left-chain.ts'

/**
 * The same expression with other matchers in every selector. A name before the braces stays, as
 * promtool has it, unless it is asked for another one.
 */
export function editSelectors(
  expr: Expr,
  edit: (matchers: readonly Matcher[]) => readonly Matcher[],
): Expr {
  switch (expr.kind) {
    case 'vector-selector':
      return editSelector(expr, edit)
    case 'range-selector':
      return { ...expr, selector: editSelector(expr.selector, edit) }
    case 'call':
      return { ...expr, args: expr.args.map((each) => editSelectors(each, edit)) }
    case 'aggregate': {
      const param = expr.param === undefined ? undefined : editSelectors(expr.param, edit)
      return { ...expr, param, expr: editSelectors(expr.expr, edit) }
    }
    case 'binary': {
      const links = leftChain(expr)
      let left = editSelectors(links[0]?.left ?? expr.left, edit)
      for (const link of links) left = { ...link, left, right: editSelectors(link.right, edit) }
      return left
    }
    case 'subquery':
    case 'unary':
    case 'paren':
      return { ...expr, expr: editSelectors(expr.expr, edit) }
    case 'number':
    case 'string':
    case 'duration':
      return expr
  }
}

function editSelector(
  selector: VectorSelector,
  edit: (matchers: readonly Matcher[]) => readonly Matcher[],
): VectorSelector {
  const { name } = selector
  const matchers = edit(selector.matchers)
  const written = selector.matchers.at(-1)
  if (name === '' || written === undefined) return { ...selector, matchers }
  const others = matchers.filter((each) => each !== written)
  const isRenamed = others.some((each) => each.name === '__name__')
  return isRenamed
    ? { ...selector, name: '', matchers: others }
    : { ...selector, matchers: [...others, written] }
}
