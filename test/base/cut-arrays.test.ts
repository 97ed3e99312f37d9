import { describe, expect, it } from 'vitest'
import { cutFloat64, cutInt32, cutUint32 } from '../../src/base/cut-arrays.ts'

const cuts = [cutFloat64, cutUint32, cutInt32]

describe('arrays that are cut out of blocks', () => {
  it('are of zeros, of the length that was asked for, and nobody else writes to them', () => {
    const arrays = Array.from({ length: 3_000 }, (_none, index) => {
      const array = cuts[index % cuts.length]?.((index * 7) % 300)
      expect(array).toHaveLength((index * 7) % 300)
      expect(array?.every((value) => value === 0)).toBe(true)
      return array?.fill(index)
    })
    for (const [index, array] of arrays.entries()) {
      expect(array?.every((value) => value === index)).toBe(true)
    }
  })

  it('short ones share memory, long ones have their own', () => {
    const [first, second, long] = [cutUint32(1), cutUint32(1), cutUint32(100_000)]
    const isShared = first.buffer === second.buffer || second.byteOffset === 0
    expect(isShared).toBe(true)
    expect(long.buffer.byteLength).toBe(long.byteLength)
  })
})
