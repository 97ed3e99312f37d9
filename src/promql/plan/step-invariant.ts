import { type PlanNode, typeOf } from './node.ts'
import { childrenOf, mapChildren } from './rewrite.ts'

/** Functions that answer by the time they are asked at, whatever their arguments (row Q12.4). */
const timeDependent: ReadonlySet<string> = new Set([
  'time',
  'timestamp',
  'minute',
  'hour',
  'day_of_week',
  'day_of_month',
  'day_of_year',
  'days_in_month',
  'month',
  'year',
  'predict_linear',
])

/**
 * Pass: the largest subtrees that answer the same at every step (all their selectors are pinned by
 * @) are evaluated once and held.
 */
export function holdInvariant(node: PlanNode): PlanNode {
  return isInvariant(node) ? held(node) : mapChildren(node, holdInvariant)
}

function held(node: PlanNode): PlanNode {
  const type = typeOf(node)
  const isValue = type === 'vector' || type === 'scalar'
  return isValue && node.kind !== 'number' && node.kind !== 'hold'
    ? { kind: 'hold', child: insideSubqueries(node), span: node.span }
    : mapChildren(node, holdInvariant)
}

/** A pinned subquery has steps of its own, of which parts below it need not depend. */
function insideSubqueries(node: PlanNode): PlanNode {
  const isOver = node.kind === 'window' && node.source.kind === 'subquery'
  return mapChildren(node, isOver || node.kind === 'subquery' ? holdInvariant : insideSubqueries)
}

/** True when nothing below depends on the step. */
function isInvariant(node: PlanNode): boolean {
  switch (node.kind) {
    case 'vector-selector':
    case 'range-selector':
    case 'subquery':
      return node.atMs !== undefined
    case 'call':
    case 'window':
      if (timeDependent.has(node.name)) return false
  }
  return childrenOf(node).every(isInvariant)
}
