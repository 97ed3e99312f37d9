import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LabelHash } from '../../src/remote/label-hash.ts'
import { SeriesTable, unknownSeries } from '../../src/remote/series-table.ts'

describe('series by their encoded labels', () => {
  it('are found again, wherever in a body they stand, and others are not', () => {
    const runs = fc.uniqueArray(fc.uint8Array({ maxLength: 70 }), {
      maxLength: 300,
      selector: (run) => run.join(),
    })
    fc.assert(
      fc.property(runs, fc.nat(40), (all, before) => {
        const table = new SeriesTable(1_000)
        const places = all.map((run) => {
          const body = new Uint8Array(before + run.length + 9)
          body.set(run, before)
          return body
        })
        all.forEach((run, id) => {
          expect(table.find(run, 0, run.length)).toBe(unknownSeries)
          table.add(id)
        })
        all.forEach((run, id) => {
          const body = places[id] ?? new Uint8Array(0)
          expect(table.find(body, before, before + run.length)).toBe(id)
        })
        expect(table.size).toBe(all.length)
      }),
    )
  })

  it('begin anew at the limit', () => {
    const table = new SeriesTable(100)
    for (let id = 0; id < 250; id++) {
      const run = new TextEncoder().encode(`series ${id}`)
      expect(table.find(run, 0, run.length)).toBe(unknownSeries)
      table.add(id)
    }
    expect(table.size).toBe(50)
  })

  it('differ in about half of the hash when one bit differs', () => {
    const hash = new LabelHash(Uint32Array.of(1, 2, 3, 4))
    const run = new TextEncoder().encode('a label set of some forty-five bytes, or so..')
    hash.hash(run, 0, run.length)
    const before = hash.words.slice()
    for (let bit = 0; bit < run.length * 8; bit++) {
      const flipped = run.slice()
      flipped[bit >>> 3] = (flipped[bit >>> 3] ?? 0) ^ (1 << (bit & 7))
      hash.hash(flipped, 0, flipped.length)
      let changed = 0
      hash.words.forEach((word, index) => {
        for (let rest = word ^ (before[index] ?? 0); rest !== 0; rest &= rest - 1) changed++
      })
      expect(changed).toBeGreaterThan(32)
      expect(changed).toBeLessThan(96)
    }
  })
})
