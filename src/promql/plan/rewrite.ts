import type { PlanNode, RangeSelectorNode, SubqueryNode } from './node.ts'

/** A node with its children replaced; the same node when none changed. */
export function mapChildren(node: PlanNode, map: (child: PlanNode) => PlanNode): PlanNode {
  switch (node.kind) {
    case 'number':
    case 'string':
    case 'vector-selector':
    case 'range-selector':
      return node
    case 'subquery':
      return mapSubquery(node, map)
    case 'window': {
      const source = mapSource(node.source, map)
      const params = mapList(node.params, map)
      return source === node.source && params === node.params ? node : { ...node, source, params }
    }
    case 'call': {
      const args = mapList(node.args, map)
      return args === node.args ? node : { ...node, args }
    }
    case 'aggregate': {
      const child = map(node.child)
      const param = node.param && map(node.param)
      return child === node.child && param === node.param ? node : { ...node, child, param }
    }
    case 'binary': {
      const left = map(node.left)
      const right = map(node.right)
      return left === node.left && right === node.right ? node : { ...node, left, right }
    }
    case 'negate':
    case 'hold': {
      const child = map(node.child)
      return child === node.child ? node : { ...node, child }
    }
  }
}

function mapSubquery(node: SubqueryNode, map: (child: PlanNode) => PlanNode): SubqueryNode {
  const child = map(node.child)
  return child === node.child ? node : { ...node, child }
}

function mapSource(
  source: RangeSelectorNode | SubqueryNode,
  map: (child: PlanNode) => PlanNode,
): RangeSelectorNode | SubqueryNode {
  return source.kind === 'subquery' ? mapSubquery(source, map) : mapSelector(source, map)
}

function mapSelector(
  source: RangeSelectorNode,
  map: (child: PlanNode) => PlanNode,
): RangeSelectorNode {
  const mapped = map(source)
  return mapped.kind === 'range-selector' ? mapped : source
}

function mapList(
  nodes: readonly PlanNode[],
  map: (child: PlanNode) => PlanNode,
): readonly PlanNode[] {
  const mapped = nodes.map(map)
  return mapped.every((node, place) => node === nodes[place]) ? nodes : mapped
}

/** The node and everything below it, the node first. */
export function* nodesOf(node: PlanNode): IterableIterator<PlanNode> {
  yield node
  for (const child of childrenOf(node)) yield* nodesOf(child)
}

export function childrenOf(node: PlanNode): readonly PlanNode[] {
  switch (node.kind) {
    case 'number':
    case 'string':
    case 'vector-selector':
    case 'range-selector':
      return []
    case 'window':
      return [node.source, ...node.params]
    case 'call':
      return node.args
    case 'aggregate':
      return node.param === undefined ? [node.child] : [node.param, node.child]
    case 'binary':
      return [node.left, node.right]
    case 'subquery':
    case 'negate':
    case 'hold':
      return [node.child]
  }
}
