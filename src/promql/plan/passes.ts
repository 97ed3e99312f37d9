import { foldConstants } from './fold-constants.ts'
import { markStatistics } from './histogram-statistics.ts'
import type { PlanNode } from './node.ts'
import { shareSelectors } from './share-selectors.ts'
import { holdInvariant } from './step-invariant.ts'

/** Which passes run; all of them unless a test looks for what one changes. */
export interface PlanPasses {
  readonly foldConstants: boolean
  readonly stepInvariant: boolean
  readonly shareSelectors: boolean
}

/** Rewrites a plan to a cheaper one with the same answer; each pass may be switched off. */
export function rewritePlan(plan: PlanNode, passes: PlanPasses): PlanNode {
  let rewritten = markStatistics(plan)
  if (passes.foldConstants) rewritten = foldConstants(rewritten)
  if (passes.shareSelectors) rewritten = shareSelectors(rewritten)
  if (passes.stepInvariant) rewritten = holdInvariant(rewritten)
  return rewritten
}
