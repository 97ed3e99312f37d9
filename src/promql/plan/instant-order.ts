import type { BinaryNode, CallNode, PlanNode } from './node.ts'
import { mergedByLabels, typeOf } from './node.ts'

const orderingCalls: ReadonlySet<string> = new Set([
  'sort',
  'sort_desc',
  'sort_by_label',
  'sort_by_label_desc',
])

const orderingAggregates: ReadonlySet<string> = new Set(['topk', 'bottomk'])
/** Aggregations that answer some of their series as they are. */
const choosing: ReadonlySet<string> = new Set(['limitk', 'limit_ratio'])

/** Functions whose series do not stand for those of their argument one by one. */
const regroupingCalls: ReadonlySet<string> = new Set([
  'absent',
  'histogram_fraction',
  'histogram_quantile',
  'histogram_quantiles',
  'vector',
])

/**
 * Whether the order of an instant vector means something whatever its series come from: it was asked
 * for, or is that of the sides of `or`. Where they come from several sources, any other vector is
 * answered by labels.
 */
export function isOrdered(node: PlanNode): boolean {
  switch (node.kind) {
    case 'hold':
    case 'negate':
      return isOrdered(node.child)
    case 'call': {
      if (orderingCalls.has(node.name)) return true
      const [vector] = node.args
      return vector !== undefined && !regroupingCalls.has(node.name) && isOrdered(vector)
    }
    case 'aggregate':
      return orderingAggregates.has(node.op) || (choosing.has(node.op) && isOrdered(node.child))
    case 'binary':
      return node.op === 'or' || isOrdered(leading(node))
    default:
      return false
  }
}

/** The tree with what leads to an order kept; sides of `or` without one get that of labels. */
export function sortSides(node: PlanNode): PlanNode {
  if (!isOrdered(node)) return sortedByLabel(node)
  switch (node.kind) {
    case 'hold':
    case 'negate':
      return { ...node, child: sortSides(node.child) }
    case 'aggregate':
      return orderingAggregates.has(node.op) ? node : { ...node, child: sortSides(node.child) }
    case 'call': {
      const [vector, ...others] = node.args
      if (vector === undefined || orderingCalls.has(node.name)) return node
      return { ...node, args: [sortSides(vector), ...others] }
    }
    case 'binary': {
      if (node.op === 'or') {
        return { ...node, left: sortSides(node.left), right: sortSides(node.right) }
      }
      return leading(node) === node.left
        ? { ...node, left: sortSides(node.left) }
        : { ...node, right: sortSides(node.right) }
    }
    default:
      return node
  }
}

/** The side whose series the answer's stand for one by one: of two vectors that of the many. */
function leading({ left, right, matching }: BinaryNode): PlanNode {
  if (typeOf(left) === 'scalar') return right
  return matching?.card === 'one-to-many' ? right : left
}

function sortedByLabel(node: PlanNode): PlanNode {
  if (isOneSeries(node)) return node
  const { span } = node
  const sort: CallNode = { kind: 'call', name: mergedByLabels, args: [node], span }
  return sort
}

function isOneSeries(node: PlanNode): boolean {
  if (node.kind === 'call') return node.name === 'vector' || node.name === 'absent'
  return (
    node.kind === 'aggregate' &&
    node.param === undefined &&
    node.grouping.length === 0 &&
    !node.without
  )
}
