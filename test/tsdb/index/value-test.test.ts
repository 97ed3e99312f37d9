import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Matcher } from '../../../src/model/matcher.ts'
import { literalsOf, valueTest } from '../../../src/tsdb/index/value-test.ts'

const pieces = ['a', 'b', 'ab', '.', '.*', '.+', '|', '*', '?', 'é', '😀', '(b)', '[ab]'] as const
const piece = fc.constantFrom(...pieces)
const pattern = fc.array(piece, { maxLength: 5 }).map((pieces) => pieces.join(''))
const value = fc.array(fc.constantFrom('a', 'b', 'é', '😀', '😁', '\n'), { maxLength: 4 })

describe('tests of label values', () => {
  it('say what the matcher says, whatever way around the expression they take', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('=', '!=', '=~', '!~'),
        pattern,
        fc.array(value, { maxLength: 10 }),
        (op, text, values) => {
          fc.pre(compiles(text))
          const matcher = new Matcher(op, 'x', text)
          const test = valueTest(matcher)
          for (const each of [[], ...values]) {
            const candidate = each.join('')
            expect([candidate, test(candidate)]).toEqual([candidate, matcher.matches(candidate)])
          }
        },
      ),
      { numRuns: 3_000 },
    )
  })

  it.each([
    ['a|b|c', ['a', 'b', 'c']],
    ['a', ['a']],
    ['a|', ['a', '']],
    ['a.b|c', undefined],
    ['(a|b)', undefined],
    ['a\\.b', undefined],
  ])('%s is an alternation of %j', (text, literals) => {
    expect(literalsOf(text)).toEqual(literals)
  })
})

function compiles(text: string): boolean {
  try {
    return new Matcher('=~', 'x', text).op === '=~'
  } catch {
    return false
  }
}
