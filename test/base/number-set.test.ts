import fc from 'fast-check'
import { expect, test } from 'vitest'
import { NumberSet } from '../../src/base/number-set.ts'

test('it gives back what was added, each once and the smallest first', () => {
  const number = fc.oneof(fc.nat(70), fc.nat(200_000))
  const step = fc.record({ added: fc.array(number, { maxLength: 40 }), taken: fc.nat(50) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const set = new NumberSet()
      const expected = new Set<number>()
      for (const { added, taken } of steps) {
        for (const one of added) {
          set.add(one)
          expected.add(one)
        }
        for (let left = taken; left > 0; left--) {
          const smallest = [...expected].sort((a, b) => a - b)[0]
          expect(set.take()).toBe(smallest)
          if (smallest !== undefined) expected.delete(smallest)
        }
      }
    }),
  )
})

test('the last bit of a word is a number as any other', () => {
  const set = new NumberSet()
  for (const number of [31, 32, 63, 2_047, 2_048]) set.add(number)
  expect(Array.from({ length: 6 }, () => set.take())).toEqual([31, 32, 63, 2_047, 2_048, undefined])
})
