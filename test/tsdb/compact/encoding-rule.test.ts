import { describe, expect, it } from 'vitest'
import { encoding } from '../../../src/tsdb/chunk/encoding.ts'
import { mergedEncoding, mustCut } from '../../../src/tsdb/compact/encoding-rule.ts'

const { xor, xor2, histogram, histogramStart, floatHistogram, floatHistogramStart } = encoding

describe('the encoding of samples that come from several chunks', () => {
  it('is the one that is set for floats, and XOR2 for those with a start', () => {
    expect([xor, xor2].map((from) => mergedEncoding(xor)(from, 0))).toEqual([xor, xor])
    expect([xor, xor2].map((from) => mergedEncoding(xor2)(from, 0))).toEqual([xor2, xor2])
    expect([xor, xor2].map((from) => mergedEncoding(xor)(from, 5))).toEqual([xor2, xor2])
  })

  it('keeps starts of histograms only where they are', () => {
    const rule = mergedEncoding(xor)
    expect(rule(histogramStart, 0)).toBe(histogram)
    expect(rule(histogram, 5)).toBe(histogramStart)
    expect(rule(floatHistogramStart, 0)).toBe(floatHistogram)
    expect(rule(floatHistogramStart, 5)).toBe(floatHistogramStart)
  })

  it('ends an open chunk of floats only where a start does not fit it', () => {
    expect(mustCut(xor, xor2, 0)).toBe(false)
    expect(mustCut(xor2, xor, 0)).toBe(false)
    expect(mustCut(xor, xor2, 5)).toBe(true)
    expect(mustCut(xor2, xor2, 5)).toBe(false)
    expect(mustCut(histogram, histogramStart, 5)).toBe(true)
    expect(mustCut(xor, histogram, 0)).toBe(true)
  })
})
