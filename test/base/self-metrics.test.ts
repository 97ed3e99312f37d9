import { expect, test } from 'vitest'
import { MetricsRegistry } from '../../src/base/self-metrics.ts'

test('what several families tell of is read once for a page, and again for the next', () => {
  const metrics = new MetricsRegistry()
  let reads = 0
  const read = metrics.oncePerPage(() => ++reads)
  for (const name of ['a', 'b', 'c']) metrics.observed(name, 'gauge', 'How often.', read)
  const values = () => metrics.families().map(({ metrics: members }) => members[0]?.value)
  expect(values()).toEqual([1, 1, 1])
  expect(values()).toEqual([2, 2, 2])
})

test('what could not be read for a family is tried for the next one', () => {
  const metrics = new MetricsRegistry()
  let reads = 0
  const read = metrics.oncePerPage(() => {
    reads++
    if (reads === 1) throw new Error('not yet')
    return reads
  })
  metrics.observed('a', 'gauge', 'How often.', read)
  expect(() => metrics.families()).toThrow('not yet')
  expect(metrics.families()[0]?.metrics[0]?.value).toBe(2)
})
