import { describe, expect, it } from 'vitest'
import { defaultParseOptions } from '../../src/promql/parse/parse-options.ts'
import { AlertingRule } from '../../src/rules/alerting-rule.ts'
import { concurrentBatches } from '../../src/rules/dependencies.ts'
import { evaluationStages } from '../../src/rules/evaluation-stages.ts'
import { RecordingRule } from '../../src/rules/recording-rule.ts'
import { parseRuleFile } from '../../src/rules/rule-file.ts'
import { RuleBench, settled } from './rule-bench.ts'

/** Names with an upper case letter in front are alerts. */
function rulesOf(rules: readonly (readonly [name: string, expr: string])[]) {
  const lines = rules.map(
    ([name, expr]) =>
      `  - ${/^[A-Z]/.test(name) ? 'alert' : 'record'}: ${name}\n    expr: ${JSON.stringify(expr)}\n`,
  )
  const text = `groups:\n- name: g\n  rules:\n${lines.join('')}`
  const result = parseRuleFile(text, { nameScheme: 'utf8', language: defaultParseOptions })
  if (!result.ok) throw new Error(result.errors.join('\n'))
  return (result.groups[0]?.rules ?? []).map((definition) =>
    definition.kind === 'alert'
      ? new AlertingRule(definition, true)
      : new RecordingRule(definition),
  )
}

describe('which rules of a group may be evaluated side by side', () => {
  // The groups of upstream's own tests of dependencies, and shapes beside them.
  it.each([
    ['no rules', [], []],
    ['a rule that reads anything is alone', [['a', '{job="x"}']], [[0]]],
    [
      'rules that read nothing of each other',
      [
        ['a', 'one'],
        ['b', 'two'],
      ],
      [[0, 1]],
    ],
    [
      'a rule and its reader',
      [
        ['a', 'one'],
        ['b', 'a + 1'],
      ],
      [[0], [1]],
    ],
    [
      'one that is read by a later rule only',
      [
        ['b', 'a + 1'],
        ['a', 'one'],
      ],
      [[0, 1]],
    ],
    [
      'one that reads itself',
      [
        ['a', 'a + 1'],
        ['b', 'two'],
      ],
      [[0, 1]],
    ],
    [
      'a chain, in its order',
      [
        ['a', 'one'],
        ['b', 'a'],
        ['c', 'b'],
        ['d', 'c'],
        ['e', 'two'],
      ],
      [[0, 4], [1], [2], [3]],
    ],
    [
      'two readers of one',
      [
        ['a', 'one'],
        ['b', 'a'],
        ['c', 'sum(rate(a[5m]))'],
      ],
      [[0], [1, 2]],
    ],
    [
      'through a subquery',
      [
        ['a', 'one'],
        ['b', 'max_over_time(rate(a[1m])[5m:1m])'],
      ],
      [[0], [1]],
    ],
    [
      'through a parameter',
      [
        ['a', 'one'],
        ['b', 'topk(scalar(a), two)'],
      ],
      [[0], [1]],
    ],
    [
      'through a name in braces',
      [
        ['a', 'one'],
        ['b', '{__name__="a"}'],
      ],
      [[0], [1]],
    ],
    [
      'through a name of any kind',
      [
        ['a', 'one'],
        ['b', '{__name__=~".+"}'],
      ],
      [[0], [1]],
    ],
    [
      'not through another name',
      [
        ['a', 'one'],
        ['b', '{__name__!="a", job="x"}'],
      ],
      [[0, 1]],
    ],
    [
      'a selector without a name: one after the other',
      [
        ['a', 'one'],
        ['b', '{job="x"}'],
      ],
      undefined,
    ],
    [
      'alerts by alertname',
      [
        ['First', 'sum(requests) > 0'],
        ['Second', 'sum(ALERTS{alertname="test"}) > 0'],
        ['Third', 'sum(ALERTS{alertname=~"First.*"}) > 0'],
        ['Fourth', 'sum(ALERTS{alertname!="First"}) > 0'],
        ['fifth', 'sum(failures)'],
        ['Sixth', 'fifth > 0 and sum(ALERTS{alertname="Fourth"}) > 0'],
      ],
      [[0, 1, 4], [2], [3], [5]],
    ],
    [
      'alerts by any name, their state too',
      [
        ['first', 'sum(requests)'],
        ['Second', 'sum(requests) > 0'],
        ['Third', 'sum(ALERTS_FOR_STATE) > 0'],
        ['fourth', 'sum(failures)'],
        ['Fifth', 'fourth > 0 and sum(ALERTS) > 0'],
      ],
      [[0, 1, 3], [2], [4]],
    ],
    [
      'recording rules are no alerts',
      [
        ['first', 'one'],
        ['b', 'sum(ALERTS)'],
      ],
      [[0, 1]],
    ],
  ] as const)('%s', (_words, rules, wanted) => {
    expect(concurrentBatches(rulesOf(rules))).toEqual(wanted)
  })
})

