import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SharedColumns } from '../../../src/base/shared-columns.ts'
import { SharedLists } from '../../../src/tsdb/index/shared-lists.ts'

function writer(): { columns: SharedColumns; lists: SharedLists } {
  const columns = new SharedColumns()
  return { columns, lists: new SharedLists(columns) }
}

function ascending(values: readonly number[]): readonly number[] {
  return [...values].sort((a, b) => a - b)
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
          expect([...lists.read(list, (value) => value < limit)]).toEqual(
            values.filter((value) => value < limit),
          )
          const from = Math.min(limit, values.length)
          expect([...(lists.slice(list, from, values.length) ?? [])]).toEqual(values.slice(from))
        })
      }),
      { numRuns: 100 },
    )
  })

  it('lose what is taken out, keep the rest in order, and take numbers again', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('push' as const), list: fc.nat(3), count: fc.nat(200) }),
      fc.record({
        kind: fc.constant('filter' as const),
        list: fc.nat(3),
        modulus: fc.nat(4),
        stretch: fc.integer({ min: 2, max: 99 }),
      }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { columns, lists } = writer()
        const readerColumns = new SharedColumns()
        const reader = new SharedLists(readerColumns)
        const model = Array.from({ length: 4 }, (): number[] => [])
        for (const _ of model) lists.add()
        let next = 0
        for (const each of steps) {
          const values = model[each.list] ?? []
          if (each.kind === 'push') {
            for (let index = 0; index < each.count; index++) {
              // Every seventh number comes far below its predecessors, as ids that are used again.
              const value = next % 7 === 0 ? 1e6 - next : next + 1e6
              next++
              lists.push(each.list, value)
              values.push(value)
            }
          } else {
            const isKept = (value: number) => each.modulus > 0 && value % each.modulus !== 0
            const filter = lists.filter(each.list, isKept)
            while (lists.advance(filter, each.stretch)) {
              // Half done, the list has what is kept once, and what is not perhaps.
              readerColumns.adopt(columns.segmentsSince(readerColumns.version))
              const seen = reader.read(each.list, () => true)
              expect([...seen.filter(isKept)]).toEqual(ascending(values.filter(isKept)))
              const more = next++ + 1e6
              lists.push(each.list, more)
              values.push(more)
            }
            model[each.list] = values.filter(isKept)
          }
        }
        readerColumns.adopt(columns.segmentsSince(readerColumns.version))
        model.forEach((values, list) => {
          expect(lists.length(list)).toBe(values.length)
          expect([...reader.read(list, () => true)]).toEqual(ascending(values))
        })
      }),
      { numRuns: 200 },
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
    expect([...reader.read(short, (value) => value < 50_000)]).toEqual(
      Array.from({ length: 5_000 }, (_, index) => index * 10),
    )
    const others = reader.read(long, (value) => value < 50_000)
    expect([others.length, others[0], others.at(-1)]).toEqual([45_000, 1, 49_999])
  })
})
