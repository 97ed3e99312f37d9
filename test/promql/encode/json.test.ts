import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { limits } from '../../../src/base/limits.ts'
import { jsonFloatText } from '../../../src/model/float-text.ts'
import { NativeHistogram } from '../../../src/model/histogram.ts'
import {
  exactSecondsText,
  floatBytesMax,
  writeFloat,
  writeSeconds,
} from '../../../src/promql/encode/float-bytes.ts'
import { HistogramsWriter } from '../../../src/promql/encode/histograms.ts'
import { JsonPieces } from '../../../src/promql/encode/json-pieces.ts'
import { PointsWriter } from '../../../src/promql/encode/series.ts'
import { floatHistogram } from '../histogram/histogram-notation.ts'

function floatText(value: number): string {
  const bytes = new Uint8Array(floatBytesMax)
  return Buffer.from(bytes.subarray(0, writeFloat(value, bytes, 0))).toString()
}

function secondsText(timeMs: number): string {
  const bytes = new Uint8Array(floatBytesMax)
  return Buffer.from(bytes.subarray(0, writeSeconds(timeMs, bytes, 0))).toString()
}

describe('sample values in JSON', () => {
  it.each([
    [0, '0'],
    [-0, '-0'],
    [1, '1'],
    [-17, '-17'],
    [9_007_199_254_740_991, '9007199254740991'],
    [0.1, '0.1'],
    [1e20, '100000000000000000000'],
    [1e21, '1e+21'],
    [123_456_789e100, '1.23456789e+108'],
    [0.000001, '0.000001'],
    [1.5e-7, '1.5e-07'],
    [5e-324, '5e-324'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, '+Inf'],
    [Number.NEGATIVE_INFINITY, '-Inf'],
  ])('%d is written as %s', (value, text) => {
    expect(floatText(value)).toBe(text)
  })

  it('every float reads back as itself', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(Number(floatText(value))).toBe(value)
      }),
      { seed: 20_251, numRuns: 2000 },
    )
  })

  it('floats of few decimals have the shortest digits, too', () => {
    const decimal = fc.tuple(fc.integer({ min: -(10 ** 15), max: 10 ** 15 }), fc.nat(9))
    fc.assert(
      fc.property(decimal, ([digits, decimals]) => {
        const value = digits / 10 ** decimals
        const isPlain = value === 0 || Math.abs(value) >= 1e-6
        if (isPlain) expect(floatText(value)).toBe(String(value))
      }),
      { seed: 20_265, numRuns: 3_000 },
    )
    const short = fc.integer({ min: -3_000_000, max: 3_000_000 })
    fc.assert(
      fc.property(short, fc.constantFrom(1e3, 1e6), (digits, scale) => {
        const value = digits / scale
        expect(floatText(value)).toBe(jsonFloatText(value))
      }),
      { seed: 20_266, numRuns: 3_000 },
    )
  })

  it.each([
    [0, '0'],
    [1_435_781_430_781, '1435781430.781'],
    [1_500, '1.500'],
    [1_001, '1.001'],
    [-1_500, '-1.500'],
    [60_000, '60'],
  ])('%d ms is written as %s s', (timeMs, text) => {
    expect(secondsText(timeMs)).toBe(text)
    expect(exactSecondsText(BigInt(timeMs))).toBe(text)
  })

  it('times beyond the safe integers keep every digit', () => {
    expect(exactSecondsText(2n ** 53n + 1n)).toBe('9007199254740.993')
    expect(exactSecondsText(2n ** 63n - 1n)).toBe('9223372036854775.807')
    expect(exactSecondsText(-(2n ** 63n))).toBe('-9223372036854775.808')
  })
})

describe('the answer as pieces', () => {
  it('no piece is larger than a socket write may be, and together they are the text', () => {
    const out = new JsonPieces()
    const text = JSON.stringify('ä€😀'.repeat(200_000))
    out.ascii('[')
    out.text(text)
    out.ascii(']')
    const pieces = out.finish()
    expect(Buffer.concat(pieces).toString()).toBe(`[${text}]`)
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThanOrEqual(
      limits.httpWritePieceBytesMax,
    )
  })

  it('points survive the borders of small pieces and the reuse of equal values', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 100, max: 300 }),
        fc.array(fc.constantFrom(1, 0.25, 1e-9, Number.NaN, 123_456.789), { maxLength: 60 }),
        (pieceBytesMax, values) => {
          const out = new JsonPieces(pieceBytesMax)
          const twin = new JsonPieces(pieceBytesMax)
          for (const points of [new PointsWriter(out), new PointsWriter(twin, null)]) {
            points.begin()
            values.forEach((value, index) => {
              points.at(index * 1000, value)
            })
            points.end()
          }
          const expected = values.map((value, index) => `[${index},"${floatText(value)}"]`)
          expect(Buffer.concat(out.finish()).toString()).toBe(expected.join(','))
          expect(Buffer.concat(twin.finish()).toString()).toBe(expected.join(','))
        },
      ),
      { seed: 20_251 },
    )
  })

  it('points at exact times stand between those of numbers, whatever the pieces', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 100, max: 300 }),
        fc.array(fc.tuple(fc.integer({ min: -1e12, max: 1e12 }), fc.boolean()), { maxLength: 60 }),
        (pieceBytesMax, points) => {
          const out = new JsonPieces(pieceBytesMax)
          const twin = new JsonPieces(pieceBytesMax)
          for (const writer of [new PointsWriter(out), new PointsWriter(twin, null)]) {
            writer.begin()
            for (const [timeMs, isExact] of points) {
              if (isExact) writer.exactAt(BigInt(timeMs), 0.25)
              else writer.at(timeMs, 0.25)
            }
            writer.end()
          }
          const expected = points.map(([timeMs]) => `[${secondsText(timeMs)},"0.25"]`)
          expect(Buffer.concat(out.finish()).toString()).toBe(expected.join(','))
          expect(Buffer.concat(twin.finish()).toString()).toBe(expected.join(','))
        },
      ),
      { seed: 20_252 },
    )
  })

  it('a histogram has its time exactly, too', () => {
    const written = [1_500, 1_500n].map((timeMs) => {
      const out = new JsonPieces()
      const writer = new HistogramsWriter(out)
      writer.begin()
      writer.at(timeMs, new NativeHistogram())
      return Buffer.concat(out.finish()).toString()
    })
    expect(written[0]).toContain('[1.500,')
    expect(written[1]).toBe(written[0])
  })

  it.each([
    [Number.NaN, '[1,"-2","-1","3"],[0,"1","2","4"]'],
    [1.5, '[1,"-2","-1.5","3"],[0,"1.5","2","4"]'],
    [0.5, '[1,"-2","-1","3"],[0,"1","2","4"]'],
  ])('with a zero threshold of %d buckets have the bounds %s', (threshold, buckets) => {
    const ends = { spans: [1, 1], buckets: [4], negativeSpans: [1, 1], negativeBuckets: [3] }
    const out = new JsonPieces()
    const writer = new HistogramsWriter(out)
    writer.begin()
    writer.at(0, floatHistogram({ zeroThreshold: threshold, count: 7, ...ends }))
    expect(Buffer.concat(out.finish()).toString()).toContain(`"buckets":[${buckets}]`)
  })
})
