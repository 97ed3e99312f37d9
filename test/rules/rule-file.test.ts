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
