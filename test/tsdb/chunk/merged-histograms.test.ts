import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NativeHistogram, resetHint } from '../../../src/model/histogram.ts'
import { HistogramColumns, stalePlace } from '../../../src/promql/histogram/histogram-columns.ts'
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
function cursorOf(
  { times, perChunk, deleted }: Source,
  number: number,
  isStale: (timeMs: number) => boolean = () => false,
): HistogramCursor {
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
    histogram.setPositiveSpans(Int32Array.of(3, 2), 1)
    histogram.positiveBucketCount = 2
    histogram.positiveBuckets.set([index, index * 2])
    histogram.sum[0] = number
    if (isStale(timeMs)) histogram.sumHalves.set([2, 0x7ff00000])
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
  const intervals = deleted[1] < 0 ? [] : [deleted[0], deleted[0] + deleted[1]]
  cursor.begin(5, 55, Float64Array.from(intervals))
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
        const merged = new MergedHistograms(given.map((source, number) => cursorOf(source, number)))
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

  it('are the same one by one and in rows', () => {
    fc.assert(
      fc.property(
        sources,
        fc.integer({ min: 2, max: 60 }),
        fc.boolean(),
        (given, nth, keepsStale) => {
          const stale = (timeMs: number) => timeMs % nth === 1
          const cursor = () =>
            new MergedHistograms(given.map((source, number) => cursorOf(source, number, stale)))
          const single = cursor()
          const oneByOne: HistogramCursor = {
            get timestampMs() {
              return single.timestampMs
            },
            startMs: 0,
            next: () => single.next(),
            fill: (into) => single.fill(into),
          }
          const rows = heldOf(cursor(), keepsStale)
          expect(rows).toEqual(heldOf(oneByOne, keepsStale))
        },
      ),
    )
  })
})

/** Time, hint and numbers of everything that a cursor hands out. */
function heldOf(cursor: HistogramCursor, keepsStale: boolean): readonly unknown[] {
  const columns = new HistogramColumns()
  columns.read(cursor, { keepsStale, parts: 'whole' })
  const into = new NativeHistogram()
  return Array.from({ length: columns.count }, (_none, index) => {
    const timeMs = columns.timestampsMs[index]
    if (columns.places[index] === stalePlace) return [timeMs, 'stale']
    columns.load(index, into)
    const buckets = [...into.positiveBuckets.subarray(0, into.positiveBucketCount)]
    const spans = [...into.positiveSpans.subarray(0, into.positiveSpanCount * 2)]
    return [timeMs, into.hint, into.count, into.zeroCount, into.sum[0], into.schema, spans, buckets]
  })
}
