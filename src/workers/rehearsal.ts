import { assert } from '../base/assert.ts'
import type { QueryBounds, QueryRequest, RulesRequest } from '../storage/query-runner.ts'
import type { HostChannel } from './protocol.ts'
import { rehearsalEndMs, rehearsalHead, rehearsalMetrics } from './rehearsal-head.ts'
import { RehearsalStage, type RehearsedHost } from './rehearsal-stage.ts'

const { read: metric, native, lookedUp } = rehearsalMetrics

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
  `histogram_quantile(0.9, sum by (job) (rate(${native}[5m])))`,
  'absent(nothing{job="app"}) unless absent_over_time(nothing[5m])',
]

interface RehearsedLookup {
  readonly kind: 'series' | 'label-names' | 'label-values'
  readonly label: string
  readonly matches: readonly string[]
  readonly limit: number
}

/** What dashboards ask for their variables: by lists that are read, and by series that are tried. */
export const rehearsedLookups: readonly RehearsedLookup[] = [
  { kind: 'series', label: '', matches: [lookedUp], limit: 0 },
  { kind: 'series', label: '', matches: ['{pod="pod-77"}'], limit: 0 },
  { kind: 'series', label: '', matches: ['{job="job-2"}'], limit: 100 },
  { kind: 'series', label: '', matches: ['{job="job-1",container=~"container-1.*"}'], limit: 0 },
  { kind: 'series', label: '', matches: ['{job="job-3"}', '{job="job-4"}'], limit: 0 },
  { kind: 'label-names', label: '', matches: [], limit: 0 },
  { kind: 'label-names', label: '', matches: [lookedUp], limit: 0 },
  { kind: 'label-values', label: 'path', matches: [], limit: 0 },
  { kind: 'label-values', label: 'path', matches: [lookedUp], limit: 0 },
  { kind: 'label-values', label: 'pod', matches: ['{job="job-3"}'], limit: 0 },
  { kind: 'label-values', label: 'job', matches: ['{container=~"container-1.*"}'], limit: 0 },
]

const bounds: QueryBounds = { timeoutMs: 10_000, lookbackMs: 300_000, samplesMax: 1e6, limit: 0 }
const origin = { kind: 'http', clientAddress: '', method: 'GET', path: '' } as const
const stepMs = 60_000
const startMs = rehearsalEndMs - 59 * stepMs
/** A host keeps what it has found: every other round finds it as it was left. */
const roundsPerHost = 2

/**
 * Has queries and lookups answered by hosts like the worker's own, so that the first ones that somebody
 * waits for find their code compiled: cold, a small query takes ten times as long. Gives way to
 * everything else behind each part of it: whoever has something else to do goes on later.
 */
export async function* rehearsal(
  newHost: (channel: HostChannel) => RehearsedHost,
  rounds: number,
): AsyncGenerator<void, void> {
  const head = rehearsalHead()
  let stage = new RehearsalStage(head, newHost)
  for (let round = 0; round < rounds; round++) {
    if (round % roundsPerHost === 0) stage = new RehearsalStage(head, newHost)
    for (const requests of requestsOf(round)) {
      for (const request of requests) {
        const reply = await stage.ask(request)
        assert(reply.ok, `the rehearsal of ${JSON.stringify(request)} failed`)
      }
      await letOthersGo()
      yield
    }
  }
}

type Rehearsed = Exclude<QueryRequest, RulesRequest>

function requestsOf(round: number): readonly (readonly Rehearsed[])[] {
  return [
    ...rehearsedQueries.map((query) => bothOf(query, round)),
    ...rehearsedLookups.map((lookup) => [lookupOf(lookup)]),
  ]
}

/** Another text each time, or it would be parsed but once. */
function bothOf(query: string, round: number): readonly Rehearsed[] {
  const text = `${query} # ${round}`
  const common = { query: text, bounds, stats: 'none', origin, coding: 'gzip' } as const
  return [
    { kind: 'instant', timeMs: rehearsalEndMs, ...common },
    { kind: 'range', startMs, endMs: rehearsalEndMs, stepMs, ...common },
  ]
}

function lookupOf({ limit, ...lookup }: RehearsedLookup): Rehearsed {
  const range = { startMs, endMs: rehearsalEndMs }
  return { ...lookup, ...range, bounds: { ...bounds, limit }, coding: 'gzip' }
}

function letOthersGo(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
