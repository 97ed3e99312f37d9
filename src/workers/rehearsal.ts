import { assert } from '../base/assert.ts'
import { executeQuery } from '../promql/engine.ts'
import type { Queryable } from '../storage/querier.ts'
import type { QueryBounds } from '../storage/query-runner.ts'
import { unstoppable } from '../storage/unstoppable.ts'
import { compressed } from './compressed-reply.ts'
import { answerMetadata } from './metadata-request.ts'
import { RehearsalQuerier, rehearsalMetric } from './rehearsal-storage.ts'
import { SharingQuerier } from './sharing-querier.ts'

const metric = rehearsalMetric()

/** Of every stage and most operators; what dashboards and rules ask comes in several forms. */
export const rehearsedQueries: readonly string[] = [
  metric,
  `${metric}{instance="a:9100"}`,
  `sum(${metric})`,
  `sum by (job) (rate(${metric}[5m]))`,
  `sum(rate(${metric}{le=~"0.+"}[5m])) / sum(rate(${metric}[5m]))`,
  `histogram_quantile(0.9, sum by (le, instance) (rate(${metric}[5m])))`,
  `count by (job) (${metric} > 100) or vector(1)`,
  `topk(3, ${metric}) * on (instance, le) group_left sum by (instance, le) (${metric})`,
  `100 - avg without (le) (irate(${metric}[5m])) * 100 > bool 1`,
  `max_over_time(${metric}[30m]) - min_over_time(${metric}[30m])`,
  `quantile by (instance) (0.9, increase(${metric}[10m]))`,
  `avg_over_time(sum(delta(${metric}[5m]))[20m:1m])`,
  `label_replace(quantile_over_time(0.5, ${metric}[5m]), "host", "$1", "instance", "(.+):.+")`,
  'absent(nothing{job="app"}) unless absent_over_time(nothing[5m])',
]

/** What dashboards ask for their variables. */
export const rehearsedLookups = ['series', 'label-names', 'label-values'] as const

const control = unstoppable
const bounds: QueryBounds = { timeoutMs: 10_000, lookbackMs: 300_000, samplesMax: 1e6, limit: 0 }
const stepMs = 60_000
const steps = 60

/**
 * Runs queries over made-up samples, so that the first ones that somebody waits for find the engine
 * compiled: cold, a small query takes ten times as long. Gives way to everything else between any two
 * of them, and ends when there is something else to do; answers how many it ran.
 */
export async function rehearse(rounds: number, isBusy: () => boolean): Promise<number> {
  let ran = 0
  const parts = [
    ...rehearsedQueries.map((query) => (round: number) => runBoth(query, round)),
    ...rehearsedLookups.map((kind) => () => runLookup(kind)),
  ]
  for (let round = 0; round < rounds; round++) {
    for (const run of parts) {
      await letOthersGo()
      // Whoever works needs no rehearsal.
      if (isBusy()) return ran
      await run(round)
      ran++
    }
  }
  return ran
}

async function runLookup(kind: (typeof rehearsedLookups)[number]): Promise<void> {
  const queryable: Queryable = { querier: async () => new RehearsalQuerier() }
  const range = { startMs: 0, endMs: steps * stepMs }
  const request = { kind, label: 'instance', matches: [metric], ...range, bounds }
  const reply = await answerMetadata(request, queryable, control, true)
  assert((await compressed(reply, 'gzip')).ok, `the rehearsal of ${kind} failed`)
}

/** Throws where the engine does not answer: it must. */
async function runBoth(query: string, round: number): Promise<void> {
  const queryable: Queryable = {
    querier: async () => new SharingQuerier(new RehearsalQuerier(), () => undefined),
  }
  const context = { queryable, control }
  // Another text each time, or it would be parsed but once.
  const common = { query: `${query} # ${round}`, bounds, stats: 'none' as const }
  const endMs = steps * stepMs * 10
  const instant = await executeQuery({ kind: 'instant', timeMs: endMs, ...common }, context)
  const startMs = endMs - (steps - 1) * stepMs
  const range = await executeQuery({ kind: 'range', startMs, endMs, stepMs, ...common }, context)
  assert(instant.ok && range.ok, `the rehearsal of ${query} failed`)
}

function letOthersGo(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
