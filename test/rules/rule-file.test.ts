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
