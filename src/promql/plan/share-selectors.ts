import type { Matcher } from '../../model/matcher.ts'
import type { PlanNode, SelectPlan } from './node.ts'
import { mapChildren } from './rewrite.ts'

/** Pass: selectors with equal matchers read what one select found. */
export function shareSelectors(root: PlanNode): PlanNode {
  const known = new Map<string, SelectPlan>()
  const share = (node: PlanNode): PlanNode => {
    if (node.kind === 'vector-selector' || node.kind === 'range-selector') {
      const key = keyOf(node.select.matchers)
      const select = known.get(key)
      if (select !== undefined) return { ...node, select }
      known.set(key, node.select)
      return node
    }
    return mapChildren(node, share)
  }
  return share(root)
}

function keyOf(matchers: readonly Matcher[]): string {
  const texts = matchers.map(({ name, op, value }) => JSON.stringify([name, op, value]))
  return texts.sort().join()
}
