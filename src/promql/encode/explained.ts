import { type QueryStatistics, statisticsFields } from '../../model/query-statistics.ts'
import type { OperatorFacts, Profile } from '../exec/profile.ts'
import { titleOf } from '../plan/explain.ts'
import type { PlanNode } from '../plan/node.ts'
import { childrenOf } from '../plan/rewrite.ts'
import { JsonPieces } from './json-pieces.ts'

/** The samples that are held count as many bytes each, as the budget has it. */
const bytesPerSample = 16

/** The plan as JSON, with what the operators did where there is a profile. */
export function explained(
  plan: PlanNode,
  profile: Profile | undefined,
  statistics: QueryStatistics | undefined,
): readonly Uint8Array[] {
  const out = new JsonPieces()
  const stats = statistics === undefined ? undefined : statisticsFields(statistics)
  out.text(JSON.stringify({ status: 'success', data: { plan: fieldsOf(plan, profile), stats } }))
  return out.finish()
}

function fieldsOf(node: PlanNode, profile: Profile | undefined): object {
  const children = childrenOf(node)
  const facts = profile?.factsOf(node)
  const below = children.flatMap((child) => profile?.factsOf(child) ?? [])
  return {
    operator: titleOf(node),
    ...(facts === undefined ? {} : measuredFields(facts, below)),
    children: children.map((child) => fieldsOf(child, profile)),
  }
}

function measuredFields(facts: OperatorFacts, below: readonly OperatorFacts[]): object {
  const own = (of: (facts: OperatorFacts) => number) =>
    Math.max(of(facts) - below.reduce((sum, child) => sum + of(child), 0), 0)
  return {
    seconds: facts.timeMs / 1000,
    ownSeconds: own(({ timeMs }) => timeMs) / 1000,
    series: facts.series,
    samples: facts.samples,
    samplesLookedAt: own(({ looked }) => looked),
    peakBytes: own(({ heldSamples }) => heldSamples) * bytesPerSample + facts.batchBytes,
    batches: facts.batches,
  }
}
