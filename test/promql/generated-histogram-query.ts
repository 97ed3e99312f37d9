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

const counters = fc.constantFrom(
  'duration_seconds',
  'duration_seconds{job="api"}',
  'duration_seconds{instance!="c"}',
  'size_bytes{job="api"}',
  'size_bytes{job="db"}',
)

const windowed = fc
  .oneof(
    fc.tuple(fc.constantFrom('rate(', 'increase(', 'irate('), counters, range, place),
    fc.tuple(
      fc.constantFrom('delta(', 'idelta(', 'sum_over_time(', 'avg_over_time(', 'last_over_time('),
      selector,
      range,
      place,
    ),
  )
  .map(([call, name, window, at]) => `${call}${name}[${window}]${at})`)

/** What combines histograms `of` some kind into others. */
function combined(of: fc.Arbitrary<string>): readonly fc.Arbitrary<string>[] {
  return [
    fc
      .tuple(
        fc.constantFrom('sum', 'avg'),
        fc.constantFrom('', ' by (job)', ' without (instance)', ' by (instance)'),
        of,
      )
      .map(([op, by, vector]) => `${op}${by} (${vector})`),
    fc
      .tuple(of, fc.constantFrom('* 2', '/ 4', '* -1', '+ 1', '> 1', '* time()'))
      .map(([vector, scaled]) => `(${vector}) ${scaled}`),
    of.map((vector) => `-(${vector})`),
    of.map((vector) => `2 * (${vector})`),
    fc
      .tuple(
        of,
        fc.constantFrom('+', '-', '==', '!=', 'and', 'or', 'unless', '== bool', '/', '>'),
        of,
      )
      .map(([left, op, right]) => `(${left}) ${op} (${right})`),
  ]
}

const plain = fc.tuple(selector, place).map(([name, at]) => `${name}${at}`)

/**
 * Of histograms that no window was computed of: a 3.5 reuses those of an inner window while the
 * outer one reads them, and does not even agree with itself.
 */
const subqueried = fc
  .tuple(
    fc.constantFrom('last_over_time', 'sum_over_time', 'avg_over_time', 'delta'),
    fc.oneof(plain, ...combined(plain)),
    fc.constantFrom('3m:30s', '5m:1m', '90s:17s'),
  )
  .map(([name, vector, window]) => `${name}((${vector})[${window}])`)

/** Histograms of any kind, floats among them where a selector finds both. */
const histograms = fc.letrec<{ vector: string }>((tie) => ({
  vector: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    plain,
    windowed,
    subqueried,
    ...combined(tie('vector')),
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
  // Of computed ones the last digits would be in the text.
  selector.map((name) => `count_values("text", ${name})`),
)

/** Which series are chosen is told by their labels alone, in every server. */
const limited = fc
  .tuple(
    fc.constantFrom('0.3', '0.7', '-0.4', '1.5', 'NaN'),
    fc.oneof(
      selector,
      fc.constantFrom('temperature', 'requests_total', 'rate(latency_bucket[2m])'),
    ),
    fc.constantFrom('', ' by (job)'),
  )
  .map(([ratio, vector, by]) => `limit_ratio${by} (${ratio}, ${vector})`)

/** Queries over generated-storage.ts and generated-histograms.ts together. */
export const generatedHistogramQuery = fc.oneof(
  { weight: 3, arbitrary: histograms },
  { weight: 3, arbitrary: fromHistograms },
  { weight: 1, arbitrary: limited },
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
