import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { noLooks } from '../../src/base/looks.ts'
import { compareLabelSets, sortedByLabels } from '../../src/storage/label-order.ts'
import type { LabelColumns } from '../../src/storage/querier.ts'
import { LabelWalk } from '../../src/tsdb/merge/label-walk.ts'
import { mergeRows } from '../../src/tsdb/merge/merged-rows.ts'
import { TextSymbols } from '../tsdb/block/text-symbols.ts'

type Texts = readonly string[]

function columnsOf(sets: readonly Texts[], symbols: TextSymbols): LabelColumns {
  const offsets = Uint32Array.from([0, ...sets.map((_, at) => sets.slice(0, at + 1).flat().length)])
  return { offsets, labelIds: Uint32Array.from(sets.flat(), (text) => symbols.intern(text)) }
}

function textsOf({ offsets, labelIds }: LabelColumns, set: number, symbols: TextSymbols): Texts {
  return [...labelIds.subarray(offsets[set], offsets[set + 1])].map((id) => symbols.text(id))
}

/** Text by text, by bytes, a prefix first: told in the plainest way. */
function plainOrder(a: Texts, b: Texts): number {
  for (const [at, text] of a.entries()) {
    const other = b[at]
    if (other === undefined) return 1
    const order = Buffer.compare(Buffer.from(text), Buffer.from(other))
    if (order !== 0) return order
  }
  return a.length - b.length
}

/** Some whose order by UTF-16 units is another one. */
const text = fc.constantFrom(
  'a',
  'ab',
  'b',
  '',
  'é',
  '\uffee',
  '\u{10000}',
  '9',
  '10',
  'aaaaaaaaaab',
)
const pairs = fc.array(fc.tuple(text, text), { maxLength: 3 }).map((list) => list.flat())
const sets = fc.uniqueArray(pairs, { maxLength: 12, selector: (set) => JSON.stringify(set) })

describe('label sets', () => {
  it('are ordered name by name and value by value, by bytes, a prefix first', async () => {
    await fc.assert(
      fc.asyncProperty(sets, async (found) => {
        const symbols = new TextSymbols()
        const labels = columnsOf(found, symbols)
        const order = await sortedByLabels(labels, found.length, symbols, noLooks)
        expect([...order].map((set) => found[set])).toEqual([...found].sort(plainOrder))
        for (const a of found.keys()) {
          for (const b of found.keys()) {
            const wanted = Math.sign(plainOrder(found[a] ?? [], found[b] ?? []))
            expect(Math.sign(compareLabelSets(symbols, labels, a, labels, b))).toBe(wanted)
          }
        }
      }),
    )
  })

  it('of several sources in order are merged in order, each once, with all who have it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(sets, { maxLength: 6 }), async (found) => {
        const symbols = new TextSymbols()
        const lists = found.map((list) => [...list].sort(plainOrder))
        const sources = lists.map((list) => columnsOf(list, symbols))
        const { labels, members } = await mergeRows(sources, symbols, noLooks)
        const rows = [...new Map(lists.flat().map((set) => [JSON.stringify(set), set])).values()]
        rows.sort(plainOrder)
        expect(labels.offsets).toHaveLength(rows.length + 1)
        expect(members).toHaveLength(rows.length * sources.length)
        for (const [row, wanted] of rows.entries()) {
          expect(textsOf(labels, row, symbols)).toEqual(wanted)
          for (const [source, list] of lists.entries()) {
            const place = list.findIndex((set) => plainOrder(set, wanted) === 0)
            expect(members[row * sources.length + source]).toBe(place)
          }
        }
        const { rowCount } = await LabelWalk.through(sources, symbols, noLooks)
        expect(rowCount).toBe(rows.length)
      }),
    )
  })
})
