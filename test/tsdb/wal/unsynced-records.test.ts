import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UnsyncedRecords } from '../../../src/tsdb/wal/unsynced-records.ts'

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('add'), bytes: fc.nat(200_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('add'), bytes: fc.constant(600_000) }) },
  fc.record({ kind: fc.constant('refused'), bytes: fc.nat(500_000) }),
  fc.record({ kind: fc.constantFrom('begin', 'succeed', 'clear'), bytes: fc.constant(0) }),
)

/** Each record has bytes of its own. */
function recordOf(number: number, bytes: number): Uint8Array {
  return new Uint8Array(bytes).fill(number % 251)
}

function held(records: UnsyncedRecords): string[] {
  const found: string[] = []
  records.each((record, flags) => {
    const isOne = record.every((byte) => byte === record[0])
    found.push(`${flags} ${record.length} ${isOne ? record[0] : 'torn'}`)
  })
  return found
}

describe('records that no sync has covered', () => {
  it('are all there in their order, whatever is refused or synced meanwhile', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const records = new UnsyncedRecords()
        let expected: string[] = []
        let covered = 0
        steps.forEach(({ kind, bytes }, number) => {
          const record = recordOf(number, bytes)
          const flags = number % 256
          if (kind === 'add') {
            records.add(record, flags)
            expected.push(`${flags} ${bytes} ${record[0]}`)
          } else if (kind === 'refused') {
            const before = records.bytes
            records.add(record, flags)
            records.add(record, flags)
            records.cutBack(before)
            expect(records.bytes).toBe(before)
          } else if (kind === 'begin') {
            records.syncBegins()
            covered = expected.length
          } else if (kind === 'succeed') {
            records.syncSucceeded()
            expected = expected.slice(covered)
            covered = 0
          } else {
            records.clear()
            expected = []
            covered = 0
          }
          expect(held(records)).toEqual(expected)
        })
      }),
      { numRuns: 30 },
    )
  })
})
