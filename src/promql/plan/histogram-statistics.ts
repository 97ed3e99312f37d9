import type { PlanNode } from './node.ts'
import { mapChildren } from './rewrite.ts'

const ofStatistics: ReadonlySet<string> = new Set([
  'histogram_count',
  'histogram_sum',
  'histogram_avg',
])

const ofBuckets: ReadonlySet<string> = new Set([
  'histogram_quantile',
  'histogram_quantiles',
  'histogram_fraction',
])

/**
 * Marks the selectors below functions that look at nothing but counts and sums: no bucket is kept
 * of what they read. No switch turns it off, because upstream's rule shows: resets are then told
 * while reading, where buckets are still there, and warnings name them. Below a subquery it would
 * tell of resets between samples that the subquery does not look at.
 */
export function markStatistics(root: PlanNode): PlanNode {
  return mark(root, false)
}

function mark(node: PlanNode, within: boolean): PlanNode {
  if (node.kind === 'vector-selector' || node.kind === 'range-selector') {
    return within ? { ...node, histograms: 'statistics' } : node
  }
  if (needsBuckets(node)) return node
  const below = within || (node.kind === 'call' && ofStatistics.has(node.name))
  return mapChildren(node, (child) => mark(child, below))
}

function needsBuckets(node: PlanNode): boolean {
  switch (node.kind) {
    case 'call':
      return ofBuckets.has(node.name)
    case 'binary':
      return node.op === '</' || node.op === '>/'
    case 'window':
      return node.source.kind === 'subquery'
    default:
      return false
  }
}
