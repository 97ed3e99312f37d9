import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { peersAreAbsent } from '../support/peers.ts'
import { promtool } from '../support/promtool.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { testTool } from './tsdb-tool.ts'

const rules = `groups:
- name: second
  rules:
  - {record: rr, expr: r + 1}
- name: first
  rules:
  - {record: r, expr: m * 2}
  - alert: A
    expr: m > 0
    for: 1m
    labels: {sev: page}
    annotations: {s: "v {{ $value }}", u: "{{ $externalURL }} {{ $externalLabels.c }}"}
`
const head = `rule_files: ["rules*.yml"]
group_eval_order: [first, second]
`
const test = (name: string, checks: string) => `${head}tests:
- name: ${name}
  interval: 1m
  input_series:
  - {series: 'm{i="1"}', values: '1+1x10'}
  - {series: 'm{i="2"}', values: '0 0 1 _ stale'}
  - {series: 'h', values: '{{schema:1 sum:5 count:4 buckets:[1 2 1] z_bucket:1}}x3'}
  external_labels: {c: eu}
  external_url: http://x
${checks}`

const good = test(
  'good',
  `  alert_rule_test:
  - {eval_time: 59s, alertname: A}
  - eval_time: 119s
    alertname: A
    exp_alerts:
    - {exp_labels: {i: "1", sev: page}, exp_annotations: {s: v 2, u: http://x eu}}
  promql_expr_test:
  - expr: rr
    eval_time: 1m
    exp_samples: [{labels: 'rr{i="1"}', value: 5}, {labels: 'rr{i="2"}', value: 1}]
  - expr: 'm{i="2"}'
    eval_time: 4m
  - expr: h
    eval_time: 0
    exp_samples:
    - {labels: h, histogram: '{{schema:1 sum:5 count:4 buckets:[1 2 1] z_bucket:1}}'}
  - {expr: "count_over_time(m[2m:]) > 2", eval_time: 2m}
`,
)
const failing = test(
  'failing',
  `  alert_rule_test:
  - eval_time: 2m
    alertname: A
    exp_alerts:
    - {exp_labels: {i: "1", sev: page, q: z}, exp_annotations: {s: v 3, u: "b\\"<&\\nc"}}
  - {eval_time: 3m, alertname: A}
  - {eval_time: 3m, alertname: B, exp_alerts: [{}, {exp_labels: {a: b}}]}
  promql_expr_test:
  - expr: r
    eval_time: 90s
    exp_samples: [{labels: 'r{i="1"}', value: 4.5}, {labels: 'r{i="2"}', value: .nan}]
  - expr: h
    eval_time: 1m
    exp_samples: [{labels: h, histogram: "{{schema:1 sum:5 count:4 buckets:[1 2 1]}}"}]
  - {expr: "m[5m]", eval_time: 1m}
  - {expr: "m +", eval_time: 1m}
  - {expr: "m", eval_time: 1m, exp_samples: [{labels: 'r{', value: 1}]}
  - {expr: "1", eval_time: 1m, exp_samples: [{labels: '', value: 2}]}
`,
)
const files = {
  'rules.yml': rules,
  'bad-rules.yml': 'groups: [{name: g, rules: [{record: r, expr: "sum("}]}]',
  'wrong-rules.yml': 'groups: [{name: g, rules: [{record: r, expr: "x + on() y"}]}]',
  'good.yml': good,
  'failing.yml': failing,
  'series.yml': `${head}tests: [{input_series: [{series: "a", values: "1 b"}]}]`,
  'fields.yml': 'bar: 1\ntests: [{name: a, name: b, foo: {}, external_labels: {a: b, a: c}}]',
  'shape.yml': 'tests: 7\nfuzzy_compare: 1.5',
  'duration.yml': 'tests: [{interval: x}]',
  'repeated.yml': 'group_eval_order: [a, a]',
  'no-pattern.yml': 'rule_files: ["x*", "["]\ntests: [{name: a}]',
  'control.yml': 'tests: [{name: "a\\e[1m\\0\\x85\\uFFFE\\t"}]',
  'nameless.yml': 'tests: [{name: t, alert_rule_test: [{eval_time: 1m}]}, {}]',
  'no-rules.yml': 'rule_files: [x*.yml]\ntests: [{}]',
  'with-bad-rules.yml': 'rule_files: [bad-rules.yml]\ntests: [{name: a}, {name: b}]',
  'rule-fails.yml': `rule_files: [wrong-rules.yml]
tests:
- input_series: [{series: x, values: 1x3}, {series: 'y{a="1"}', values: _ 1 1}, {series: y, values: 1x3}]
  promql_expr_test: [{expr: r, eval_time: 3m}]
`,
  'fuzzy.yml': `fuzzy_compare: yes
tests:
- input_series: [{series: a, values: 0.1}]
  promql_expr_test: [{expr: a + 0.2, eval_time: 0, exp_samples: [{value: 0.3}]}]
`,
  'exact.yml': `tests:
- input_series: [{series: a, values: 0.1}]
  promql_expr_test: [{expr: a + 0.2, eval_time: 0, exp_samples: [{value: 0.3}]}]
`,
}

const questions: readonly (readonly string[])[] = [
  ['rules', ...Object.keys(files).filter((name) => !name.includes('rules.yml'))],
  ['rules', 'no-rules.yml', 'with-bad-rules.yml'],
  ['rules', '--diff', 'failing.yml'],
  ['rules', '--run=^x', '--run=goo', 'failing.yml', 'good.yml'],
  ['--junit=JUNIT', 'rules', 'good.yml', 'failing.yml', 'repeated.yml', 'fields.yml'],
  ['--junit=JUNIT', 'rules', 'no-pattern.yml', 'control.yml'],
]

