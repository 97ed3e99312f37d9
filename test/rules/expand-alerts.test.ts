import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { MetricsRegistry } from '../../src/base/self-metrics.ts'
import { Labels } from '../../src/model/labels.ts'
import { parseExpr } from '../../src/promql/parse/parse.ts'
import { alertTemplate, alertTemplateInputs } from '../../src/rules/alert-template.ts'
import { AlertingRule } from '../../src/rules/alerting-rule.ts'
import { AlertExpander, type ExpandAlertsOptions } from '../../src/rules/expand-alerts.ts'
import { RuleMetrics } from '../../src/rules/rule-metrics.ts'
import { noHistograms } from '../../src/rules/rule-sample.ts'

const expanded = 'prometheus_template_text_expansions_total'

describe('what a template follows from', () => {
  it.each([
    ['no braces', 'nothing'],
    ['', 'nothing'],
    ['{{ $labels.job }} and {{.ExternalLabels.a}}', 'labels'],
    ['{{- $labels.job | toUpper | title -}}', 'labels'],
    ['{{ $externalURL }}', 'labels'],
    ['On {{ $labels.job }} it is {{ $value | humanize }}', 'value'],
    ['{{ humanizeDuration .Value }} {{ printf "%.2f" $value }}', 'value'],
    ['{{ $value }} {{ $labels.job }}', 'value'],
    ['{{ with query "up" }}{{ . }}{{ end }}', 'anything'],
    ['{{ now }}', 'anything'],
    ['{{ . }}', 'anything'],
    ['{{ $labels }}', 'labels'],
    ['{{ if eq $labels.job "a" }}x{{ else if gt .Value 3.0 }}y{{ end }}', 'value'],
    ['{{ if $labels.job }}{{ query "up" | first | value }}{{ end }}', 'anything'],
    ['{{ ($labels.job | toUpper) | printf "%s %v" (index $labels "a") }}', 'labels'],
    ['{{ (printf "%f" $value).x }}', 'value'],
    ['{{ $x := $value }}{{ $x }}', 'anything'],
    ['{{ $labels = $labels }}', 'anything'],
    ['{{ range $labels }}{{ . }}{{ end }}', 'anything'],
    ['{{/* said to nobody */}}', 'nothing'],
    ['{{ externalURL }}', 'anything'],
    ['{{ $labels.job | query }}', 'anything'],
    ['{{ printf "%s}}" $labels.job }}', 'labels'],
    ['{{ define "x" }}{{ end }}', 'anything'],
  ])('%s: %s', (text, inputs) => {
    expect(alertTemplateInputs(alertTemplate('A', text))).toBe(inputs)
  })
})

/** Expands one sample after the other; answers team, summary and how many texts were expanded. */
function expander(labels: Record<string, string>, annotations: Record<string, string>) {
  const rule = new AlertingRule(
    {
      kind: 'alert',
      name: 'A',
      expr: parseExpr('up'),
      query: 'up',
      forMs: 0,
      keepFiringForMs: 0,
      labels: Labels.of(labels),
      annotations: Labels.of(annotations),
    },
    true,
  )
  const alerts = new AlertExpander(rule)
  const registry = new MetricsRegistry()
  const metrics = new RuleMetrics(registry, () => [])
  let asked = 0
  return async (from: Labels, value: number, externalLabels = Labels.empty) => {
    const options: ExpandAlertsOptions = {
      externalLabels,
      externalUrl: '',
      clock: systemClock,
      logger: () => silentLogger,
      metrics,
      timeMs: 0,
      endMs: Number.POSITIVE_INFINITY,
      query: async () => [{ labels: Labels.empty, value: ++asked, histogram: undefined }],
    }
    const series = { labels: [from], values: Float64Array.of(value), histograms: noHistograms }
    const [alert] = await alerts.expand(series, options)
    const count = registry.families().find(({ name }) => name === expanded)?.metrics[0]?.value
    return [alert?.labels.get('team'), alert?.annotations.get('summary'), alert?.key, count]
  }
}

describe('texts of an alert', () => {
  const from = Labels.of({ __name__: 'up', job: 'x' })
  const key = (team: string) => Labels.of({ alertname: 'A', job: 'x', team }).key()

  it('follow the value, the labels and what is around, and count as often as they are told', async () => {
    const next = expander(
      { team: '{{ $labels.job }}{{ $externalLabels.a }}' },
      { summary: '{{ $value }}' },
    )
    expect(await next(from, 1)).toEqual(['x', '1', key('x'), 2])
    expect(await next(from, 1)).toEqual(['x', '1', key('x'), 4])
    expect(await next(from, 2)).toEqual(['x', '2', key('x'), 6])
    expect(await next(from, 2, Labels.of({ a: 'y' }))).toEqual(['xy', '2', key('xy'), 8])
    const other = Labels.of({ job: 'z' })
    expect((await next(other, 2)).slice(0, 2)).toEqual(['z', '2'])
  })

  it('are asked anew where they ask', async () => {
    const next = expander(
      { team: '{{ $labels.job }}' },
      { summary: '{{ query "x" | first | value }}' },
    )
    expect((await next(from, 1))[1]).toBe('1')
    expect((await next(from, 1))[1]).toBe('2')
  })

  it('are not kept where they have a fault', async () => {
    const next = expander({ team: '{{ humanize $labels.job }}' }, { summary: '{{ $labels.job }}' })
    const [team, summary] = await next(from, 1)
    expect([team, summary]).toEqual([expect.stringContaining('<error expanding template'), 'x'])
    expect((await next(from, 1))[0]).toBe(team)
  })
})
