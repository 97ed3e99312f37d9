import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseSeriesNotation } from '../../src/promql/parse/series-notation.ts'
import type { Queryable } from '../../src/storage/querier.ts'
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

/** As if they came from a block and from the head, or as they are, from the head alone. */
function queryable(isMerged: boolean): Queryable {
  return {
    querier: async (range) =>
      Object.defineProperty(await database.queryable.querier(range), 'isMerged', {
        value: isMerged,
      }),
  }
}

/** The answer's series by name (where it is kept) and label i. */
async function orderOf(query: string, limit = 0, isMerged = true): Promise<string> {
  const { series } = await ask(queryable(isMerged), query, { startMs: 0, limit })
  return series.map(({ metric: { __name__: name = '', i = '-' } }) => `${name}${i}`).join(' ')
}

describe('the series of an instant vector that come from several sources stand', () => {
  it.each([
    ['m', 'ma mb mc'],
    ['abs(n)', 'a b c z'],
    ['n + on (i) m', 'a b c'],
    ['n and on (i) m', 'na nb nc'],
    ['sum by (i) (n)', 'a b c z'],
  ])('by their labels where nobody asks for more: %s', async (query, order) => {
    expect(await orderOf(query)).toBe(order)
  })

  it.each([
    ['n or m', 'na nb nc nz ma mb mc'],
    ['m or n', 'ma mb mc na nb nc nz'],
    ['m or vector(1)', 'ma mb mc -'],
    ['vector(1) or m', '- ma mb mc'],
    ['n or on (i) m or vector(0)', 'na nb nc nz -'],
    ['n{i="b"} or on (i) m or vector(0)', 'nb ma mc -'],
    ['n or (m or vector(1))', 'na nb nc nz ma mb mc -'],
    ['(n or m) * 2', 'a b c z a b c'],
    ['abs(n or m)', 'a b c z a b c'],
    ['-(m{i="c"} or n{i="a"})', 'c a'],
    ['sum(m) or m', '- ma mb mc'],
    ['count by (i) (n) or m', 'a b c z ma mb mc'],
  ])(
    'first those of the left side of or, then those of the right one: %s',
    async (query, order) => {
      expect(await orderOf(query)).toBe(order)
    },
  )

  it.each([
    ['sort(m)', 'mc ma mb'],
    ['sort_desc(m) or n', 'mb ma mc na nb nc nz'],
    ['n or sort_desc(m)', 'na nb nc nz mb ma mc'],
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
    ['limitk(2, sort(m))', 'mc ma'],
  ])('as they were sorted, through what maps each series to one: %s', async (query, order) => {
    expect(await orderOf(query)).toBe(order)
  })

  it('by their labels again where an aggregation or a join to the other side makes them', async () => {
    expect(await orderOf('m * on (i) sort_desc(n)')).toBe('a b c')
    expect(await orderOf('count_values("i", sort_desc(m))')).toBe('1 2 3')
    expect(await orderOf('sum by (i) (m{i="b"} or n)')).toBe('a b c z')
  })

  it('in that order when a limit cuts them', async () => {
    expect(await orderOf('n{i="z"} or m', 2)).toBe('nz ma')
  })

  it('by their labels in a range query, whatever it sorts', async () => {
    const { series } = await ask(queryable(true), 'n or m', { startMs: 0, endMs: 15_000 })
    expect(series.map(({ metric }) => `${metric.__name__}${metric.i}`).join(' ')).toBe(
      'ma mb mc na nb nc nz',
    )
  })
})

describe('the series of an instant vector that come from one source stand', () => {
  it.each([
    ['n or m', 'nz nb nc na mb mc ma'],
    ['n or sort(m)', 'nz nb nc na mc ma mb'],
    ['round(sort_desc(m))', 'b a c'],
  ])('as they come: %s', async (query, order) => {
    expect(await orderOf(query, 0, false)).toBe(order)
  })
})
