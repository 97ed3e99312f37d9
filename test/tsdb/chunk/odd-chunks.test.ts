import { describe, expect, it } from 'vitest'
import { NativeHistogram, resetHint } from '../../../src/model/histogram.ts'
import { writeStaleAt } from '../../../src/model/stale-nan.ts'
import { sampleCountOf } from '../../../src/tsdb/chunk/chunk-encoding.ts'
import { encoding } from '../../../src/tsdb/chunk/encoding.ts'
import { HistogramColumns } from '../../../src/tsdb/chunk/histogram-columns.ts'
import { HistogramDecoder } from '../../../src/tsdb/chunk/histogram-decoder.ts'
import { appendOutcome, HistogramChunkWriter } from '../../../src/tsdb/chunk/histogram-writer.ts'
import { readFloats, readHistograms } from './chunk-reading.ts'

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'))
}

/** Chunks that Prometheus 3.14 looked through after two samples and then went on with. */
const reopened = {
  xor: '0004d00f3ff0000000000000e80727ff40000000000005ffe8000000000000',
  xor2: '000400d00f3ff0000000000000e80747ff40000000000009ffe8000000000000',
  histogramStart: [
    '000483008c63178fa263ff00000000000009f403f8fa0114ffe80000000000011457ffa00000000000047c3e',
    '80',
  ].join(''),
  floatHistogramStart: [
    '000483008c63178fa100200000000000000000000000000000ffc00000000000010020000000000003a01fc7',
    'd00800600000000000013ffa00000000000040030000000000000800200000000000017ffa00000000000040',
    '010000000000001e1f40',
  ].join(''),
}

/** Counts of 5, 2^63 + 12345, 2^64 - 1, 2^60 + 1, 2^53 + 1, 7 and 2^53 - 1, by Prometheus 3.14. */
const wideChunk = [
  '0007c0008c6512b100000000000000008bc7d1ff0000000000006069fe555555555555757988affffc666666',
  '6666668cf7ffb6db6db6db6d9b51f73f25f7bfb984bffff7d971f01b8cff900000000000303cff8555555555',
  '556568d80ffed99999999999c02ffcd2492492492476bdffc03ffffffffffffdfe956aaaaaaaaaaaadac2ffc',
  'b34ccccccccccccfff7fedb6db6db6db71fe1f8000000000000dfe0a80000000000003b41ff8193333333333',
  '3347ffedfffffffffffff3f8ffffffffffffcbf855555555555547605ff066666666666657f7b6db6db6db6d',
  'd0',
].join('')
/** Count, zero count and both buckets of each, as Prometheus turns them into floats. */
const wideFloats = [
  '4014000000000000 3ff0000000000000 3ff0000000000000 3ff0000000000000',
  '43e0000000000006 43c555555555555d 43b99999999999a3 439d41d41d41d428',
  '43f0000000000000 43d5555555555555 43c999999999999a 43ad41d41d41d41d',
  '43b0000000000000 4395555555555555 438999999999999a 436d41d41d41d41d',
  '4340000000000000 4325555555555556 4319999999999998 42fd41d41d41d420',
  '401c000000000000 4000000000000000 3ff0000000000000 0000000000000000',
  '433fffffffffffff 4325555555555554 4319999999999998 42fd41d41d41d420',
]

/** Of schema 11 and 52, three samples each, by Prometheus 3.14. */
const finerChunks = [
  [
    '0003c0f2c5ceb594e7c288d22403e00000000000000000000000000004014000000000000000000000000000',
    '03ff000000000000040000000000000004008000000000000401000000000000040140000000000004018000',
    '000000000401c000000000000402000000000000040220000000000004059000000000000405940000000000',
    '040598000000000004059c00000000000f1f40c457ff84bfffb01eb0bda0f605ed07a84fdc0f685f107c02f8',
    '83dc278612fffec07ac2f683d8173a84fdc0f685cf00b9dc27c2',
  ].join(''),
  [
    '0003c0f2e1a4eb594e7c288d22403e0000000000000000000000000000401400000000000000000000000000',
    '003ff00000000000004000000000000000400800000000000040100000000000004014000000000000401800',
    '0000000000401c00000000000040200000000000004022000000000000405900000000000040594000000000',
    '0040598000000000004059c00000000000f1f40c457ff84bfffb01eb0bda0f605ed07a84fdc0f685f107c02f',
    '883dc278612fffec07ac2f683d8173a84fdc0f685cf00b9dc27c20',
  ].join(''),
]

