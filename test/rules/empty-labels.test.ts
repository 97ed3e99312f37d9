import { expect, it } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { MetricsRegistry } from '../../src/base/self-metrics.ts'
import { Labels } from '../../src/model/labels.ts'
import { defaultParseOptions } from '../../src/promql/parse/parse-options.ts'
import { AlertingRule } from '../../src/rules/alerting-rule.ts'
import { AlertExpander } from '../../src/rules/expand-alerts.ts'
import { RecordingRule } from '../../src/rules/recording-rule.ts'
import { parseRuleFile, type RuleDefinition } from '../../src/rules/rule-file.ts'
import { RuleMetrics } from '../../src/rules/rule-metrics.ts'
import { noHistograms } from '../../src/rules/rule-sample.ts'

const found = {
  labels: [Labels.of({ __name__: 'up', instance: 'i', job: 'j', zone: 'z' })],
  values: Float64Array.of(1),
  histograms: noHistograms,
}

function ruleOf(kind: string): RuleDefinition {
  const text = `groups:
- name: g
  labels: {job: "", zone: group}
  rules:
  - ${kind}: x
    expr: up
    labels: {zone: "", new: ""}
`
  const read = parseRuleFile(text, { nameScheme: 'utf8', language: defaultParseOptions })
  const [rule] = read.ok ? (read.groups[0]?.rules ?? []) : []
  if (rule === undefined) throw new Error('the rule file is not valid')
  return rule
}

it('an empty label of a recording rule, or of its group, takes the label away', () => {
  const rule = new RecordingRule(ruleOf('record'))
  const [labels] = rule.series(found, 0).labels
  expect(labels?.toObject()).toEqual({ __name__: 'x', instance: 'i' })
  expect(rule.labels.toObject()).toEqual({ job: '', new: '', zone: '' })
})

it('an empty label of an alert takes the label away, of its series too', async () => {
  const rule = new AlertingRule(ruleOf('alert'), true)
  const alerts = await new AlertExpander(rule).expand(found, {
    clock: systemClock,
    logger: () => silentLogger,
    metrics: new RuleMetrics(new MetricsRegistry(), () => []),
    timeMs: 0,
    endMs: Number.POSITIVE_INFINITY,
    externalLabels: Labels.empty,
    externalUrl: '',
    query: async () => [],
  })
  expect(alerts.map(({ labels }) => labels.toObject())).toEqual([{ alertname: 'x', instance: 'i' }])
  const { labels } = rule.take(alerts, { timeMs: 0, limit: 0 })
  expect(labels.map((set) => set.toObject())).toEqual([
    { __name__: 'ALERTS', alertname: 'x', alertstate: 'firing', instance: 'i' },
    { __name__: 'ALERTS_FOR_STATE', alertname: 'x', instance: 'i' },
  ])
  expect(rule.forStateLabels().toObject()).toEqual({ __name__: 'ALERTS_FOR_STATE', alertname: 'x' })
})
