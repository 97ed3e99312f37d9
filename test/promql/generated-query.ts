import fc from 'fast-check'

const selector = fc.constantFrom(
  'requests_total',
  'requests_total{code="200"}',
  'requests_total{instance=~"a|b"}',
  'temperature',
  'temperature{job!="db"}',
  'build_info',
  'latency_bucket',
)

const placed = fc
  .tuple(
    selector,
    fc.constantFrom('', '', '', ' offset 2m', ' offset -1m', ' @ start()', ' @ end() offset 1m'),
  )
  .map(([name, place]) => ({ name, place }))

const range = fc.constantFrom('1m', '2m', '5m', '47s')

const windowed = fc
  .tuple(
    fc.constantFrom(
      'rate(',
      'increase(',
      'delta(',
      'irate(',
      'idelta(',
      'deriv(',
      'changes(',
      'resets(',
      'sum_over_time(',
      'avg_over_time(',
      'min_over_time(',
      'max_over_time(',
      'count_over_time(',
      'last_over_time(',
      'stddev_over_time(',
      'stdvar_over_time(',
      'present_over_time(',
      'quantile_over_time(0.7, ',
      'absent_over_time(',
    ),
    placed,
    range,
  )
  .map(([call, { name, place }, window]) => `${call}${name}[${window}]${place})`)

const predicted = fc
  .tuple(placed, range)
  .map(([{ name, place }, window]) => `predict_linear(${name}[${window}]${place}, 300)`)

const leaf = fc.oneof(
  { weight: 3, arbitrary: placed.map(({ name, place }) => `${name}${place}`) },
  { weight: 5, arbitrary: windowed },
  { weight: 1, arbitrary: predicted },
  {
    weight: 1,
    arbitrary: fc.constantFrom('vector(1)', 'vector(time())', 'absent(nothing{a="b"})'),
  },
)

/** Which of equal values topk keeps is nobody's promise. */
const withoutTies = fc.constantFrom(
  'avg_over_time(temperature[4m])',
  'stddev_over_time(temperature[5m] offset 30s)',
  'deriv(requests_total{code="200"}[5m])',
)

const clause = fc.constantFrom(
  '',
  ' by (job)',
  ' by (job, instance)',
  ' without (instance)',
  ' by (le)',
)

/** Queries over what generated-storage.ts holds; most have an answer, some are errors. */
export const generatedQuery = fc.letrec<{ vector: string; scalar: string }>((tie) => ({
  scalar: fc.oneof(
    { maxDepth: 2 },
    fc.constantFrom('2', '0.5', '-1', 'time()', 'pi()', '1 + 2 * 3'),
    tie('vector').map((vector) => `scalar(sum(${vector}))`),
  ),
  vector: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    leaf,
    fc
      .tuple(
        fc.constantFrom('sum', 'avg', 'min', 'max', 'count', 'group', 'stddev', 'stdvar'),
        clause,
        tie('vector'),
      )
      .map(([op, by, vector]) => `${op}${by} (${vector})`),
    fc.tuple(clause, tie('vector')).map(([by, vector]) => `quantile(0.3, ${vector})${by}`),
    fc
      .tuple(fc.constantFrom('topk(2, ', 'bottomk(2, '), withoutTies, clause)
      .map(([op, vector, by]) => `${op}${vector})${by}`),
    fc
      .tuple(
        fc.constantFrom('+', '-', '*', '/', '%', '^', '>', '<= bool', '==', '!= bool'),
        tie('vector'),
        tie('scalar'),
        fc.boolean(),
      )
      .map(([op, vector, scalar, vectorFirst]) =>
        vectorFirst ? `(${vector}) ${op} (${scalar})` : `(${scalar}) ${op} (${vector})`,
      ),
    fc
      .tuple(
        tie('vector'),
        fc.constantFrom(
          'and',
          'or',
          'unless',
          '+',
          '/',
          '> bool',
          '<',
          'and on (job)',
          'or on (instance)',
          'unless on (job, code)',
          '* on (job) group_left (version)',
          '- ignoring (code, le)',
          '/ ignoring (code, le) group_left',
        ),
        tie('vector'),
      )
      .map(([left, op, right]) => `(${left}) ${op} (${right})`),
    fc
      .tuple(
        fc.constantFrom('abs', 'ceil', 'sqrt', 'exp', 'ln', 'sgn', 'round', 'minute', 'timestamp'),
        tie('vector'),
      )
      .map(([name, vector]) => `${name}(${vector})`),
    fc.tuple(tie('vector')).map(([vector]) => `clamp(${vector}, 1, 50)`),
    fc.tuple(tie('vector')).map(([vector]) => `-(${vector})`),
    fc
      .tuple(tie('vector'))
      .map(([vector]) => `label_replace(${vector}, "who", "$1-x", "instance", "(a|b).*")`),
    fc.tuple(tie('vector')).map(([vector]) => `absent(${vector})`),
    fc
      .tuple(clause, range)
      .map(
        ([, window]) =>
          `histogram_quantile(0.9, sum by (job, le) (rate(latency_bucket[${window}])))`,
      ),
    fc
      .tuple(
        fc.constantFrom(
          'max_over_time',
          'avg_over_time',
          'sum_over_time',
          'rate',
          'last_over_time',
        ),
        tie('vector'),
        fc.constantFrom('3m:30s', '5m:1m', '90s:17s', '4m:'),
        fc.constantFrom('', ' offset 1m', ' @ end()'),
      )
      .map(([name, vector, window, place]) => `${name}((${vector})[${window}]${place})`),
  ),
})).vector
