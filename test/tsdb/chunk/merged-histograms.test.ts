import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NativeHistogram, resetHint } from '../../../src/model/histogram.ts'
import type { HistogramCursor } from '../../../src/storage/querier.ts'
import { ChunkHistograms } from '../../../src/tsdb/chunk/chunk-histograms.ts'
import { encoding } from '../../../src/tsdb/chunk/encoding.ts'
import { HistogramDecoder } from '../../../src/tsdb/chunk/histogram-decoder.ts'
import { HistogramChunkWriter } from '../../../src/tsdb/chunk/histogram-writer.ts'
import { MergedHistograms } from '../../../src/tsdb/chunk/merged-histograms.ts'

/** A sample: who has it, and whether it stands in one chunk with the one before. */
interface Placed {
  readonly timeMs: number
  readonly source: number
  readonly chunk: number
}

interface Source {
  readonly times: readonly number[]
  /** Samples of each chunk. */
  readonly perChunk: number
  /** First and last deleted time. */
  readonly deleted: readonly [number, number]
}

const sources = fc.array(
  fc.record({
    times: fc
      .uniqueArray(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 40 })
      .map((times) => times.sort((a, b) => a - b)),
    perChunk: fc.integer({ min: 1, max: 12 }),
    deleted: fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: -20, max: 10 })),
  }),
  { minLength: 1, maxLength: 4 },
)

/** A cursor over chunks whose histograms have the number of their source as their sum. */
function cursorOf({ times, perChunk, deleted }: Source, number: number): HistogramCursor {
  const chunks: Uint8Array[] = []
  const writer = new HistogramChunkWriter(encoding.histogram)
  const histogram = new NativeHistogram()
  times.forEach((timeMs, index) => {
    if (index > 0 && index % perChunk === 0) {
      writer.cut()
      chunks.push(writer.closedBytes.slice())
    }
    histogram.count = index
    histogram.zeroCount = index
    histogram.sum[0] = number
    writer.append(timeMs, 0, histogram)
  })
  chunks.push(writer.bytes().slice())
  const source = {
    open: (decoder: HistogramDecoder) => {
      const bytes = chunks.shift()
      if (bytes !== undefined) decoder.open(encoding.histogram, bytes)
      return bytes !== undefined
    },
    fault: (corruption: Error) => corruption,
  }
  const cursor = new ChunkHistograms(source, new HistogramDecoder())
  cursor.begin(5, 55, Float64Array.of(deleted[0], deleted[0] + deleted[1]))
  return cursor
}

/** What is handed out: of equal times the last source's. */
function expectedOf(given: readonly Source[]): readonly Placed[] {
  const byTime = new Map<number, Placed>()
  given.forEach(({ times, perChunk, deleted }, source) => {
    times.forEach((timeMs, index) => {
      if (timeMs < 5 || timeMs > 55) return
      if (timeMs >= deleted[0] && timeMs <= deleted[0] + deleted[1]) return
      byTime.set(timeMs, { timeMs, source, chunk: Math.floor(index / perChunk) })
    })
  })
  return [...byTime.values()].sort((a, b) => a.timeMs - b.timeMs)
}

describe('histograms of several sources', () => {
  it('come in order of time, the last source\u2019s of equal times, and are called no reset only beside their neighbour', () => {
    fc.assert(
      fc.property(sources, (given) => {
        const merged = new MergedHistograms(given.map(cursorOf))
        const expected = expectedOf(given)
        const histogram = new NativeHistogram()
        const found: (readonly [timeMs: number, source: number])[] = []
        while (merged.next()) {
          merged.fill(histogram)
          const before = expected[found.length - 1]
          const { timeMs, source, chunk } = expected[found.length] ?? {
            timeMs: -1,
            source: -1,
            chunk: -1,
          }
          found.push([merged.timestampMs, histogram.sum[0] ?? -1])
          if (histogram.hint !== resetHint.notReset) continue
          // Nothing of its source lies between the two, or the hint would be about that.
          const times = given[source]?.times ?? []
          const neighbour = times[times.indexOf(timeMs) - 1] ?? -1
          if (before === undefined) expect(neighbour).toBeLessThan(5)
          else
            expect([before.source, before.chunk, before.timeMs]).toEqual([source, chunk, neighbour])
        }
        expect(found).toEqual(expected.map(({ timeMs, source }) => [timeMs, source]))
        expect(merged.next()).toBe(false)
      }),
      { numRuns: 300 },
    )
  })
})
