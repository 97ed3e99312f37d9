import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SharedColumns } from '../../src/base/shared-columns.ts'
import { noEntry, SharedHashTable } from '../../src/base/shared-hash-table.ts'

/** Entries of a hash, as a reader walks over them. */
function entriesOf(table: SharedHashTable, hash: number): number[] {
  const found: number[] = []
  for (let place = table.probe(hash, noEntry); place !== noEntry; ) {
    found.push(table.entryAt(place))
    place = table.probe(hash, place)
  }
  return found.sort((a, b) => a - b)
}

describe('a hash table in shared memory', () => {
  it('finds what was put in and not taken out, for the writer and for who was handed its memory', () => {
    // Few places that hashes point to, so that many of them meet.
    const hash = fc.nat(40).map((place) => (place % 2 === 0 ? place : place * 65_536 + 7))
    const step = fc.record({ kind: fc.constantFrom('insert', 'insert', 'remove'), hash })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 2_500 }), (steps) => {
        const [columns, readerColumns] = [new SharedColumns(), new SharedColumns()]
        const [table, reader] = [new SharedHashTable(columns), new SharedHashTable(readerColumns)]
        const model = new Map<number, number[]>()
        steps.forEach((each, entry) => {
          const entries = model.get(each.hash) ?? []
          model.set(each.hash, entries)
          if (each.kind === 'insert') {
            table.insert(each.hash, entry)
            entries.push(entry)
            return
          }
          const gone = entries.splice(entry % Math.max(1, entries.length), 1)
          for (const out of gone) table.remove(each.hash, out)
        })
        readerColumns.adopt(columns.segmentsSince(0))
        for (const [key, entries] of model) {
          const wanted = entries.sort((a, b) => a - b)
          expect(entriesOf(table, key)).toEqual(wanted)
          expect(entriesOf(reader, key)).toEqual(wanted)
        }
      }),
      { numRuns: 200 },
    )
  })

  it('does not grow while as many are taken out as are put in', () => {
    const columns = new SharedColumns()
    const table = new SharedHashTable(columns)
    const hashOf = (entry: number) => Math.imul(entry, 2_654_435_761) >>> 0
    const held = 800
    for (let entry = 0; entry < held; entry++) table.insert(hashOf(entry), entry)
    const { bytes } = columns
    for (let entry = held; entry < 100_000; entry++) {
      table.remove(hashOf(entry - held), entry - held)
      table.insert(hashOf(entry), entry)
    }
    expect(columns.bytes).toBeLessThanOrEqual(bytes * 2)
    expect(entriesOf(table, hashOf(99_999))).toEqual([99_999])
    expect(entriesOf(table, hashOf(99_000))).toEqual([])
  })
})
