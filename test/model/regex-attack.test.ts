import { expect, it } from 'vitest'
import { AnchoredRegex } from '../../src/model/regex.ts'

/** Patterns on which backtracking takes time without end, with what they choke on. */
const evil: readonly (readonly [pattern: string, text: (length: number) => string])[] = [
  ['(a+)+$', (length) => `${'a'.repeat(length)}b`],
  ['(a|a)*b', (length) => 'a'.repeat(length)],
  ['(.*)*x', (length) => 'a'.repeat(length)],
  ['(a*)*b', (length) => 'a'.repeat(length)],
  ['(a|aa)+$', (length) => `${'a'.repeat(length)}!`],
  ['(.*a){12}', (length) => `${'a'.repeat(length)}b`],
  ['([a-zA-Z]+)*1', (length) => 'aZ'.repeat(length / 2)],
  ['(a?){30}a{30}', (length) => 'a'.repeat(length)],
  ['(x+x+)+y', (length) => 'x'.repeat(length)],
  ['(.*)(.*)(.*)(.*)z', (length) => 'a'.repeat(length)],
]

it.each(evil)('%s takes a time in proportion to its text', (pattern, text) => {
  const regex = new AnchoredRegex(pattern)
  const fastestMs = (length: number) => {
    const subject = text(length)
    const times = Array.from({ length: 5 }, () => {
      const startedMs = performance.now()
      regex.test(subject)
      return performance.now() - startedMs
    })
    return Math.min(...times)
  }
  fastestMs(10_000)
  const [once, twice] = [fastestMs(25_000), fastestMs(50_000)]
  // Twice the time, with room for a busy machine; where nothing is searched both are near zero.
  expect(twice).toBeLessThan(once * 4 + 5)
})

it('a pattern that would be too large a program is refused', () => {
  expect(() => new AnchoredRegex('(x{1000}){1000}')).toThrow('invalid repeat count')
})
