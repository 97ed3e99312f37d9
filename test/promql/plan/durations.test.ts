import { expect, it } from 'vitest'
import { parseExpr } from '../../../src/promql/parse/parse.ts'
import { durationMs } from '../../../src/promql/plan/durations.ts'

const times = { stepMs: 10_000, rangeMs: 0 }

function faultOf(query: string): string {
  const expr = parseExpr(query)
  if (expr.kind !== 'range-selector' || expr.rangeExpr === undefined) return 'no expression'
  const { rangeExpr } = expr
  try {
    return String(durationMs(rangeExpr, times, false))
  } catch (thrown) {
    return String(thrown)
  }
}

it.each([
  ['m[range()]', '2:9: duration must be greater than 0'],
  ['m[min_of(5m, range())]', '9:20: duration must be greater than 0'],
  ['m[-step()]', '2:9: duration must be greater than 0'],
  ['m[step() / range()]', '2:18: division by zero'],
])('%s is refused at the place that Prometheus 3.14 names', (query, fault) => {
  expect(faultOf(query)).toContain(fault)
})
