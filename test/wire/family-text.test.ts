import { expect, test } from 'vitest'
import type { MetricFamily } from '../../src/wire/metric-family.ts'
import { textPage } from '../../src/wire/text-page.ts'

const labels = [
  ['job', 'a "b"'],
  ['le gume', 'c\\d\ne'],
] as const

const families: readonly MetricFamily[] = [
  {
    name: 'plain_total',
    help: 'Counts.',
    type: 'counter',
    metrics: [
      { labels: [], value: 1 },
      { labels, value: 2 },
      { labels: [['job', 'other']], value: 3, timestampMs: 4_000 },
      { labels: [], value: 5 },
    ],
  },
  {
    name: 'with space',
    type: 'gauge',
    metrics: [
      { labels: [], value: 1.5 },
      { labels, value: 2 },
    ],
  },
  {
    name: 'seconds',
    type: 'histogram',
    metrics: [labels, [['job', 'other']] as const, []].map((own) => ({
      labels: own,
      histogram: { count: 3, sum: 4, isFloat: false, buckets: [[0.5, 2]] },
    })),
  },
  {
    name: 'took',
    type: 'summary',
    metrics: [[], labels].map((own) => ({
      labels: own,
      summary: { count: 3, sum: 4, quantiles: [[0.9, 2]] },
    })),
  },
]

const text = String.raw`# HELP plain_total Counts.
# TYPE plain_total counter
plain_total 1
plain_total{job="a \"b\"","le gume"="c\\d\ne"} 2
plain_total{job="other"} 3 4000
plain_total 5
# TYPE "with space" gauge
{"with space"} 1.5
{"with space",job="a \"b\"","le gume"="c\\d\ne"} 2
# TYPE seconds histogram
seconds_bucket{job="a \"b\"","le gume"="c\\d\ne",le="0.5"} 2
seconds_bucket{job="a \"b\"","le gume"="c\\d\ne",le="+Inf"} 3
seconds_sum{job="a \"b\"","le gume"="c\\d\ne"} 4
seconds_count{job="a \"b\"","le gume"="c\\d\ne"} 3
seconds_bucket{job="other",le="0.5"} 2
seconds_bucket{job="other",le="+Inf"} 3
seconds_sum{job="other"} 4
seconds_count{job="other"} 3
seconds_bucket{le="0.5"} 2
seconds_bucket{le="+Inf"} 3
seconds_sum 4
seconds_count 3
# TYPE took summary
took{quantile="0.9"} 2
took_sum 4
took_count 3
took{job="a \"b\"","le gume"="c\\d\ne",quantile="0.9"} 2
took_sum{job="a \"b\"","le gume"="c\\d\ne"} 4
took_count{job="a \"b\"","le gume"="c\\d\ne"} 3
`

test('lines of text have the labels of their series, and a name that is no legacy one among them', () => {
  expect(textPage(families, { kind: 'text', escaping: 'allow-utf-8' })).toBe(text)
})

test('OpenMetrics names the family of a counter without its ending, and shows that numbers are floats', () => {
  const format = { kind: 'openmetrics', escaping: 'allow-utf-8' } as const
  const page = textPage(families.slice(0, 2), format)
  expect(page).toBe(
    text
      .slice(0, text.indexOf('# TYPE seconds'))
      .replace('HELP plain_total', 'HELP plain')
      .replace('TYPE plain_total', 'TYPE plain')
      .replace('3 4000', '3.0 4.0')
      .replace(/ (\d+)$/gm, ' $1.0')
      .concat('# EOF\n'),
  )
})
