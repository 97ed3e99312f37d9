import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PagedNumbers } from '../../src/base/paged-numbers.ts'

test('what was pushed last is popped first, over pages as in an array', () => {
  // Runs of pushes and pops, some longer than a page of the largest.
  const runs = fc.array(fc.integer({ min: -40_000, max: 40_000 }), { maxLength: 12 })
  fc.assert(
    fc.property(runs, (lengths) => {
      const numbers = new PagedNumbers()
      const expected: number[] = []
      for (const length of lengths) {
        for (let left = Math.abs(length); left > 0; left--) {
          if (length < 0) {
            if (numbers.pop() !== expected.pop()) throw new Error(`another at ${expected.length}`)
            continue
          }
          const number = 2 ** 32 - 1 - expected.length
          numbers.push(number)
          expected.push(number)
        }
        expect(numbers.length).toBe(expected.length)
      }
    }),
    { numRuns: 30 },
  )
})

test('it is outside the heap', () => {
  const numbers = new PagedNumbers()
  const before = process.memoryUsage()
  for (let number = 0; number < 2_000_000; number++) numbers.push(number)
  const after = process.memoryUsage()
  expect(after.arrayBuffers - before.arrayBuffers).toBeGreaterThan(7_900_000)
  expect(after.heapUsed - before.heapUsed).toBeLessThan(4_000_000)
  while (numbers.pop() !== undefined);
  expect(numbers.length).toBe(0)
})
