import { expect, it } from 'vitest'
import { defaultParseOptions } from '../../src/promql/parse/parse-options.ts'
import { parseRuleFile } from '../../src/rules/rule-file.ts'

function errorsOf(text: string): readonly string[] {
  const found = parseRuleFile(text, { nameScheme: 'utf8', language: defaultParseOptions })
  return found.ok ? [] : found.errors
}

it('every fault of a rule is told with the place that promtool tells', () => {
  const text = `groups:
- name: "a"
  rules:
  - alert: A
    expr: |
      up ==
    labels:
      __name__: x
      b: "{{ $x }}"
    annotations:
      "a b": "{{ .Foo"
`
  expect(errorsOf(text)).toEqual([
    '5:11: group "a", rule 1, "A": could not parse expression: 2:1: parse error: unexpected end of input',
    'group "a", rule 1, "A": invalid label name: __name__',
    'group "a", rule 1, "A": label "b": template: __alert_A:1: undefined variable "$x"',
    'group "a", rule 1, "A": annotation "a b": template: __alert_A:1: unclosed action',
  ])
})

it('unknown keys and wrong types are told together, and those of types twice, as promtool does', () => {
  const text =
    'groups:\n- name: a\n  limit: x\n  foo: 1\n  rules:\n  - alert: A\n    expr: up\n    bar: 1\n'
  expect(errorsOf(text)).toEqual([
    'yaml: unmarshal errors:\n  line 3: cannot unmarshal !!str `x` into int\n  line 4: field foo not found in type rulefmt.RuleGroup\n  line 8: field bar not found in type rulefmt.Rule',
    'yaml: unmarshal errors:\n  line 3: cannot unmarshal !!str `x` into int',
  ])
})

it('the second decoding tells of types by the names that it has for them, and both of keys twice', () => {
  const once = (text: string) => `yaml: unmarshal errors:\n  ${text}`
  expect(errorsOf('groups:\n- rules: x\n')).toEqual([
    once('line 2: cannot unmarshal !!str `x` into []rulefmt.Rule'),
    once('line 2: cannot unmarshal !!str `x` into []rulefmt.RuleNode'),
  ])
  expect(errorsOf('groups: {a: b}\n')).toEqual([
    once('line 1: cannot unmarshal !!map into []rulefmt.RuleGroup'),
    once('line 1: cannot unmarshal !!map into []rulefmt.RuleGroupNode'),
  ])
  expect(errorsOf('groups: []\ngroups: []\n')).toEqual([
    once('line 2: mapping key "groups" already defined at line 1'),
    once('line 2: mapping key "groups" already defined at line 1'),
  ])
  // A mapping with a key twice is not looked at any further; the second time texts are taken as they are.
  const twice = once('line 5: mapping key "a" already defined at line 4')
  expect(errorsOf('groups:\n- labels:\n    b: c\n    a: [x]\n    a: {}\n')).toEqual([twice, twice])
  expect(errorsOf('groups:\n- rules:\n  - expr: [x]\n')).toEqual([
    once('line 3: cannot unmarshal !!seq into string'),
  ])
  expect(errorsOf('groups:\n- x\n')).toEqual([
    once('line 2: cannot unmarshal !!str `x` into rulefmt.RuleGroup'),
    once('line 2: cannot unmarshal !!str `x` into rulefmt.RuleGroupNode'),
  ])
  // Numbers are YAML's, and what is not there has a place.
  expect(errorsOf('groups:\n- name: g\n  limit: 1e3\n  rules:\n  - alert: a\n    expr:\n')).toEqual(
    ['6:10: group "g", rule 1, "a": field \'expr\' must be set in rule'],
  )
  expect(errorsOf('groups:\n- interval: {a: b}\n  limit: []\n')).toEqual([
    once('line 2: cannot unmarshal !!map into string\n  line 3: cannot unmarshal !!seq into int'),
    once('line 2: cannot unmarshal !!map into string\n  line 3: cannot unmarshal !!seq into int'),
  ])
})

