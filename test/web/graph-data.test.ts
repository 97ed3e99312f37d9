import { describe, expect, it } from 'vitest'
import { graphData, stacked } from '../../web/src/graph/graph-data.ts'

const grid = { startSeconds: 100, endSeconds: 140, stepSeconds: 10 }

describe('a range answer on the grid of its query', () => {
  it('has null where there is no sample, and none that cannot be drawn', () => {
    const { times, series } = graphData(
      [
        {
          metric: { __name__: 'm', a: 'b' },
          values: [
            [100, '1'],
            [120, 'NaN'],
            [130, '+Inf'],
            [140, '4'],
          ],
        },
      ],
      grid,
    )
    expect(times).toEqual([100, 110, 120, 130, 140])
    expect(series).toEqual([
      {
        key: 'm{a="b"}',
        labels: { __name__: 'm', a: 'b' },
        values: [1, null, null, null, 4],
        summary: { last: 4, min: 1, max: 4, mean: 2.5 },
      },
    ])
  })

  it('keeps its points where steps are no binary fractions', () => {
    const fine = { startSeconds: 0, endSeconds: 1, stepSeconds: 0.1 }
    const values = Array.from(
      { length: 11 },
      (_, i) => [Number((i * 0.1).toFixed(3)), '1'] as const,
    )
    const [series] = graphData([{ metric: {}, values }], fine).series
    expect(series?.values).toEqual(new Array(11).fill(1))
  })

  it('of no samples has an empty summary', () => {
    const [series] = graphData([{ metric: {} }], grid).series
    const none = { last: Number.NaN, min: Number.NaN, max: Number.NaN, mean: Number.NaN }
    expect(series?.summary).toEqual(none)
  })

  it('stacks each series on those before it and keeps gaps', () => {
    expect(
      stacked([
        [1, 2, null],
        [10, null, 30],
        [100, 200, 300],
      ]),
    ).toEqual([
      [1, 2, null],
      [11, null, 30],
      [111, 202, 330],
    ])
  })
})
