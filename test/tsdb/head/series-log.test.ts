import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Labels } from '../../../src/model/labels.ts'
import { Head } from '../../../src/tsdb/head/head.ts'
import { SeriesLog } from '../../../src/tsdb/head/series-log.ts'
import { decodeSeries } from '../../../src/tsdb/wal/record.ts'

/** Ref and texts of all series of the records. */
function decoded(records: readonly Uint8Array[]): readonly string[] {
  const found: string[] = []
  for (const record of records) {
    decodeSeries(record, (ref, texts) => {
      const words = Array.from({ length: texts.count }, (_, text) =>
        Buffer.from(texts.bytes.subarray(texts.start(text), texts.end(text))).toString(),
      )
      found.push(JSON.stringify([ref, words]))
    })
  }
  return found
}

/** The same of what the head holds. */
function held(head: Head, ids: readonly number[]): readonly string[] {
  return ids.map((id) => JSON.stringify([head.ref(id), [...head.labels(id).entries()].flat()]))
}

const name = fc.constantFrom('a', 'b', 'c', 'dd', 'instance', 'ümlaut', '__name__')
const value = fc.constantFrom(
  '1',
  '2',
  '10.0.0.1:9100',
  'x'.repeat(47),
  'y'.repeat(48),
  'z'.repeat(5_000),
)

describe('series in the log', () => {
  it('are named by their refs with all their texts, however much they share with the one before', () => {
    const sets = fc.array(fc.dictionary(name, value, { minKeys: 1 }), { maxLength: 60 })
    fc.assert(
      fc.property(fc.array(sets, { maxLength: 3 }), (commits) => {
        const head = new Head()
        const log = new SeriesLog(head)
        for (const commit of commits) {
          for (const set of commit) head.series(Labels.of(set))
          const wanted = held(head, head.unlogged)
          expect(decoded(log.pendingRecords())).toEqual(wanted)
          // What could not be written is pending still, and the same.
          expect(decoded(log.pendingRecords())).toEqual(wanted)
          log.logged()
        }
      }),
      { numRuns: 200 },
    )
  })

  it('may have more labels than the ones before, and go on in another record', () => {
    const head = new Head()
    const log = new SeriesLog(head)
    for (let n = 0; n < 300; n++) {
      const pairs = Array.from({ length: n % 7 === 0 ? 200 : 3 }, (_, at) => [
        `name_${String(at).padStart(3, '0')}`,
        `${'v'.repeat(30)}${at === 1 ? n : ''}`,
      ])
      head.series(Labels.of(Object.fromEntries(pairs)))
    }
    for (let n = 0; n < 300; n++) head.series(Labels.of({ big: `${n}${'b'.repeat(6_000)}` }))
    const records = log.pendingRecords()
    expect(records.length).toBeGreaterThan(1)
    expect(decoded(records)).toEqual(held(head, head.unlogged))
  })
})