describe('odd chunks', () => {
  it('that were gone on with after reading use a window that was never written', () => {
    const wanted = [
      [1000, 0x3ff00000],
      [2000, 0x3ff00000],
      [3000, 0x40040000],
      [4000, 0xbff00000],
    ].map(([timestampMs, high]) => ({ timestampMs, startMs: 0, high, low: 0 }))
    expect(readFloats(encoding.xor, bytesOf(reopened.xor))).toEqual(wanted)
    expect(readFloats(encoding.xor2, bytesOf(reopened.xor2))).toEqual(wanted)
    const integers = readHistograms(encoding.histogramStart, bytesOf(reopened.histogramStart))
    const floats = readHistograms(
      encoding.floatHistogramStart,
      bytesOf(reopened.floatHistogramStart),
    )
    expect(integers).toEqual(floats)
    const facts = floats.map(({ startMs, sum, count }) => [startMs, sum.slice(0, 8), count])
    expect(facts).toEqual([
      [500, '3ff00000', 3],
      [500, '3ff00000', 3],
      [500, '40040000', 4],
      [2500, 'bff00000', 6],
    ])
  })

  it('with counts of up to 64 bits come out as the nearest floats', () => {
    const decoder = new HistogramDecoder()
    const columns = new HistogramColumns()
    decoder.open(encoding.histogram, bytesOf(wideChunk))
    decoder.decode(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, columns)
    const rows = Array.from({ length: columns.samples }, (_, row) => {
      const [count, zeroCount] = [columns.counts[row] ?? 0, columns.zeroCounts[row] ?? 0]
      const buckets = columns.buckets.subarray(row * 2, row * 2 + 2)
      const view = new DataView(Float64Array.of(count, zeroCount, ...buckets).buffer)
      return [0, 8, 16, 24].map((at) => view.getBigUint64(at, true).toString(16).padStart(16, '0'))
    })
    expect(rows.map((row) => row.join(' '))).toEqual(wideFloats)
    expect(readHistograms(encoding.histogram, bytesOf(wideChunk))).toHaveLength(7)
  })

  it('with counts of up to 2^53 are written and read exactly, however they jump', () => {
    const counts = [2 ** 53, 0, 2 ** 53 - 1, 1, 3, 2 ** 53 - 3, 2 ** 51 + 1, 7]
    const writer = new HistogramChunkWriter(encoding.histogram)
    const histogram = new NativeHistogram()
    histogram.hint = resetHint.gauge
    histogram.positiveSpans.set([0, 3])
    histogram.positiveSpanCount = 1
    histogram.positiveBucketCount = 3
    counts.forEach((count, index) => {
      histogram.count = count
      histogram.zeroCount = counts[(index + 3) % 8] ?? 0
      histogram.positiveBuckets.set([count, 0, counts[(index + 1) % 8] ?? 0])
      writer.append(index, 0, histogram)
    })
    const decoder = new HistogramDecoder()
    decoder.open(encoding.histogram, writer.bytes())
    counts.forEach((count, index) => {
      expect(decoder.next()).toBe(true)
      decoder.fill(histogram)
      expect([histogram.count, histogram.zeroCount]).toEqual([count, counts[(index + 3) % 8]])
      const buckets = Array.from(histogram.positiveBuckets.subarray(0, 3))
      expect(buckets).toEqual([count, 0, counts[(index + 1) % 8]])
    })
    expect(decoder.next()).toBe(false)
  })

  it('of a finer schema than 8 are reduced to it', () => {
    const decoder = new HistogramDecoder()
    const histogram = new NativeHistogram()
    const rows = finerChunks.map((hex) => {
      decoder.open(encoding.floatHistogram, bytesOf(hex))
      const texts: string[] = []
      while (decoder.next()) {
        decoder.fill(histogram)
        const { positiveSpanCount, positiveBucketCount, negativeSpanCount } = histogram
        const spans = histogram.positiveSpans.subarray(0, positiveSpanCount * 2)
        const buckets = histogram.positiveBuckets.subarray(0, positiveBucketCount)
        const negativeSpans = histogram.negativeSpans.subarray(0, negativeSpanCount * 2)
        const negative = histogram.negativeBuckets.subarray(0, histogram.negativeBucketCount)
        const parts = [spans, buckets, negativeSpans, negative].map((part) => part.join(' '))
        texts.push([histogram.schema, ...parts].join(', '))
      }
      return texts
    })
    expect(rows).toEqual([
      [
        '8, 0 2 4 2, 6 15 15 9, 1 1, 406',
        '8, 0 2 4 2, 10 18 17 10, 1 1, 410',
        '8, 0 2 4 2, 14 21 19 11, 1 1, 414',
      ],
      ['8, 0 2, 6 39, 1 1, 406', '8, 0 2, 10 45, 1 1, 410', '8, 0 2, 14 51, 1 1, 414'],
    ])
  })

  it('with rows of buckets that no byte stands for are not decoded beyond the limit', () => {
    const writer = new HistogramChunkWriter(encoding.histogram)
    const histogram = new NativeHistogram()
    histogram.positiveSpans.set([0, 2_000])
    histogram.positiveSpanCount = 1
    histogram.positiveBucketCount = 2_000
    histogram.reserveBuckets(2_000, 0)
    writer.append(0, 0, histogram)
    writeStaleAt(histogram.sumHalves, 0)
    for (let index = 1; index < 10_000; index++) writer.append(index, 0, histogram)
    const decoder = new HistogramDecoder()
    decoder.open(encoding.histogram, writer.bytes())
    const decode = () => decoder.decode(0, 10_000, new HistogramColumns())
    expect(decode).toThrow('damaged chunk at byte 0: more than 16777216 buckets times samples')
    decoder.decode(0, 10, new HistogramColumns())
    decoder.rewind()
    let samples = 0
    while (decoder.next()) samples++
    expect(samples).toBe(10_000)
  })

  it('that are full make way for the next', () => {
    for (const [kind, samplesMax] of [
      [encoding.histogramStart, 16_383],
      [encoding.floatHistogram, 65_535],
    ] as const) {
      const writer = new HistogramChunkWriter(kind)
      const histogram = new NativeHistogram()
      histogram.isFloat = writer.isFloat
      for (let index = 0; index < samplesMax; index++) writer.append(index, 0, histogram)
      expect(writer.append(samplesMax, 0, histogram)).toBe(appendOutcome.cut)
      expect(writer.sampleCount).toBe(1)
      const times = [writer.closedMinTimeMs, writer.closedMaxTimeMs, writer.minTimeMs]
      expect(times).toEqual([0, samplesMax - 1, samplesMax])
      expect(sampleCountOf(kind, writer.closedBytes)).toBe(samplesMax)
    }
  })

  it('without samples have none', () => {
    expect(readFloats(encoding.xor, Uint8Array.of(0, 0))).toEqual([])
    expect(readFloats(encoding.xor2, Uint8Array.of(0, 0, 0))).toEqual([])
    expect(readHistograms(encoding.histogram, Uint8Array.of(0, 0, 0))).toEqual([])
  })

  it('of an encoding that there is not, or not here, are refused by name', () => {
    const decoder = new HistogramDecoder()
    expect(() => decoder.open(encoding.xor, Uint8Array.of(0, 0, 0))).toThrow(
      'damaged chunk at byte 0: XOR: no histogram encoding',
    )
    expect(() => decoder.open(7, Uint8Array.of(0, 0, 0))).toThrow(
      'damaged chunk at byte 0: 7: no histogram encoding',
    )
    expect(() => readFloats(encoding.xor, Uint8Array.of(0, 9, 0))).toThrow(
      'damaged chunk at byte 0: 9 samples in 3 bytes of a XOR chunk',
    )
  })
})
