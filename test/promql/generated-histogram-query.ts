import fc from 'fast-check'
import { generatedQuery } from './generated-query.ts'

const selector = fc.constantFrom(
  'duration_seconds',
  'duration_seconds{job="api"}',
  'duration_seconds{instance!="c"}',
  'load',
  'load{job="db"}',
  'size_bytes{job="api"}',
  'size_bytes{job="db"}',
  '{__name__=~"load|temperature",instance="a"}',
)

const place = fc.constantFrom('', '', '', ' offset 2m', ' offset -1m', ' @ start()', ' @ end()')
const range = fc.constantFrom('1m', '2m', '5m', '47s')

const windowed = fc
  .tuple(
    fc.constantFrom(
      'rate(',
      'increase(',
      'delta(',
      'irate(',
      'idelta(',
      'sum_over_time(',
      'avg_over_time(',
      'last_over_time(',
    ),
    selector,
    range,
    place,
  )
  .map(([call, name, window, at]) => `${call}${name}[${window}]${at})`)

/** Histograms of any kind, floats among them where a selector finds both. */
const histograms = fc.letrec<{ vector: string }>((tie) => ({
  vector: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.tuple(selector, place).map(([name, at]) => `${name}${at}`),
    windowed,
    fc
      .tuple(
        fc.constantFrom('sum', 'avg'),
        fc.constantFrom('', ' by (job)', ' without (instance)', ' by (instance)'),
        tie('vector'),
      )
      .map(([op, by, vector]) => `${op}${by} (${vector})`),
    fc
      .tuple(tie('vector'), fc.constantFrom('* 2', '/ 4', '* -1', '+ 1', '> 1', '* time()'))
      .map(([vector, scaled]) => `(${vector}) ${scaled}`),
    tie('vector').map((vector) => `-(${vector})`),
    tie('vector').map((vector) => `2 * (${vector})`),
    fc
      .tuple(
        tie('vector'),
        fc.constantFrom('+', '-', '==', '!=', 'and', 'or', 'unless', '== bool', '/', '>'),
        tie('vector'),
      )
      .map(([left, op, right]) => `(${left}) ${op} (${right})`),
    fc
      .tuple(
        fc.constantFrom('last_over_time', 'sum_over_time', 'avg_over_time', 'increase'),
        tie('vector'),
        fc.constantFrom('3m:30s', '5m:1m', '90s:17s'),
      )
      .map(([name, vector, window]) => `${name}((${vector})[${window}])`),
  ),
})).vector

/** What turns histograms into floats. */
const fromHistograms = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(
        'histogram_count(',
        'histogram_sum(',
        'histogram_avg(',
        'histogram_stddev(',
        'histogram_stdvar(',
        'histogram_quantile(0.5, ',
        'histogram_quantile(0.99, ',
        'histogram_quantile(0, ',
        'histogram_fraction(0, 1.7, ',
        'histogram_fraction(-1, 300, ',
        'timestamp(',
        'absent(',
        'count(',
        'group by (job) (',
        'max(',
        'count_values("text", ',
      ),
      histograms,
    )
    .map(([call, vector]) => `${call}${vector})`),
  fc
    .tuple(
      fc.constantFrom('resets(', 'changes(', 'count_over_time(', 'present_over_time('),
      selector,
      range,
    )
    .map(([call, name, window]) => `${call}${name}[${window}])`),
)

/** Queries over generated-storage.ts and generated-histograms.ts together. */
export const generatedHistogramQuery = fc.oneof(
  { weight: 3, arbitrary: histograms },
  { weight: 3, arbitrary: fromHistograms },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fromHistograms, fc.constantFrom('+', '/', 'or', 'and on (job)', '>'), generatedQuery)
      .map(([left, op, right]) => `(${left}) ${op} (${right})`),
  },
  {
    weight: 1,
    arbitrary: histograms.map(
      (vector) => `label_replace(${vector}, "who", "$1-x", "instance", "(a|b).*")`,
    ),
  },
)
