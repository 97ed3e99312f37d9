import { describe, expect, it } from 'vitest'
import { RecentReads } from '../../../src/tsdb/chunk/recent-reads.ts'

describe('recent reads', () => {
  it('are counted by key up to a number, and then anew', () => {
    const reads = new RecentReads(1024)
    const answers = [7, 7, 9, 7, 7, 9, 7, 9, 7].map((key) => reads.completes(key, 3))
    expect(answers).toEqual([false, false, false, true, false, false, false, true, true])
  })

  it('are forgotten where four other keys were read since', () => {
    const readAll = (keys: readonly number[]) => {
      const reads = new RecentReads(1)
      return keys.map((key) => reads.completes(key, 2))
    }
    expect(readAll([7, 1, 2, 3, 7])).toEqual([false, false, false, false, true])
    expect(readAll([7, 1, 2, 3, 4, 7])).toEqual([false, false, false, false, false, false])
  })

  it.each([1, 64, 331, 2 ** 32, 2 ** 32 + 512])(
    'of a quarter as many chunks as there are places are known, %d apart',
    (stride) => {
      const places = 4_096
      const reads = new RecentReads(places)
      const keys = Array.from({ length: places / 4 }, (_, index) => 8 + index * stride)
      for (const key of keys) reads.completes(key, 2)
      const known = keys.filter((key) => reads.completes(key, 2)).length
      expect(known).toBeGreaterThan(keys.length * 0.95)
    },
  )

  it.each([1, 64, 331, 2 ** 32, 2 ** 32 + 512])(
    'of many times more chunks than places leave nothing, %d apart',
    (stride) => {
      const reads = new RecentReads(512)
      let known = 0
      for (let round = 0; round < 4; round++) {
        for (let at = 0; at < 8_192; at++) if (reads.completes(8 + at * stride, 2)) known++
      }
      expect(known).toBeLessThan(8_192 / 100)
    },
  )
})