describe('which rules of a group are asked in one request', () => {
  it.each([
    ['none', [], []],
    [
      'rules of which none reads another',
      [
        ['a', 'one'],
        ['b', 'two'],
        ['C', 'three > 0'],
      ],
      [[0, 1, 2]],
    ],
    [
      'a rule, and who reads it',
      [
        ['a', 'one'],
        ['b', 'two'],
        ['c', 'a + b'],
      ],
      [[0, 1], [2]],
    ],
    [
      'who reads a later rule reads what that wrote last time',
      [
        ['b', 'a'],
        ['a', 'one'],
      ],
      [[0, 1]],
    ],
    [
      'a writer waits for the one before it',
      [
        ['a', 'one'],
        ['b', 'a'],
        ['a', 'two'],
      ],
      [[0], [1, 2]],
    ],
    [
      'a chain with others beside it',
      [
        ['a', 'one'],
        ['b', 'a'],
        ['c', 'two'],
        ['d', 'b'],
      ],
      [[0, 2], [1], [3]],
    ],
    [
      'not before an earlier one that reads it',
      [
        ['a', 'x'],
        ['b', 'a + c'],
        ['c', 'y'],
      ],
      [[0], [1, 2]],
    ],
    [
      'any name reads all before it',
      [
        ['a', 'x'],
        ['b', '{job="j"}'],
        ['c', 'y'],
      ],
      [[0], [1, 2]],
    ],
    [
      'alerts by their series',
      [
        ['A', 'x > 0'],
        ['b', 'count(ALERTS)'],
        ['C', 'y > 0'],
      ],
      [[0], [1, 2]],
    ],
    [
      'alerts of one name',
      [
        ['A', 'x > 0'],
        ['A', 'y > 0'],
      ],
      [[0], [1]],
    ],
  ] as const)('%s', (_words, rules, wanted) => {
    expect(evaluationStages(rulesOf(rules))).toEqual(wanted)
  })

  it('what templates ask for is written before, and not after', () => {
    const text = `groups:
- name: g
  rules:
  - {record: a, expr: x}
  - {alert: B, expr: y > 0, annotations: {n: '{{ range query "a" }}{{ .Value }}{{ end }}'}}
  - {record: c, expr: z}
`
    const result = parseRuleFile(text, { nameScheme: 'utf8', language: defaultParseOptions })
    const definitions = result.ok ? (result.groups[0]?.rules ?? []) : []
    const rules = definitions.map((definition) =>
      definition.kind === 'alert'
        ? new AlertingRule(definition, true)
        : new RecordingRule(definition),
    )
    expect(evaluationStages(rules)).toEqual([[0], [1, 2]])
  })
})

describe('concurrent evaluation', () => {
  it('has so many rules side by side and one more, and a reader waits for what it reads', async () => {
    const bench = await RuleBench.open()
    const asked: string[] = []
    const releases: (() => void)[] = []
    bench.beforeQuery = async (query) => {
      asked.push(query)
      await new Promise<void>((resolve) => releases.push(resolve))
    }
    const rules = ['one', 'two', 'three', 'four']
      .map((expr, index) => `  - {record: r${index}, expr: ${expr}}\n`)
      .join('')
    const reader = '  - {record: s, expr: r0 + r3}\n'
    bench.apply(`- name: g\n  interval: 1m\n  rules:\n${rules}${reader}`, {
      concurrentEvaluationsMax: 2,
    })
    await bench.runPast(0)
    expect(asked).toEqual(['one', 'two', 'three'])
    releases[0]?.()
    releases[2]?.()
    await settled()
    expect(asked).toEqual(['one', 'two', 'three', 'four'])
    releases[3]?.()
    await settled()
    expect(asked.length).toBe(4)
    releases[1]?.()
    await settled()
    expect(asked[4]).toBe('r0 + r3')
    releases[4]?.()
    await settled()
    expect(bench.metric('prometheus_rule_evaluations_total')).toBe(5)
  })
})
