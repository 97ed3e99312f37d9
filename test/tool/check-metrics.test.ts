import { describe, expect, it } from 'vitest'
import { checkMetricsTool } from './tsdb-tool.ts'

const page = `# HELP good_seconds Fine.
# TYPE good_seconds histogram
good_seconds_bucket{le="1"} 1
good_seconds_bucket{le="+Inf"} 2
good_seconds_sum 3
good_seconds_count 2
# TYPE jobsDone counter
jobsDone{x="1"} 1
jobsDone{x="1"} 1
`

describe('check metrics', () => {
  it('tells what the conventions advise against, by name, and exits with 3', async () => {
    expect(await checkMetricsTool([], page)).toEqual({
      code: 3,
      out: '',
      err: `jobsDone counter metrics should have "_total" suffix
jobsDone metric names should be written in 'snake_case' not 'camelCase'
jobsDone metric not unique
jobsDone no help text
`,
    })
  })

  it('counts series with --extended, and finds nothing with --lint=none', async () => {
    expect(await checkMetricsTool(['--extended', '--lint=none'], page)).toEqual({
      code: 0,
      out: [
        'Metric          Cardinality    Percentage    ',
        'good_seconds    4              66.67%        ',
        'jobsDone        2              33.33%        ',
        'Total           6              100%          ',
        '',
      ].join('\n'),
      err: '',
    })
  })

  it('rounds what lies in the middle to the even digit', async () => {
    const rows = Array.from({ length: 31 }, (_none, at) => `many{at="${at}"} 1\n`)
    const { out } = await checkMetricsTool(['--extended', '--lint=none'], `${rows.join('')}one 1\n`)
    expect(out).toContain('one       1              3.12%')
  })

  it('names the line that is none, takes quoted names for counting only, and wants something to do', async () => {
    const quoted = '{"a b", x="1"} 1\n'
    expect(await checkMetricsTool([], quoted)).toMatchObject({
      code: 1,
      err: 'error while linting: text format parsing error in line 1: invalid metric name "a b"\n',
    })
    expect((await checkMetricsTool(['--lint=none', '--extended'], quoted)).out).toContain(
      'a b       1 ',
    )
    expect((await checkMetricsTool(['--lint=none'], page)).code).toBe(1)
  })

  it.each([
    ['{} 1\n', 'invalid metric name'],
    ['a 1\n{x="1"} 2\n', 'invalid metric name'],
    ['a 1', 'unexpected end of input stream'],
  ])('refuses %j without a word about the line before', async (text, words) => {
    const { code, err } = await checkMetricsTool([], text)
    expect(code).toBe(1)
    expect(err).toContain(words)
  })
})
