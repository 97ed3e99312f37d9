import { describe, expect, it } from 'vitest'
import { KeptOrders } from '../../../src/tsdb/index/kept-orders.ts'

const encoder = new TextEncoder()
/** Of a larger id a text that is less. */
const texts = {
  place: (id: number) => {
    const bytes = encoder.encode(String(1_000 - id))
    return { bytes, start: 0, end: bytes.length }
  },
}
const upTo = (count: number) => Uint32Array.from({ length: count }, (_none, at) => at + 1)

describe('orders that are kept', () => {
  it('are those of the very symbols that are asked for', () => {
    const orders = new KeptOrders()
    const first = orders.sorted(7, upTo(3), texts)
    expect([...first]).toEqual([3, 2, 1])
    expect(orders.sorted(7, upTo(3), texts)).toBe(first)
    expect([...orders.sorted(8, upTo(2), texts)]).toEqual([2, 1])
    expect([...orders.sorted(7, upTo(4), texts)]).toEqual([4, 3, 2, 1])
    expect([...orders.sorted(7, Uint32Array.of(1, 2, 9, 4), texts)]).toEqual([9, 4, 2, 1])
    expect([...orders.sorted(7, upTo(3), texts)]).toEqual([3, 2, 1])
  })

  it('are those of a part of the symbols, too, be it large or small', () => {
    const orders = new KeptOrders()
    const all = upTo(40)
    const some = Uint32Array.of(7, 30, 2, 11, 25, 40)
    expect([...orders.sortedPart(7, all, some, texts)]).toEqual([40, 30, 25, 11, 7, 2])
    expect([...orders.sortedPart(7, all, Uint32Array.of(3, 9), texts)]).toEqual([9, 3])
    expect([...orders.sortedPart(7, all, all, texts)]).toEqual([...all].reverse())
    expect([...orders.sortedPart(7, all, upTo(0), texts)]).toEqual([])
  })

  it('are forgotten where they would be too many', () => {
    const orders = new KeptOrders(200)
    const half = 100
    const first = orders.sorted(1, upTo(half), texts)
    const second = orders.sorted(2, upTo(half), texts)
    expect(orders.sorted(1, upTo(half), texts)).toBe(first)
    const third = orders.sorted(3, upTo(1), texts)
    expect(orders.sorted(3, upTo(1), texts)).toBe(third)
    expect(orders.sorted(2, upTo(half), texts)).not.toBe(second)
    const tooMany = upTo(201)
    expect(orders.sorted(4, tooMany, texts)).not.toBe(orders.sorted(4, tooMany, texts))
  })
})
