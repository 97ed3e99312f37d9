import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Looks } from '../../../src/base/looks.ts'
import { Labels } from '../../../src/model/labels.ts'
import { Matcher } from '../../../src/model/matcher.ts'
import { Head } from '../../../src/tsdb/head/head.ts'
import { HeadReader } from '../../../src/tsdb/head/head-reader.ts'
import { allTime, appendTo, querierOf, selectTexts } from './head-reading.ts'

const always = new Matcher('=', '__name__', 'm')

function textOf(labels: Labels): string {
  return [...labels.entries()].flat().join(' ')
}

describe('sorted series of the head', () => {
  const text = fc.constantFrom('a', 'b', 'ab', 'A', '\uffff', '\u{10000}', '9', '10')
  const labelSet = fc
    .uniqueArray(fc.tuple(text, text), { maxLength: 8, selector: ([name]) => name })
    .map((pairs) => Labels.of([['__name__', 'm'], ...pairs]))
  const sets = fc.uniqueArray(labelSet, {
    minLength: 1,
    maxLength: 500,
    selector: (set) => set.key(),
    size: 'max',
  })

  it('are in the order of their labels, few and many', async () => {
    await fc.assert(
      fc.asyncProperty(sets, async (made) => {
        const head = new Head()
        for (const labels of made) appendTo(head, labels, 1_000, 1)
        const expected = [...made].sort((a, b) => a.compare(b)).map(textOf)
        expect(await selectTexts(querierOf(head), [always], true)).toEqual(expected)
      }),
      { numRuns: 60 },
    )
  })

  it('let others have their turn all the while', async () => {
    const head = new Head()
    const count = 20_000
    for (let n = 0; n < count; n++) {
      const group = String((n * 7_919) % 1_009)
      appendTo(head, Labels.of({ __name__: 'm', group, n: String(n) }), 1_000, n)
    }
    const reader = new HeadReader()
    reader.apply(head.update(0))
    const port = {
      snapshot: async (ids: Uint32Array, size: number, since: number) =>
        head.snapshot(ids, size, since),
    }
    const turnsOf = async (sorted: boolean) => {
      let turns = 0
      const looks = new Looks(
        () => undefined,
        async () => {
          turns++
        },
      )
      const querier = reader.queriers(port, looks).inOrder
      const set = await querier.select({ matchers: [always], ...allTime, sorted })
      expect(set.seriesCount).toBe(count)
      return turns
    }
    const unsorted = await turnsOf(false)
    // Behind some hundred series or texts, in passes to find the texts, to rank them and to sort.
    expect(await turnsOf(true)).toBeGreaterThan(unsorted + 300)
  })
})
