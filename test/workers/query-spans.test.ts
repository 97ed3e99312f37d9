import { expect, it } from 'vitest'
import { type FinishedSpan, Tracer } from '../../src/base/tracer.ts'
import type { FinishedQuery } from '../../src/workers/query-log.ts'
import { traceQuery } from '../../src/workers/query-spans.ts'
import { SimClock } from '../sim/sim-clock.ts'

const trace = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), isSampled: true }

const query: FinishedQuery = {
  request: {
    kind: 'instant',
    query: 'sort(up)',
    timeMs: 0,
    bounds: { timeoutMs: 1, lookbackMs: 1, samplesMax: 1, limit: 0 },
    stats: 'none',
    trace,
  },
  statistics: {
    preparationMs: 10,
    evaluationMs: 20,
    sortMs: 5,
    totalMs: 40,
    queuedMs: 100,
    samples: { looked: 7, read: 6, peak: 5, perStep: undefined },
  },
  error: undefined,
  tookMs: 50,
}

it('a query has a span for its wait and for each stage, one behind the other', () => {
  const spans: FinishedSpan[] = []
  const clock = new SimClock(1_000_000)
  const tracer = new Tracer(clock)
  traceQuery(tracer, query, clock)
  tracer.use({ samplingFraction: 0, take: (span) => spans.push(span) })
  traceQuery(tracer, query, clock)
  const nameOf = new Map(spans.map(({ name, context }) => [context.spanId, name]))
  const shown = spans.map(
    ({ name, parentSpanId = '', startMs, endMs }) =>
      `${nameOf.get(parentSpanId) ?? parentSpanId} > ${name} ${startMs - 1e6}..${endMs - 1e6}`,
  )
  expect(shown.sort()).toEqual([
    `${trace.spanId} > promqlExec -150..0`,
    'promqlEval > promqlInnerEval -35..-15',
    'promqlEval > promqlPrepare -45..-35',
    'promqlEval > promqlSort -15..-10',
    'promqlExec > parse and plan -50..-45',
    'promqlExec > promqlEval -45..-10',
    'promqlExec > promqlExecQueue -150..-50',
    'promqlExec > serialize -10..0',
  ])
})
