import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { radixOrder, rowsOf, textOrder } from '../../src/storage/text-order.ts'
import { TextSymbols } from '../tsdb/block/text-symbols.ts'

const bytesOrder = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))

describe('the order of symbols', () => {
  it('is that of their bytes, whatever they begin with', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('a', '\0') }),
    )
    fc.assert(
      fc.property(fc.uniqueArray(text), fc.string(), (ends, beginning) => {
        const symbols = new TextSymbols()
        const texts = ends.map((end) => `${beginning}${end}`)
        const ids = Uint32Array.from(new Set(texts), (each) => symbols.intern(each))
        const ordered = [...textOrder(symbols, ids)].map((id) => symbols.text(id))
        expect(ordered).toEqual([...new Set(texts)].sort(bytesOrder))
      }),
      { numRuns: 40 },
    )
  })

  it('of thousands is the same as of few', () => {
    const symbols = new TextSymbols()
    const texts = Array.from(
      { length: 5_000 },
      (_, index) => `/some/path/${(index * 7_919) % 5_000}`,
    )
    const ids = Uint32Array.from(texts, (text) => symbols.intern(text))
    expect([...textOrder(symbols, ids)].map((id) => symbols.text(id))).toEqual(
      texts.sort(bytesOrder),
    )
  })

  it('of numbers keeps equal ones as they were', () => {
    const keys = Uint32Array.from({ length: 10_000 }, (_, row) => (row % 3) * 0x7fff_ffff)
    const wanted = [...keys.keys()].sort((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0) || a - b)
    expect([...radixOrder(rowsOf(keys.length), keys)]).toEqual(wanted)
  })
})
