import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { peersAreAbsent } from '../support/peers.ts'
import { promtool } from '../support/promtool.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { checkMetricsTool, checkTool } from '../tool/tsdb-tool.ts'

const pages: readonly string[] = [
  '',
  '\n \t\n# \n#\n# a comment\n',
  'a 1\n',
  'a 1',
  '# HELP b x\nb 1\nb{x="1"} 2\n# HELP longer_name_total x\n# TYPE longer_name_total counter\nlonger_name_total 1\n# HELP h x\n' +
    '# TYPE h histogram\nh_bucket{le="1"} 1\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\nh_count{x="1"} 1\n',
  '# HELP a_total h\\nx\n# TYPE a_total counter\na_total{x="1"} 1 1000\na_total{x="2"} NaN\n',
  '# TYPE a counter\na 1\n# TYPE b_total gauge\nb_total 2\n# TYPE c_total untyped\nc_total 1\n',
  '# TYPE h histogram\nh_bucket{le="1"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\nh{x="y",le="5"} 1\n',
  '# HELP s_seconds x\n# TYPE s_seconds summary\ns_seconds{quantile="0.5"} 1\ns_seconds_sum 3\ns_seconds_count 2\n' +
    's_seconds{a="b",quantile="0.5"} 1\ns_seconds_sum{a="b"} 3\n',
  '# TYPE g gauge\ng{le="1",quantile="2",camelCase="x"} 1\ng{le="2",quantile="2",camelCase="x"} 1\n',
  '# TYPE a_bucket gauge\na_bucket 1\n# TYPE a_count gauge\na_count 1\n# TYPE a_sum summary\na_sum 1\n',
  '# TYPE x_gauge gauge\nx_gauge 1\n# TYPE x_Counter_y counter\nx_Counter_y 1\n# TYPE h_summary summary\nh_summary{quantile="1"} 1\n',
  'job:rule_ms 1\ncamelCase_kb 2\na_b_s_h 1\nm 1\nx_M 2\n',
  'x_milliseconds 1\nx_minutes_bytes 2\nx_kilobits 1\nx_microfahrenheit 2\nx_kilo 1\nx_kelvins 1\nx_metres 1\n',
  'd 1\nd 1\nd{a="b"} 1\nd{a="b"} 2\nd 3\n',
  '# TYPE gh gaugehistogram\ngh_bucket{le="1"} 1.5\ngh_sum 1\ngh_count 1.5\n# TYPE g2 GAUGE_HISTOGRAM\ng2_count 1\n',
  '# TYPE a bogus\na 1\n',
  '# TYPE a gauge\n# TYPE a gauge\n',
  'a 1\n# TYPE a gauge\n',
  '# HELP a x\n# HELP a y\n',
  '# HELP a bad \\x escape\n',
  'a{x="1" 1\n',
  'a{x="1}\n',
  'a{x=1} 1\n',
  'a{x} 1\n',
  'a{=} 1\n',
  'a{x="\\q"} 1\n',
  'a{x="1",x="2"} 1\n',
  'a{__name__="b"} 1\n',
  'a b\n',
  'a 1e999\n',
  'a 0x1p1\n',
  'a 1 2.5\n',
  'a 1 99999999999999999999\n',
  'a 1 2 3\n',
  '1a 1\n',
  '# TYPE h histogram\nh_bucket{le="x"} 1\n',
  '# TYPE h histogram\nh_bucket{le="1"} -1\n',
  '# TYPE h histogram\nh_count -1\n',
  '# TYPE s summary\ns{quantile=""} 1\n',
  '{"a b",x="1"} 1\n{"a b"} 2\n',
  '{"a","b"} 1\n',
  '{"a" x="1"} 1\n',
  '# TYPE "quoted é" gauge\n{"quoted é","ä"="1"} 1\n',
  'a{x="é\\"\\\\\\n"} +Inf 5\n',
]

