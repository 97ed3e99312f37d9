import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Labels } from '../../../src/model/labels.ts'
import { Matcher } from '../../../src/model/matcher.ts'
import type { LabelSets, Querier } from '../../../src/storage/querier.ts'
import { Head } from '../../../src/tsdb/head/head.ts'
import { appendTo, querierOf } from './head-reading.ts'

const matcher = fc
  .tuple(
    fc.constantFrom('=', '!=', '=~', '!~'),
    fc.constantFrom('__name__', 'all', 'third', 'tenth', 'absent'),
    fc.constantFrom('', 'm', '0', '1', '2', '1|2', '.*', '.+'),
  )
  .map(([op, name, value]) => new Matcher(op, name, value))
const range = { minTimeMs: 1_500, maxTimeMs: 3_000 }

function textsOf(querier: Querier, found: LabelSets): readonly string[] {
  const texts: string[] = []
  while (found.next()) {
    const ids = found.ids.subarray(0, found.length)
    texts.push(Array.from(ids, (id) => querier.symbols.text(id)).join(' '))
  }
  return texts
}

describe('the first label sets of those that match', () => {
  it('are as many as there are, each once, of the series that all would be', async () => {
    const head = new Head()
    for (let index = 0; index < 1_000; index++) {
      const [third, tenth] = [String(index % 3), String(index % 10)]
      const labels = { __name__: 'm', all: '1', index: String(index), third, tenth }
      // Every seventh has no samples in the range.
      appendTo(head, Labels.of(labels), index % 7 === 0 ? 1_000 : 2_000, 1)
    }
    const querier = querierOf(head)
    const matchers = fc.array(matcher, { minLength: 1, maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(matchers, fc.integer({ min: 1, max: 400 }), async (asked, most) => {
        const request = { sets: [[...asked, new Matcher('!=', '__name__', '')]], ...range }
        const all = textsOf(querier, await querier.labelSets({ ...request, sorted: false }))
        const some = await querier.labelSets({ ...request, sorted: false, most })
        const first = textsOf(querier, some).slice(0, most)
        expect(first).toHaveLength(Math.min(most, all.length))
        expect(new Set(first).size).toBe(first.length)
        expect(all).toEqual(expect.arrayContaining([...first]))
        const sorted = await querier.labelSets({ ...request, sorted: true, most })
        expect(textsOf(querier, sorted).slice().sort()).toEqual(all.slice().sort())
      }),
      { numRuns: 300 },
    )
  })

  it('of a list of which few match are still all found', async () => {
    const head = new Head()
    for (let index = 0; index < 5_000; index++) {
      const labels = { __name__: 'm', odd: index % 1_000 === 999 ? 'yes' : 'no' }
      appendTo(head, Labels.of({ ...labels, index: String(index) }), 2_000, 1)
    }
    const querier = querierOf(head)
    const sets = [[new Matcher('=', '__name__', 'm'), new Matcher('=~', 'odd', 'y.+')]]
    const found = await querier.labelSets({ sets, ...range, sorted: false, most: 3 })
    expect(textsOf(querier, found).length).toBeGreaterThanOrEqual(3)
  })
})
