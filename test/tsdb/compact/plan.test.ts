import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  compactionRanges,
  type PlannedBlock,
  planCompaction,
  splitByRange,
} from '../../../src/tsdb/compact/plan.ts'
import { beyondRetention, limitsOf } from '../../../src/tsdb/compact/retention.ts'

type Change = Partial<PlannedBlock>

function block(minTimeMs: number, maxTimeMs: number, change: Change = {}): PlannedBlock {
  const ulid = `${minTimeMs}-${maxTimeMs}`
  const all = { ulid, minTimeMs, maxTimeMs, series: 100, tombstones: 0, failed: false }
  return { ...all, partOf: 'all', ...change }
}

const ranges = [20, 60, 180]

function plan(...blocks: readonly PlannedBlock[]): readonly string[] {
  return planCompaction(blocks, ranges).map(({ ulid }) => ulid)
}

const gone = { tombstones: 10 }
const stale = { partOf: 'stale-series' } as const

describe('the next compaction', () => {
  const cases: readonly (readonly [string, readonly PlannedBlock[], readonly string[]])[] = [
    ['no blocks', [], []],
    ['one block', [block(0, 20)], []],
    ['the newest is left alone', [block(0, 20), block(20, 40), block(40, 60)], []],
    [
      'a full range behind the newest',
      [block(0, 20), block(20, 40), block(40, 60), block(60, 80)],
      ['0-20', '20-40', '40-60'],
    ],
    [
      'a range with a gap, once a later block shows that nothing more comes',
      [block(0, 20), block(40, 60), block(60, 80), block(80, 100)],
      ['0-20', '40-60'],
    ],
    [
      'a range with a missing end waits while a block may still fill it',
      [block(0, 20), block(20, 40), block(40, 60, { ulid: 'newest' })],
      [],
    ],
    [
      'blocks of the next level',
      [block(0, 60), block(60, 120), block(120, 180), block(180, 200), block(200, 220)],
      ['0-60', '60-120', '120-180'],
    ],
    [
      'smaller ranges come first',
      [
        block(0, 60),
        block(60, 120),
        block(120, 140),
        block(140, 160),
        block(160, 180),
        block(180, 200),
      ],
      ['120-140', '140-160', '160-180'],
    ],
    [
      'a failed block keeps its range from being merged, and the others go on',
      [
        block(0, 20),
        block(20, 40, { failed: true }),
        block(40, 60),
        block(60, 80),
        block(80, 100),
        block(100, 120),
        block(120, 140),
      ],
      ['60-80', '80-100', '100-120'],
    ],
    ['overlapping blocks', [block(0, 20), block(19, 40), block(40, 60)], ['0-20', '19-40']],
    [
      'overlapping blocks, the newest too',
      [block(0, 20), block(20, 40), block(30, 50)],
      ['20-40', '30-50'],
    ],
    [
      'a chain of overlaps, and only the first of two',
      [block(0, 30), block(20, 50), block(40, 60), block(60, 80), block(70, 90)],
      ['0-30', '20-50', '40-60'],
    ],
    [
      'one that holds another and a third behind it',
      [block(0, 100), block(10, 20), block(50, 60), block(100, 120)],
      ['0-100', '10-20', '50-60'],
    ],
    ['many tombstones in a large block', [block(0, 60, gone), block(60, 80)], ['0-60']],
    ['few tombstones', [block(0, 60, { tombstones: 5 }), block(60, 80)], []],
    ['many tombstones in a small block wait', [block(0, 20, gone), block(60, 80)], []],
    [
      'a small block that is all deleted does not',
      [block(0, 20, { tombstones: 100 }), block(60, 80)],
      ['0-20'],
    ],
    ['classes do not overlap each other', [block(0, 20, stale), block(10, 30)], []],
    [
      'a class by itself',
      [block(0, 20, stale), block(10, 30, { ...stale, ulid: 'second' }), block(20, 40)],
      ['0-20', 'second'],
    ],
  ]
  for (const [name, blocks, expected] of cases) {
    it(name, () => {
      expect(plan(...blocks)).toEqual(expected)
      expect(plan(...[...blocks].reverse())).toEqual(expected)
    })
  }

  it('leaves overlapping blocks alone where somebody else makes them one', () => {
    const blocks = ['a', 'b', 'c'].map((ulid) => ({
      ulid,
      minTimeMs: 0,
      maxTimeMs: 7_200_000,
      series: 1,
      tombstones: 0,
      failed: false,
      partOf: 'all' as const,
    }))
    expect(planCompaction(blocks, [7_200_000])).toHaveLength(3)
    expect(planCompaction(blocks, [7_200_000], false)).toEqual([])
  })

  it('groups blocks by aligned ranges, before 1970 too', () => {
    const blocks = [block(-60, -40), block(-20, 0), block(0, 20), block(10, 70), block(20, 60)]
    const groups = splitByRange(blocks, 60).map((group) => group.map(({ ulid }) => ulid))
    expect(groups).toEqual([
      ['-60--40', '-20-0'],
      ['0-20', '20-60'],
    ])
  })

  it('ends: no plan comes again once its blocks are one', () => {
    const sizes = fc.array(fc.tuple(fc.nat(40), fc.integer({ min: 1, max: 9 })), { maxLength: 30 })
    fc.assert(
      fc.property(sizes, (spans) => {
        let blocks = spans.map(([start, length], index) =>
          block(start * 10, (start + length) * 10, { ulid: String(index) }),
        )
        for (let steps = 0; ; steps++) {
          const chosen = planCompaction(blocks, ranges)
          if (chosen.length === 0) return
          expect(steps).toBeLessThan(40)
          const minMs = Math.min(...chosen.map((each) => each.minTimeMs))
          const maxMs = Math.max(...chosen.map((each) => each.maxTimeMs))
          blocks = blocks.filter((each) => !chosen.includes(each))
          blocks.push(block(minMs, maxMs, { ulid: `merged ${steps}` }))
        }
      }),
    )
  })
})

