import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Pins } from '../../../src/base/pins.ts'
import { Labels } from '../../../src/model/labels.ts'
import { halvesOf, writeStaleAt } from '../../../src/model/stale-nan.ts'
import { appendInOrder, leavingLateOut } from '../../../src/tsdb/head/append-in-order.ts'
import { Head } from '../../../src/tsdb/head/head.ts'
import { plainEncodings } from '../../../src/tsdb/head/head-encodings.ts'
import { emptySnapshotChunk } from '../../../src/tsdb/head/snapshot-record.ts'

const rangeMs = 7_200_000
const seriesCount = 3

function newHead(): Head {
  const head = new Head(rangeMs, plainEncodings(), new Pins())
  for (let series = 0; series < seriesCount; series++) head.series(Labels.of({ a: `${series}` }))
  return head
}

/** What the head has of each series, bit by bit, and what it counts. */
function contentOf(head: Head): readonly unknown[] {
  const chunk = emptySnapshotChunk()
  const open = Array.from({ length: seriesCount }, (_, series) =>
    head.chunks.readOpen(series, chunk)
      ? [chunk.minTimeMs, chunk.maxTimeMs, Buffer.from(chunk.bytes).toString('hex')]
      : [head.chunks.newestMs(series)],
  )
  const arena = Array.from(head.memory.chunks.arena.segments, (segment) =>
    Buffer.from(segment.slice(0, head.closed.arenaBytes)).toString('base64'),
  )
  return [open, arena, head.stats()]
}

const sample = fc.record({
  series: fc.nat(seriesCount - 1),
  /** How many in a row, each so far behind the one before. */
  run: fc.integer({ min: 1, max: 90 }),
  stepMs: fc.oneof(
    { weight: 6, arbitrary: fc.constant(15_000) },
    fc.integer({ min: -20_000, max: 400_000 }),
  ),
  value: fc.double(),
  isRandom: fc.boolean(),
  staleAt: fc.integer({ min: -40, max: 90 }),
})

describe('samples of one series side by side', () => {
  it('make the same chunks in one go as one by one', () => {
    let added = 0
    const runs = fc.array(sample, { minLength: 4, maxLength: 30 })
    fc.assert(
      fc.property(runs, (pieces) => {
        const count = pieces.reduce((sum, { run }) => sum + run, 0)
        const ids = new Uint32Array(count)
        const timestampsMs = new Float64Array(count)
        const values = new Float64Array(count)
        const newest = new Float64Array(seriesCount).fill(1e12)
        let at = 0
        for (const { series, run, stepMs, value, isRandom, staleAt } of pieces) {
          for (let index = 0; index < run; index++, at++) {
            ids[at] = series
            newest[series] = (newest[series] ?? 0) + stepMs
            timestampsMs[at] = newest[series] ?? 0
            values[at] = isRandom ? Math.sin(at) * value : index
            if (index === staleAt) writeStaleAt(halvesOf(values), at)
          }
        }
        const [together, apart] = [newHead(), newHead()]
        added += appendInOrder(
          together,
          { ids, timestampsMs, values, count },
          leavingLateOut(together),
        )
        const halves = halvesOf(values)
        for (let index = 0; index < count; index++) {
          const id = ids[index] ?? 0
          const timestampMs = timestampsMs[index] ?? 0
          if (timestampMs <= apart.chunks.newestMs(id)) continue
          apart.append(id, timestampMs, halves[index * 2 + 1] ?? 0, halves[index * 2] ?? 0)
          apart.closed.flush()
        }
        expect(contentOf(together)).toEqual(contentOf(apart))
      }),
      { numRuns: 30 },
    )
    expect(added).toBeGreaterThan(5_000)
  })
})