const files: Readonly<Record<string, string>> = {
  'good.yml': `global: { scrape_interval: 15s, external_labels: { a: b } }
rule_files: [rules/*.yml, one.yml]
scrape_configs:
  - job_name: a
    authorization: { credentials_file: token }
    tls_config: { cert_file: cert.pem, key_file: key.pem }
    static_configs: [{ targets: ['localhost:9090', 'b'] }]
  - job_name: b
    scrape_interval: 5m
    file_sd_configs: [{ files: [targets/*.json, targets/*.yml, absent*.json] }]
alerting:
  alertmanagers:
    - static_configs: [{ targets: ['am:9093'] }]
      file_sd_configs: [{ files: [targets/am.json, none.yml] }]
`,
  'rules/a.yml': 'groups: [{name: g, rules: [{record: a:b, expr: sum(a)}]}]\n',
  'rules/twice.yml':
    'groups: [{name: g, rules: [{record: r, expr: a}, {record: r, expr: b}, {alert: A, expr: c}]}]\n',
  'one.yml': 'groups: []\n',
  'broken.yml': 'groups: [{name: g, rules: [{record: r, expr: "sum("}]}]\n',
  'extra.yml': 'owner: me\ngroups: []\n',
  'targets/a.json': '[{"targets": ["c:1"], "labels": {"x": "y"}}]',
  'targets/b.yml': "- targets: ['d']\n",
  'targets/am.json': '[{"targets": ["am2:9093"]}]',
  'bad/url.json': '[{"targets": ["ok", "http://x"]}]',
  token: 't',
  'cert.pem': '',
  'key.pem': '',
  'broken-rules.yml': 'rule_files: [broken.yml, one.yml]\n',
  'extra-rules.yml': 'rule_files: [extra.yml]\n',
  'no-rules.yml': 'rule_files: [absent.yml]\n',
  'no-glob.yml': 'rule_files: [absent*.yml]\n',
  'long.yml': 'scrape_configs: [{job_name: l, scrape_interval: 1h}]\n',
  'no-token.yml': 'scrape_configs: [{job_name: l, bearer_token_file: absent}]\n',
  'no-cert.yml':
    'scrape_configs: [{job_name: l, tls_config: {cert_file: absent, key_file: key.pem}}]\n',
  'no-key.yml':
    'scrape_configs: [{job_name: l, tls_config: {cert_file: cert.pem, key_file: absent}}]\n',
  'no-kubernetes-key.yml':
    'scrape_configs: [{job_name: k, kubernetes_sd_configs: [{role: pod, api_server: "https://x", tls_config: {cert_file: cert.pem, key_file: absent}}]}]\n',
  'bad-target.yml':
    "scrape_configs: [{job_name: l, relabel_configs: [{target_label: x, replacement: y}], static_configs: [{targets: [a]}, {targets: [b, 'http://c']}]}]\n",
  'bad-sd.yml': 'scrape_configs: [{job_name: l, file_sd_configs: [{files: [bad/url.json]}]}]\n',
  'bad-interval.yml':
    'scrape_configs: [{job_name: l, relabel_configs: [{target_label: __scrape_interval__, replacement: x}], static_configs: [{targets: [a]}]}]\n',
  'bad-alertmanager.yml':
    'alerting: {alertmanagers: [{file_sd_configs: [{files: [bad/url.json]}]}]}\n',
  'empty.yml': '',
}

const questions: readonly (readonly string[])[] = [
  ['good.yml'],
  ['good.yml', '--lint-fatal'],
  ['good.yml', '--lint=none', '--lint-fatal'],
  ['good.yml', '--lint=too-long-scrape-interval', '--lint-fatal'],
  ['good.yml', '--lint=all,none,foo', '--lint-fatal'],
  ['good.yml', '--lint=foo', '--query.lookback-delta=10m'],
  ['good.yml', '--syntax-only', '--lint-fatal', '--lint=all'],
  ['long.yml', '--lint=all'],
  ['long.yml', 'good.yml', '--lint=all', '--lint-fatal'],
  ['long.yml', '--lint=all', '--lint-fatal', '--query.lookback-delta=2h'],
  ['broken-rules.yml'],
  ['broken-rules.yml', 'good.yml', '--lint-fatal'],
  ['broken-rules.yml', '--syntax-only'],
  ['extra-rules.yml'],
  ['extra-rules.yml', '--ignore-unknown-fields'],
  ...Object.keys(files)
    .filter((name) => /^(?:no|bad)-|empty/.test(name))
    .flatMap((name) => [[name], [name, '--syntax-only']]),
  ['empty.yml', '--agent'],
  ['long.yml', '--agent'],
]

describe.skipIf(peersAreAbsent)('checks beside the real promtool', () => {
  it('of configuration files print the same and exit with the same codes', {
    timeout: 60_000,
  }, async () => {
    const directory = temporaryDirectory()
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(directory, name)), { recursive: true })
      writeFileSync(join(directory, name), text)
    }
    for (const question of questions) {
      const parameters = question.map((word) =>
        word.startsWith('-') ? word : join(directory, word),
      )
      const found = { question, ...(await checkTool('config', ...parameters)) }
      expect(found).toEqual({ question, ...(await promtool(['check', 'config', ...parameters])) })
    }
  })

  it('of pages of metrics print the same and exit with the same codes', {
    timeout: 60_000,
  }, async () => {
    for (const page of pages) {
      const theirs = await promtool(['check', 'metrics'], page)
      expect({ page, ...(await checkMetricsTool([], page)) }).toEqual({ page, ...theirs })
      // Where it has found something, promtool counts from 3.10 on only.
      if (theirs.code !== 0) continue
      const { out } = await promtool(['check', 'metrics', '--extended'], page)
      const counted = await checkMetricsTool(['--extended'], page)
      expect(sorted(counted.out)).toEqual(sorted(out))
    }
  })
})

/** Families with equally many series stand in any order with promtool. */
function sorted(table: string): readonly string[] {
  return table.split('\n').sort()
}