describe('ranges of blocks', () => {
  it('grow by three up to the longest', () => {
    const hourMs = 3_600_000
    expect(compactionRanges(2 * hourMs, 36 * hourMs).map((ms) => ms / hourMs)).toEqual([2, 6, 18])
    expect(compactionRanges(2 * hourMs, 2 * hourMs)).toEqual([2 * hourMs])
  })
})

describe('retention', () => {
  const blocks = [100, 200, 300].map((maxTimeMs) => ({
    ulid: String(maxTimeMs),
    maxTimeMs,
    sizeBytes: 10,
  }))
  const cases: readonly (readonly [string, number, number, number, readonly string[]])[] = [
    ['off', 0, 0, 50, []],
    ['by time, to the millisecond', 200, 0, 50, ['100']],
    ['by time, a millisecond longer', 201, 0, 50, []],
    ['by size', 0, 70, 50, ['100']],
    ['by size with room for all', 0, 80, 50, []],
    ['by a size that the head takes alone', 0, 50, 50, ['300', '200', '100']],
    ['by whichever is stricter', 200, 60, 50, ['200', '100']],
  ]
  for (const [name, timeMs, sizeBytes, headBytes, expected] of cases) {
    it(name, () => {
      const gone = beyondRetention(blocks, { timeMs, sizeBytes }, 300, headBytes)
      expect(gone.map(({ ulid }) => ulid)).toEqual(expected)
    })
  }

  it('by a share of the file system, which wins over the size where the capacity is known', () => {
    const limits = { timeMs: 7, sizeBytes: 100, percentage: 12.5 }
    expect(limitsOf(limits, 1_001)).toEqual({ timeMs: 7, sizeBytes: 125 })
    expect(limitsOf(limits, 0)).toEqual(limits)
    expect(limitsOf({ ...limits, percentage: 0 }, 1_000).sizeBytes).toBe(100)
  })
})
