import { describe, expect, it } from 'vitest'
import { defaultEngineOptions } from '../../../src/promql/exec/evaluation.ts'
import { parseExpr } from '../../../src/promql/parse/parse.ts'
import { buildPlan } from '../../../src/promql/plan/build.ts'
import { explain } from '../../../src/promql/plan/explain.ts'
import { rewritePlan } from '../../../src/promql/plan/passes.ts'

const times = { kind: 'range', startMs: 0, endMs: 3_600_000, stepMs: 15_000 } as const
const all = { foldConstants: true, stepInvariant: true, shareSelectors: true }

function explained(query: string): string {
  return explain(rewritePlan(buildPlan(parseExpr(query), times, defaultEngineOptions), all))
}

describe('plans', () => {
  it('constants fold and the rest stays as it was written', () => {
    expect(explained('sum by (job) (rate(http_requests_total{code="500"}[5m])) / 2 ^ 3')).toBe(
      `binary /
  aggregate sum by (job)
    window rate
      select #0 {code="500", __name__="http_requests_total"}[300000ms]
  number 8
`,
    )
  })

  it('what is pinned is held, at the highest place where all is pinned', () => {
    expect(explained('a - sum(b @ start() offset 1m)')).toBe(
      `binary -
  select #0 {__name__="a"}
  hold: the same at every step
    aggregate sum
      select #1 {__name__="b"} @ 0ms offset 60000ms
`,
    )
    expect(explained('topk(2, b @ end())')).toBe(
      `hold: the same at every step
  aggregate topk
    number 2
    select #0 {__name__="b"} @ 3600000ms
`,
    )
  })

  it('functions of the time are not held, though their arguments are', () => {
    expect(explained('predict_linear(b[5m] @ 10, 60)')).toBe(
      `window predict_linear
  select #0 {__name__="b"}[300000ms] @ 10000ms
  number 60
`,
    )
    expect(explained('timestamp(abs(b @ 10))')).toBe(
      `call timestamp
  hold: the same at every step
    call abs
      select #0 {__name__="b"} @ 10000ms
`,
    )
  })

  it('selectors with equal matchers share one select', () => {
    expect(explained('a{x="1",y="2"} / a{y="2",x="1"}')).toBe(
      `binary /
  select #0 {x="1", y="2", __name__="a"}
  select #0 {x="1", y="2", __name__="a"}
`,
    )
  })
})
