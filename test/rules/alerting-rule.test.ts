import { describe, expect, it } from 'vitest'
import { Labels } from '../../src/model/labels.ts'
import { parseExpr } from '../../src/promql/parse/parse.ts'
import { AlertingRule, type FoundAlert } from '../../src/rules/alerting-rule.ts'
import { samplesOf } from '../../src/rules/rule-sample.ts'

const minuteMs = 60_000
const found = [alertOf(Labels.of({ alertname: 'A', job: 'x' }))]

function alertOf(labels: Labels): FoundAlert {
  return { labels, key: labels.key(), annotations: Labels.empty, value: 1 }
}

function rule(forMs: number, keepFiringForMs = 0): AlertingRule {
  const definition = {
    kind: 'alert',
    name: 'A',
    expr: parseExpr('up == 0'),
    query: 'up == 0',
    forMs,
    keepFiringForMs,
    labels: Labels.empty,
    annotations: Labels.empty,
  } as const
  return new AlertingRule(definition, true)
}

/** The state at each minute, where `seen` tells when the query finds it. */
function timeline(one: AlertingRule, seen: readonly boolean[]): readonly string[] {
  return seen.map((isSeen, minute) => {
    one.lastEvaluationMs = minute
    one.take(isSeen ? found : [], { timeMs: minute * minuteMs, limit: 0 })
    return one.state
  })
}

describe('an alerting rule', () => {
  it('is pending until it was active for so long, and forgets what only pended', () => {
    const seen = [true, true, false, true, true, true, false]
    const states = ['pending', 'pending', 'inactive', 'pending', 'pending', 'firing', 'inactive']
    expect(timeline(rule(2 * minuteMs), seen)).toEqual(states)
  })

  it('keeps firing for so long after the query found it last', () => {
    const seen = [true, false, false, false]
    const states = ['firing', 'firing', 'firing', 'inactive']
    expect(timeline(rule(0, 2 * minuteMs), seen)).toEqual(states)
  })

  it('writes ALERTS and the time since when it is active, in seconds', () => {
    const series = rule(0).take(found, { timeMs: 90_500, limit: 0 })
    expect(samplesOf(series).map(({ labels, value }) => [labels.toObject(), value])).toEqual([
      [{ __name__: 'ALERTS', alertname: 'A', alertstate: 'firing', job: 'x' }, 1],
      [{ __name__: 'ALERTS_FOR_STATE', alertname: 'A', job: 'x' }, 90],
    ])
  })

  it('is unknown before its first evaluation', () => {
    expect(rule(0).state).toBe('unknown')
  })

  it('refuses equal label sets and forgets everything over its limit', () => {
    const one = rule(0)
    expect(() => one.take([...found, ...found], { timeMs: 0, limit: 0 })).toThrow('same labelset')
    const two = [...found, alertOf(Labels.of({ alertname: 'A' }))]
    expect(() => one.take(two, { timeMs: 0, limit: 1 })).toThrow(
      'exceeded limit of 1 with 2 alerts',
    )
    expect(one.current).toEqual([])
  })
})
