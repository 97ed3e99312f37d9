import { arithmetic, comparison } from './arithmetic.ts'
import type { BinaryNode, PlanNode } from './node.ts'
import { mapChildren } from './rewrite.ts'

/** Pass: operators between numbers, and pi(), become the number that they are. */
export function foldConstants(node: PlanNode): PlanNode {
  const folded = mapChildren(node, foldConstants)
  switch (folded.kind) {
    case 'binary':
      return foldBinary(folded)
    case 'negate':
      return folded.child.kind === 'number'
        ? { kind: 'number', value: -folded.child.value, span: folded.span }
        : folded
    case 'call':
      return folded.name === 'pi' ? { kind: 'number', value: Math.PI, span: folded.span } : folded
    default:
      return folded
  }
}

function foldBinary(node: BinaryNode): PlanNode {
  const { op, left, right, span } = node
  if (left.kind !== 'number' || right.kind !== 'number') return node
  if (op in arithmetic || op in comparison) {
    return { kind: 'number', value: compute(op, left.value, right.value), span }
  }
  return node
}

function compute(op: BinaryNode['op'], left: number, right: number): number {
  for (const [name, apply] of Object.entries(arithmetic)) {
    if (name === op) return apply(left, right)
  }
  for (const [name, holds] of Object.entries(comparison)) {
    if (name === op) return holds(left, right) ? 1 : 0
  }
  return Number.NaN
}
