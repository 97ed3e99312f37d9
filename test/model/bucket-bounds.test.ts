import { describe, expect, it } from 'vitest'
import { bucketBound } from '../../src/model/bucket-bounds.ts'
import { customBucketsSchema, HistogramLayout } from '../../src/model/histogram.ts'

describe('bounds of histogram buckets', () => {
  it.each([
    // Of Prometheus 3.14.
    [0, 0, 1],
    [0, 3, 8],
    [0, -1074, 5e-324],
    [1, 3, 2.82842712474619],
    [2, 3, 1.6817928305074288],
    [8, 255, 1.9945921121709396],
    [8, -1, 0.9972960560854698],
    [-1, 2, 16],
    [-4, -1, 2 ** -16],
    [0, 1024, Number.MAX_VALUE],
    [0, 1025, Number.POSITIVE_INFINITY],
    [-1, 512, Number.MAX_VALUE],
    [-4, 65, Number.POSITIVE_INFINITY],
  ])('schema %i, bucket %i ends at %d', (schema, index, bound) => {
    const layout = new HistogramLayout()
    layout.schema = schema
    expect(bucketBound(index, layout)).toBe(bound)
  })

  it('custom bounds are listed, with the infinities at both ends', () => {
    const layout = new HistogramLayout()
    layout.schema = customBucketsSchema
    layout.customBounds = Float64Array.of(5, 10, 99)
    layout.customBoundCount = 2
    expect([-1, 0, 1, 2].map((index) => bucketBound(index, layout))).toEqual([
      -Infinity,
      5,
      10,
      Infinity,
    ])
  })
})
