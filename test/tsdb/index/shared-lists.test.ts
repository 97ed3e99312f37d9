import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SharedColumns } from '../../../src/base/shared-columns.ts'
import { SharedLists } from '../../../src/tsdb/index/shared-lists.ts'

function writer(): { columns: SharedColumns; lists: SharedLists } {
  const columns = new SharedColumns()
  return { columns, lists: new SharedLists(columns) }
}

describe('growing lists in shared memory', () => {
  it('give back each what was pushed to it, below the limit, in whatever order lists grow', () => {
    const pushes = fc.array(fc.nat(7), { maxLength: 3_000 })
    fc.assert(
      fc.property(pushes, fc.nat(3_200), (targets, limit) => {
        const { lists } = writer()
        const model = Array.from({ length: 8 }, (): number[] => [])
        for (const _ of model) lists.add()
        targets.forEach((list, value) => {
          lists.push(list, value)
          model[list]?.push(value)
        })
        model.forEach((values, list) => {
          expect(lists.length(list)).toBe(values.length)
          expect([...lists.read(list, limit)]).toEqual(values.filter((value) => value < limit))
        })
      }),
      { numRuns: 100 },
    )
  })

  it('show a reader all that was published to it, however much came after', () => {
    const { columns, lists } = writer()
    const [short, long] = [lists.add(), lists.add()]
    for (let value = 0; value < 50_000; value++) lists.push(value % 10 === 0 ? short : long, value)
    const readerColumns = new SharedColumns()
    const reader = new SharedLists(readerColumns)
    readerColumns.adopt(columns.segmentsSince(0))
    const published = columns.version
    // Far into segments of the arena that the reader is never handed.
    for (let value = 50_000; value < 3_000_000; value++)
      lists.push(value % 10 === 0 ? short : long, value)
    expect(columns.version).toBeGreaterThan(published)
    expect([...reader.read(short, 50_000)]).toEqual(
      Array.from({ length: 5_000 }, (_, index) => index * 10),
    )
    const others = reader.read(long, 50_000)
    expect([others.length, others[0], others.at(-1)]).toEqual([45_000, 1, 49_999])
  })
})