function folder(): string {
  const directory = temporaryDirectory()
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text)
  return directory
}

describe('test rules', () => {
  it('exits with 0 where all alerts and samples are as expected, with 1 where one is not', async () => {
    const directory = folder()
    const run = (...names: readonly string[]) =>
      testTool('rules', ...names.map((name) => join(directory, name)))
    expect(await run('good.yml')).toEqual({ code: 0, out: '  SUCCESS\n\n', err: '' })
    const failed = await run('failing.yml')
    expect(failed.code).toBe(1)
    expect(failed.err).toContain(`    name: failing,
    alertname: A, time: 2m, 
        exp:[
            0:
              Labels:{alertname="A", i="1", q="z", sev="page"}
              Annotations:{s="v 3", u="b\\"<&\\nc"}
            ], 
        got:[
            0:
              Labels:{alertname="A", i="1", sev="page"}
              Annotations:{s="v 3", u="http://x eu"}
            ]
`)
    expect((await run('fuzzy.yml')).code).toBe(0)
    expect((await run('exact.yml')).code).toBe(1)
  })

  it('refuses modifiers that are turned off, in rules and in expressions', async () => {
    const directory = folder()
    const rule = (expr: string) => `groups: [{name: g, rules: [{record: r, expr: ${expr}}]}]`
    const asks = (expr: string) => test('t', `  promql_expr_test: [{expr: ${expr}, eval_time: 1m}]`)
    for (const [flag, expr, words] of [
      ['--no-at-modifier', 'none @ 0', '@ modifier is disabled'],
      ['--no-negative-offset', 'none offset -1m', 'negative offset is disabled'],
    ] as const) {
      for (const [rules, asked] of [
        [rule(expr), 'none'],
        [rule('none'), expr],
      ] as const) {
        writeFileSync(join(directory, 'rules.yml'), rules)
        const file = join(directory, 'asking.yml')
        writeFileSync(file, asks(asked))
        expect(await testTool('rules', file)).toMatchObject({ code: 0 })
        const refused = await testTool('rules', flag, file)
        expect(refused).toMatchObject({ code: 1, err: expect.stringContaining(`err: ${words}`) })
      }
    }
  })

  it('begins at start_timestamp, whose times templates and functions see', async () => {
    const file = join(temporaryDirectory(), 'test.yml')
    const expr = 'timestamp(a)'
    for (const start of ['2030-01-01T00:00:00Z', '1893456000']) {
      const samples = '[{value: 1893456060}]'
      writeFileSync(
        file,
        `tests:
- start_timestamp: ${start}
  input_series: [{series: a, values: 1 1}]
  promql_expr_test: [{expr: ${expr}, eval_time: 1m, exp_samples: ${samples}}]
`,
      )
      expect(await testTool('rules', file)).toEqual({ code: 0, out: '  SUCCESS\n\n', err: '' })
    }
    writeFileSync(file, 'tests: [{start_timestamp: soon}]')
    expect((await testTool('rules', file)).err).toBe(
      '  FAILED:\ncannot parse "soon" to a valid timestamp\n',
    )
  })

  it('--debug tells of the beginning, the end and all data of a test', async () => {
    const file = join(temporaryDirectory(), 'test.yml')
    writeFileSync(
      file,
      `tests:
- input_series: [{series: a, values: 0.1 1}, {series: h, values: '_ {{z_bucket:1}}'}]
  promql_expr_test: [{expr: b, eval_time: 1m}]
`,
    )
    const { err } = await testTool('rules', '--debug', file)
    const lines = err.split('\n')
    expect(lines.slice(0, 6)).toEqual([
      'DEBUG: Starting test unnamed#0',
      'DEBUG: Dump of all data (input_series and rules) at 1m1s:',
      '{__name__="a"} =>',
      '1 @[60000]',
      '{__name__="h"} =>',
      '{count:0, sum:0, [-0,0]:1} @[60000]',
    ])
    expect(lines[6]).toMatch(/^DEBUG: Test unnamed#0 finished, took \d/)
  })

  it('tells of a file whose rule_files is no pattern, runs the others and writes XML of any name', async () => {
    const directory = folder()
    const report = join(directory, 'report.xml')
    const [bad, named] = [join(directory, 'no-pattern.yml'), join(directory, 'control.yml')]
    expect(await testTool(`--junit=${report}`, 'rules', bad, named)).toEqual({
      code: 1,
      out: '\n\n  SUCCESS\n\n',
      err: `  WARNING: no file match pattern ${directory}/x*\n  FAILED:\nsyntax error in pattern\n`,
    })
    const [first, second] = readFileSync(report, 'utf8').split('</testsuite>')
    const aborted = '<testcase name="unknown"><error>syntax error in pattern</error></testcase>'
    expect(first).toContain(` timestamp="">${aborted}`)
    expect(second).toContain('<testcase name="a\ufffd[1m\ufffd\u0085\ufffd&#x9;"></testcase>')
  })

  it.skipIf(peersAreAbsent)('prints and reports what promtool does', async () => {
    const directory = folder()
    const report = join(directory, 'report.xml')
    for (const question of questions) {
      const parameters = question.map((word) =>
        word.endsWith('.yml') ? join(directory, word) : word.replace('JUNIT', report),
      )
      const wanted = await promtool(['test', ...parameters])
      const reported = question.length > 1 && parameters[0]?.startsWith('--junit')
      const wantedReport = reported ? timeless(report) : ''
      expect(await testTool(...parameters)).toEqual(wanted)
      if (reported) expect(timeless(report)).toBe(wantedReport)
    }
  })
})

function timeless(file: string): string {
  return readFileSync(file, 'utf8').replace(/timestamp="[^"]+"/g, 'timestamp="T"')
}