it.each([
  ['groups:\n- name: a\n: b\n', 'yaml: line 2: did not find expected key'],
  ['groups:\n- name: a\n  : [b]\n', 'yaml: line 1: did not find expected key'],
  [': a\n', 'yaml: did not find expected key'],
  ['groups:\n- {name: a, : b}\n', 'yaml: line 1: did not find expected node content'],
  ['groups: [: a]\n', 'yaml: did not find expected node content'],
  ['groups:\n- name: !!int x\n', 'yaml: cannot decode !!str `x` as a !!int'],
  ['groups:\n- name: !!int 1.5\n', 'yaml: cannot decode !!float `1.5` as a !!int'],
  ['groups:\n- name: a\n  interval: !!float 1m\n', 'yaml: cannot decode !!str `1m` as a !!float'],
  ['groups:\n- name: !!null x\n', 'yaml: cannot decode !!str `x` as a !!null'],
  ['groups:\n- name: !!bool 1\n', 'yaml: cannot decode !!int `1` as a !!bool'],
])('%j is refused as promtool refuses it', (text, words) => {
  expect(errorsOf(text)).toContain(words)
})

it.each([
  'groups:\n- name: a\n  ?\n  : b\n',
  'groups:\n- name: a\n  ? # null\n  : b\n',
  'groups: [{name: a, ? : b}]\n',
  'groups:\n-\n- name: a\n  rules:\n  - ~\n  - {record: b, expr: "1"}\n',
  'groups:\n- name: !!float 1\n  interval: !!str 1m\n  limit: !!int 0x1F\n  labels: {a: !!null ~, b: !!bool true}\n',
])('%j is taken, without the key or the item that is null', (text) => {
  expect(errorsOf(text)).toEqual([])
})

it('faults stand at the anchor, the tag or the alias of a value', () => {
  const text = `groups:
- name: a
  rules:
  - record: &name !!str x
    expr: &expr |
      1 +
  - record: *name
    expr: *expr
    for: 1m
`
  const fault = 'could not parse expression: 2:1: parse error: unexpected end of input'
  expect(errorsOf(text)).toEqual([
    `5:11: group "a", rule 1, "x": ${fault}`,
    `8:11: group "a", rule 2, "x": ${fault}`,
    `7:13: group "a", rule 2, "x": invalid field 'for' in recording rule`,
  ])
})

const once = (words: string) => `yaml: unmarshal errors:\n  ${words}`

it.each([
  ['labels: {&a b: c, *a : d}', []],
  ['labels: {&a b: c, d: *a, *a : e, *a : f}', ['mapping key "a" already defined at line 5']],
  ['labels: {b: c, !!binary "Yg==": d}', []],
  ['labels: {~: c, null: d}', []],
  ['labels: {~: c, ~: d}', ['mapping key "~" already defined at line 5']],
  ['labels: {<<: {b: c}, b: d}', []],
  ['labels: {<<: {b: c, b: d}}', ['mapping key "b" already defined at line 5']],
  ['labels: {<<: {b: c}, <<: {b: d}}', ['mapping key "<<" already defined at line 5']],
  ['labels: {&m <<: {b: c}, *m : {b: d}}', ['cannot unmarshal !!map into string']],
  [
    '&f for: 1m, *f : 2m',
    [
      'field for already set in type rulefmt.Rule',
      'field for already set in type rulefmt.RuleNode',
    ],
  ],
])('keys are the same as they are written, fields by their names: %s', (rule, words) => {
  const text = `groups:\n- name: g\n  rules:\n  - {alert: a, expr: up,\n    ${rule}}\n`
  const [first, second = first] = words.map((each) => once(`line 5: ${each}`))
  expect(errorsOf(text)).toEqual([first, second].filter((each) => each !== undefined))
})

it('keys twice are told before the type of their mapping', () => {
  const words = 'yaml: unmarshal errors:\n  line 1: mapping key "a" already defined at line 1'
  expect(errorsOf('groups: {a: 1, a: 2}\n')).toEqual([words, words])
})
