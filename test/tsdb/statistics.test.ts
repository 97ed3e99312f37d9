import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Labels } from '../../src/model/labels.ts'
import { cardinalityOf } from '../../src/tsdb/head/cardinality.ts'
import { Head } from '../../src/tsdb/head/head.ts'
import { SeriesRemoval } from '../../src/tsdb/head/series-removal.ts'
import { TopCounts } from '../../src/tsdb/head/top-counts.ts'
import { HeadTruncation } from '../../src/tsdb/head/truncation.ts'
import { fillDatabase, openDatabase } from '../support/open-database.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { appendTo } from './head/head-reading.ts'

const never = () => undefined

describe('statistics of the head', () => {
  it('name the largest first, and of equal ones the first by name', async () => {
    const head = new Head()
    const long = 'x'.repeat(255)
    appendTo(head, Labels.of({ __name__: 'b', l: '1' }), 1_000, 1)
    appendTo(head, Labels.of({ __name__: 'a', l: '1' }), 1_000, 1)
    appendTo(head, Labels.of({ __name__: 'b', l: '2', long }), 1_000, 1)
    expect(await cardinalityOf(head, 3, never)).toEqual({
      labelPairs: 5,
      seriesByMetricName: [
        { name: 'b', value: 2 },
        { name: 'a', value: 1 },
      ],
      valuesByLabelName: [
        { name: '__name__', value: 2 },
        { name: 'l', value: 2 },
        { name: 'long', value: 1 },
      ],
      bytesByLabelName: [
        { name: 'long', value: 5 + 4 + 255 },
        { name: '__name__', value: 3 * (9 + 2) },
        { name: 'l', value: 3 * 4 },
      ],
      seriesByLabelPair: [
        { name: '__name__=b', value: 2 },
        { name: 'l=1', value: 2 },
        { name: '__name__=a', value: 1 },
      ],
    })
  })

  it('leave out series that are gone', async () => {
    const head = new Head()
    for (let n = 0; n < 10; n++) {
      appendTo(head, Labels.of({ __name__: 'm', n: String(n) }), n < 7 ? 1_000 : 5_000, n)
    }
    head.unlogged.length = 0
    head.setValidFrom(2_000)
    const truncation = new HeadTruncation(head)
    await truncation.run(never)
    await new SeriesRemoval(head).run(truncation.emptied, never)
    const { labelPairs, seriesByMetricName, valuesByLabelName } = await cardinalityOf(
      head,
      5,
      never,
    )
    expect(labelPairs).toBe(4)
    expect(seriesByMetricName).toEqual([{ name: 'm', value: 3 }])
    expect(valuesByLabelName).toEqual([
      { name: 'n', value: 3 },
      { name: '__name__', value: 1 },
    ])
  })

  it('let others go on every few thousand label pairs', async () => {
    const head = new Head()
    for (let n = 0; n < 20_000; n++) head.series(Labels.of({ __name__: 'm', n: String(n) }))
    let turns = 0
    await cardinalityOf(head, 10, () => void turns++)
    expect(turns).toBe(5)
  })

  it('are what a sort of all would answer, whatever the counts', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20)), fc.integer({ min: 1, max: 10 }), (counts, limit) => {
        const top = new TopCounts(limit)
        counts.forEach((count, id) => {
          top.add(id, count)
        })
        const found = top.entries().map(({ count }) => count)
        expect(found.sort((a, b) => b - a)).toEqual(
          [...counts].sort((a, b) => b - a).slice(0, limit),
        )
        for (const { id, count } of top.entries()) expect(counts[id]).toBe(count)
      }),
    )
  })

  it('are kept for a while, each limit apart', async () => {
    const database = await openDatabase(temporaryDirectory())
    fillDatabase(database, 2, 1, Date.now())
    const first = await database.statistics.cardinality(10)
    fillDatabase(database, 3, 1, Date.now() + 1)
    expect(await database.statistics.cardinality(10)).toBe(first)
    const { labelPairs } = await database.statistics.cardinality(11)
    expect([first.labelPairs, labelPairs]).toEqual([3, 4])
    await database.close()
  })
})
