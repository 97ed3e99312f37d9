import type { PlanNode } from './node.ts'
import { childrenOf } from './rewrite.ts'

/** The plan as an indented tree, a node a line. */
export function explain(node: PlanNode, depth = 0): string {
  const line = `${'  '.repeat(depth)}${titleOf(node)}\n`
  return (
    line +
    childrenOf(node)
      .map((child) => explain(child, depth + 1))
      .join('')
  )
}

/** One line about one node. */
export function titleOf(node: PlanNode): string {
  switch (node.kind) {
    case 'number':
      return `number ${node.value}`
    case 'string':
      return `string ${JSON.stringify(node.value)}`
    case 'vector-selector':
      return `select #${node.select.id} ${selectorText(node)}${placeText(node)}${partsText(node)}`
    case 'range-selector':
      return `select #${node.select.id} ${selectorText(node)}[${node.rangeMs}ms]${placeText(node)}${partsText(node)}`
    case 'subquery':
      return `subquery [${node.rangeMs}ms:${node.stepMs}ms]${placeText(node)}`
    case 'window':
      return `window ${node.name}`
    case 'call':
      return `call ${node.name}`
    case 'aggregate': {
      const clause = node.without || node.grouping.length > 0
      const by = clause ? ` ${node.without ? 'without' : 'by'} (${node.grouping.join(', ')})` : ''
      return `aggregate ${node.op}${by}`
    }
    case 'binary':
      return `binary ${node.op}${node.returnBool ? ' bool' : ''}`
    case 'negate':
      return 'negate'
    case 'hold':
      return 'hold: the same at every step'
  }
}

type Selector = Extract<PlanNode, { kind: 'vector-selector' | 'range-selector' }>

function selectorText({ select }: Selector): string {
  const matchers = select.matchers.map(
    ({ name, op, value }) => `${name}${op}${JSON.stringify(value)}`,
  )
  return `{${matchers.join(', ')}}`
}

function partsText({ histograms }: Selector): string {
  return histograms === 'whole' ? '' : ' (of histograms counts and sums)'
}

function placeText(node: { readonly offsetMs: number; readonly atMs: number | undefined }): string {
  const at = node.atMs === undefined ? '' : ` @ ${node.atMs}ms`
  return `${at}${node.offsetMs === 0 ? '' : ` offset ${node.offsetMs}ms`}`
}
