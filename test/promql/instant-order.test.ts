import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseSeriesNotation } from '../../src/promql/parse/series-notation.ts'
import { TestDatabase } from '../conformance/promql/test-database.ts'
import { ask } from './ask.ts'

/** In no order of labels: m is 3, 1, 2 as it comes, and n has one series more. */
const lines = [
  'm{i="b",side="l"} 3',
  'm{i="c",side="l"} 1',
  'm{i="a",side="l"} 2',
  'n{i="z"} 9',
  'n{i="b",side="r"} -3',
  'n{i="c",side="r"} -1',
  'n{i="a",side="r"} -2',
]

let database: TestDatabase

beforeAll(async () => {
  database = await TestDatabase.open()
  const series = lines.map(parseSeriesNotation)
  database.load({ kind: 'load', line: 0, stepMs: 15_000, withHistograms: false, series })
})

afterAll(() => database.close())

/** The answer's series by name (where it is kept) and label i. */
async function orderOf(query: string, limit = 0): Promise<string> {
  const { series } = await ask(database.queryable, query, { startMs: 0, limit })
  return series.map(({ metric: { __name__: name = '', i = '-' } }) => `${name}${i}`).join(' ')
}

describe('the series of an instant vector stand', () => {
  it.each([
    ['m', 'mb mc ma'],
    ['abs(n)', 'z b c a'],
    ['n + on (i) m', 'b c a'],
    ['n and on (i) m', 'nb nc na'],
    ['sum by (i) (n)', 'z b c a'],
  ])('as they come from the storage: %s', async (query, order) => {
    expect(await orderOf(query)).toBe(order)
  })

  it.each([
    ['n or m', 'nz nb nc na mb mc ma'],
    ['m or n', 'mb mc ma nz nb nc na'],
    ['m or vector(1)', 'mb mc ma -'],
    ['vector(1) or m', '- mb mc ma'],
    ['n or on (i) m or vector(0)', 'nz nb nc na -'],
    ['n{i="b"} or on (i) m or vector(0)', 'nb mc ma -'],
    ['n or (m or vector(1))', 'nz nb nc na mb mc ma -'],
    ['(n or m) * 2', 'z b c a b c a'],
    ['-(m{i="c"} or n{i="a"})', 'c a'],
    ['sum(m) or m', '- mb mc ma'],
    ['count by (i) (n) or m', 'z b c a mb mc ma'],
    ['(m offset 1h or n{i="c"}) or m', 'nc mb mc ma'],
    ['(m > 2 or m)', 'mb mc ma'],
    ['(m < 3 or m)', 'mc ma mb'],
  ])(
    'first those of the left side of or, then those of the right one: %s',
    async (query, order) => {
      expect(await orderOf(query)).toBe(order)
    },
  )

  it.each([
    ['sort(m)', 'mc ma mb'],
    ['sort_desc(m) or n', 'mb ma mc nz nb nc na'],
    ['n or sort_desc(m)', 'nz nb nc na mb ma mc'],
    ['round(sort_desc(m))', 'b a c'],
    ['clamp_max(sort(m), 2)', 'c a b'],
    ['label_replace(topk(2, m), "x", "y", "", "")', 'mb ma'],
    ['label_join(bottomk(2, m), "x", "-", "i")', 'mc ma'],
    ['timestamp(sort(m))', 'c a b'],
    ['2 * -sort(m)', 'c a b'],
    ['sort(m) * on (i) n', 'c a b'],
    ['sort_desc(m) * on () group_left () n{i="z"}', 'b a c'],
    ['n{i="z"} * on () group_right () sort_desc(m)', 'b a c'],
    ['sort_desc(m) and on (i) n', 'mb ma mc'],
    ['sort_desc(m) unless on (i) n{i="a"}', 'mb mc'],
    ['sort_by_label_desc(m, "i") > 1', 'mb ma'],
    ['info(sort(m))', 'mc ma mb'],
    ['sum by (i) (sort(m))', 'c a b'],
    ['m * on (i) sort_desc(n)', 'b c a'],
  ])('as they were sorted, through what maps each series to one: %s', async (query, order) => {
    expect(await orderOf(query)).toBe(order)
  })

  it.each([
    ['sum by (i) (n < 0 or m)', 'b c a'],
    ['sum by (side) (n == 9 or n)', '- -'],
    ['sum by (i) (m < 3)', 'c a'],
    ['sum by (i) ((m < 3) or (n == 9) or m)', 'c a z b'],
    ['quantile by (i) (0.5, (m < 3) or m)', 'c a b'],
    ['topk by (i) (1, (m < 3) or m)', 'mc ma mb'],
  ])('group by group as the first of each has a sample: %s', async (query, order) => {
    expect(await orderOf(query)).toBe(order)
  })

  it.each([
    ['limitk(3, m)', 'mc mb ma'],
    ['limitk(2, sort_desc(m))', 'ma mb'],
    ['limitk by (side) (4, n)', 'nz nb nc na'],
    ['limit_ratio(1, m)', 'mc mb ma'],
    ['limit_ratio by (i) (1, m)', 'mb mc ma'],
    ['limit_ratio by (side) (-1, n)', 'nz nb nc na'],
    ['limit_ratio(0, m)', ''],
  ])("as upstream's heap has what limitk and limit_ratio choose: %s", async (query, order) => {
    expect(await orderOf(query)).toBe(order)
  })

  it('in that order when a limit cuts them', async () => {
    expect(await orderOf('n{i="z"} or m', 2)).toBe('nz mb')
  })

  it('by their labels in a range query, whatever it sorts', async () => {
    const { series } = await ask(database.queryable, 'n or m', { startMs: 0, endMs: 15_000 })
    expect(series.map(({ metric }) => `${metric.__name__}${metric.i}`).join(' ')).toBe(
      'ma mb mc na nb nc nz',
    )
  })
})
