import { describe, expect, it } from 'vitest'
import { Labels } from '../../src/model/labels.ts'
import { Matcher } from '../../src/model/matcher.ts'
import { AnchoredRegex } from '../../src/model/regex.ts'
import {
  defaultRelabelRule,
  type RelabelRule,
  relabel,
  relabelRuleFault,
} from '../../src/model/relabel.ts'

function rule(changes: Partial<RelabelRule>): RelabelRule {
  return { ...defaultRelabelRule, ...changes }
}

function applied(labels: Record<string, string>, changes: Partial<RelabelRule>) {
  return relabel(Labels.of(labels), [rule(changes)])?.toObject()
}

describe('relabelling', () => {
  it.each<[string, Partial<RelabelRule>, Record<string, string> | undefined]>([
    [
      'replace writes the expanded template',
      {
        sourceLabels: ['a', 'b'],
        regex: new AnchoredRegex('(?P<x>.);(.)'),
        targetLabel: 'c',
        replacement: '$2-${x}-$$',
      },
      { a: '1', b: '2', c: '2-1-$' },
    ],
    ['an empty result deletes the target', { targetLabel: 'a', replacement: '' }, { b: '2' }],
    [
      'a regex that does not match changes nothing',
      { sourceLabels: ['a'], regex: new AnchoredRegex('9'), targetLabel: 'c' },
      { a: '1', b: '2' },
    ],
    [
      'keep drops what does not match',
      { action: 'keep', sourceLabels: ['a'], regex: new AnchoredRegex('9') },
      undefined,
    ],
    [
      'drop keeps what does not match',
      { action: 'drop', sourceLabels: ['a'], regex: new AnchoredRegex('9') },
      { a: '1', b: '2' },
    ],
    ['labeldrop goes by name', { action: 'labeldrop', regex: new AnchoredRegex('a') }, { b: '2' }],
    [
      'labelmap copies',
      { action: 'labelmap', regex: new AnchoredRegex('(a)'), replacement: 'x_$1' },
      { a: '1', b: '2', x_a: '1' },
    ],
  ])('%s', (_, changes, wanted) => {
    expect(applied({ a: '1', b: '2' }, changes)).toEqual(wanted)
  })

  it('case is mapped character by character, as Go does', () => {
    const upper = applied(
      { a: 'straße ǆ ᾳ' },
      { action: 'uppercase', sourceLabels: ['a'], targetLabel: 'a' },
    )
    expect(upper).toEqual({ a: 'STRAßE Ǆ ᾼ' })
    const lower = applied(
      { a: 'ΌΣΟΣ İ' },
      { action: 'lowercase', sourceLabels: ['a'], targetLabel: 'a' },
    )
    expect(lower).toEqual({ a: 'όσοσ i' })
  })

  it('the last of several labels that become one name wins, and what was set comes last', () => {
    const rules = [
      rule({ sourceLabels: ['a'], targetLabel: 'a', replacement: 'new' }),
      rule({ action: 'labelmap', regex: new AnchoredRegex('[ab]'), replacement: 'x' }),
    ]
    expect(relabel(Labels.of({ a: '1', b: '2' }), rules)?.toObject()).toEqual({
      a: 'new',
      b: '2',
      x: 'new',
    })
  })

  it.each([
    ['${é}|$é|$1é', '||'],
    ['$01|$0|$-|$', '|ab|$-|$'],
    ['${x}', 'b'],
  ])('the template %s gives %s', (replacement, wanted) => {
    const regex = new AnchoredRegex('(?:(?P<x>z)|a)(?P<x>b)')
    const found = applied(
      { a: 'ab' },
      { sourceLabels: ['a'], regex, targetLabel: 't', replacement },
    )
    expect(found?.t ?? '').toBe(wanted)
  })

  it('a modulus has 64 bits', () => {
    const found = applied(
      { a: 'x' },
      { action: 'hashmod', sourceLabels: ['b'], modulus: 9007199254740993n, targetLabel: 't' },
    )
    expect(found).toEqual({ a: 'x', t: '10552415370034' })
  })

  it.each([
    ['[', 'missing closing ]: `[)$`', 'missing closing ]: `[`'],
    ['(', 'missing closing ): `^(?s:()$`', 'missing closing ): `(`'],
    [')(', undefined, 'unexpected ): `)(`'],
    ['\\Qa', 'missing closing ): `^(?s:\\Qa)$`', undefined],
  ])(
    '%s is blamed with the anchors in a rule and without them in a matcher',
    (pattern, rule, one) => {
      const fault = (make: () => unknown) => {
        try {
          make()
          return undefined
        } catch (thrown) {
          return String(thrown).replace(/^.*error parsing regexp: /, '')
        }
      }
      expect(fault(() => new AnchoredRegex(pattern))).toBe(rule)
      expect(fault(() => new Matcher('=~', 'a', pattern))).toBe(one)
    },
  )

  it('a legacy template that cannot match is refused in linear time', () => {
    const targetLabel = `${'$aaaaaaaaaa'.repeat(2_000)}-`
    expect(relabelRuleFault(rule({ targetLabel, nameScheme: 'legacy' }))).toContain('is invalid')
  })
})
