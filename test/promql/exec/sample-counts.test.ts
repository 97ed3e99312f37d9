import { afterAll, beforeAll, expect, it } from 'vitest'
import { executeQuery } from '../../../src/promql/engine.ts'
import { SampleCounts } from '../../../src/promql/exec/sample-counts.ts'
import { defaultParseOptions } from '../../../src/promql/parse/parse-options.ts'
import { parseSeriesNotation } from '../../../src/promql/parse/series-notation.ts'
import { unstoppable } from '../../../src/storage/unstoppable.ts'
import { TestDatabase } from '../../conformance/promql/test-database.ts'

/** Counts by step of Prometheus 3.14, over one(1) and three(3) series of a sample each 10 s, and a histogram. */
const facts: readonly (readonly [
  query: string,
  startSeconds: number,
  endSeconds: number,
  stepSeconds: number,
  looked: readonly number[],
  read: readonly number[],
])[] = [
  ['1', 21, 21, 0, [0], [0]],
  ['one', 21, 21, 0, [1], [1]],
  ['timestamp(one)', 21, 21, 0, [1], [1]],
  ['one offset 10s', 21, 21, 0, [1], [1]],
  ['one @ 15', 21, 21, 0, [1], [1]],
  ['three{a="1"}', 21, 21, 0, [1], [1]],
  ['three{a="1"} @ 19', 21, 21, 0, [1], [1]],
  ['three{a="1"}[20s] @ 19', 21, 21, 0, [2], [2]],
  ['three', 21, 21, 0, [3], [3]],
  ['one[60s]', 201, 201, 0, [6], [6]],
  ['max_over_time(one[60s])[20s:5s]', 201, 201, 0, [24], [8]],
  ['max_over_time(one[61s])[20s:5s]', 201, 201, 0, [26], [8]],
  ['one[60s] @ 30', 201, 201, 0, [4], [4]],
  ['sum(max_over_time(three[60s] @ 30))', 201, 201, 0, [12], [12]],
  ['sum by (b) (max_over_time(three[60s] @ 30))', 201, 201, 0, [12], [12]],
  ['one[60s] offset 10s', 201, 201, 0, [6], [6]],
  ['three[60s]', 201, 201, 0, [18], [18]],
  ['max_over_time(one[60s])', 201, 201, 0, [6], [6]],
  ['absent_over_time(one[60s])', 201, 201, 0, [6], [6]],
  ['max_over_time(three[60s])', 201, 201, 0, [18], [18]],
  ['one[60s:5s]', 201, 201, 0, [12], [12]],
  ['one[60s:5s] offset 10s', 201, 201, 0, [12], [12]],
  ['max_over_time(three[60s:5s])', 201, 201, 0, [36], [36]],
  [
    'sum(max_over_time(three[60s:5s])) + sum(max_over_time(three[60s:5s]))',
    201,
    201,
    0,
    [72],
    [72],
  ],
  ['three{a="1"}', 201, 220, 5, [1, 1, 1, 1], [1, 1, 1, 1]],
  ['three{a="1"}', 204, 223, 5, [1, 1, 1, 1], [1, 1, 1, 1]],
  ['timestamp(one)', 201, 220, 5, [1, 1, 1, 1], [1, 1, 1, 1]],
  ['timestamp(histogram)', 21, 21, 0, [1], [1]],
  ['timestamp(histogram)', 201, 220, 5, [1, 1, 1, 1], [1, 1, 1, 1]],
  ['timestamp(histogram @ 45)', 201, 211, 5, [1, 1, 1], [1, 0, 0]],
  ['histogram', 201, 206, 5, [13, 13], [13, 13]],
  ['one smoothed', 21, 21, 0, [0], [0]],
  ['one smoothed + one', 201, 211, 5, [1, 1, 1], [1, 1, 1]],
  ['max_over_time(three{a="1"}[10s])', 991, 1021, 10, [1, 1, 0, 0], [1, 1, 0, 0]],
  ['three{a="1"} offset 10s', 201, 220, 5, [1, 1, 1, 1], [1, 1, 1, 1]],
  ['max_over_time(three[60s] @ 30)', 201, 220, 5, [12, 12, 12, 12], [12, 0, 0, 0]],
  ['three', 201, 220, 5, [3, 3, 3, 3], [3, 3, 3, 3]],
  ['max_over_time(three[60s])', 201, 220, 5, [18, 18, 18, 18], [18, 0, 3, 0]],
  ['max_over_time(three[60s:5s])', 201, 216, 5, [36, 36, 36, 36], [36, 3, 3, 3]],
  ['max_over_time(three[60s:5s])', 201, 220, 5, [36, 36, 36, 36], [36, 3, 3, 3]],
  ['max_over_time(one[60s:5s])', 201, 220, 5, [12, 12, 12, 12], [12, 1, 1, 1]],
  ['sum by (b) (max_over_time(one[60s:5s]))', 201, 220, 5, [12, 12, 12, 12], [12, 1, 1, 1]],
  [
    'sum(max_over_time(three[60s:5s])) + sum(max_over_time(three[60s:5s]))',
    201,
    220,
    5,
    [72, 72, 72, 72],
    [72, 6, 6, 6],
  ],
  [
    'sum(max_over_time(three[60s:5s])) + sum(max_over_time(one[60s:5s]))',
    201,
    216,
    5,
    [48, 48, 48, 48],
    [48, 4, 4, 4],
  ],
  [
    'sum(max_over_time(three[60s:5s])) + sum(max_over_time(one[60s:5s]))',
    201,
    220,
    5,
    [48, 48, 48, 48],
    [48, 4, 4, 4],
  ],
  ['max_over_time(one[20s:10s])', 201, 201, 0, [2], [2]],
  ['sum_over_time(one[30s:30s])', 90, 90, 0, [1], [1]],
  ['max_over_time(one[30s:2m])', 240, 240, 0, [1], [1]],
  ['max_over_time(one[30s:10s])', 201, 231, 30, [3, 3], [3, 3]],
  ['max_over_time(one[20s:10s])', 201, 261, 10, [2, 2, 2, 2, 2, 2, 2], [2, 1, 1, 1, 1, 1, 1]],
  [
    'max_over_time(three[60s:10s])',
    200,
    400,
    30,
    [18, 18, 18, 18, 18, 18, 18],
    [18, 9, 9, 9, 9, 9, 9],
  ],
  ['predict_linear(one[60s] @ 100, 60)', 100, 300, 100, [6, 6, 6], [6, 0, 0]],
  ['sum_over_time(three[20s:10s] @ 200)', 250, 250, 0, [6], [6]],
  ['sum_over_time(one[20s:10s] offset 1m)', 240, 240, 0, [2], [2]],
  ['sum_over_time(three[1m:10s] @ 200 offset 1m)', 300, 300, 0, [18], [18]],
  ['sum_over_time(max_over_time(three[60s] @ 300)[5m:1m] @ 600)[10m:2m]', 800, 800, 0, [75], [18]],
  ['rate(sum_over_time(one[30s])[1m:30s])', 240, 240, 0, [2], [6]],
]

const lines = [
  'one 1+1x100',
  'three{a="1",b="1"} 1+1x100',
  'three{a="2",b="2"} 1+1x100',
  'three{a="3",b="2"} 1+1x100',
  'histogram {{schema:1 count:5 sum:20 buckets:[1 2 1 1]}}x100',
]

let database: TestDatabase

beforeAll(async () => {
  database = await TestDatabase.open()
  const series = lines.map(parseSeriesNotation)
  database.load({ kind: 'load', line: 0, stepMs: 10_000, withHistograms: false, series })
})

afterAll(() => database.close())

it.each(facts)(
  'samples that %s looks at and reads from %d to %d are counted as upstream does',
  async (query, startSeconds, endSeconds, stepSeconds, looked, read) => {
    const bounds = { timeoutMs: 60_000, lookbackMs: 300_000, samplesMax: 1e6, limit: 0 }
    const common = { query, bounds, stats: 'all' } as const
    const [startMs, endMs] = [startSeconds * 1_000, endSeconds * 1_000]
    const reply = await executeQuery(
      stepSeconds === 0
        ? { kind: 'instant', timeMs: startMs, ...common }
        : { kind: 'range', startMs, endMs, stepMs: stepSeconds * 1_000, ...common },
      {
        queryable: database.queryable,
        control: unstoppable,
        options: { perStepStatistics: true },
        language: { ...defaultParseOptions, extendedRangeSelectors: true },
      },
    )
    const samples = reply.statistics?.samples
    expect([...(samples?.perStep?.looked ?? [])]).toEqual(looked)
    expect([...(samples?.perStep?.read ?? [])]).toEqual(read)
    const sum = (counts: readonly number[]) => counts.reduce((before, count) => before + count, 0)
    expect([samples?.looked, samples?.read]).toEqual([sum(looked), sum(read)])
  },
)

it('windows that end where others begin count as if each were counted', () => {
  for (const byStep of [false, true]) {
    for (const [steps, apart] of [
      [7, 1],
      [7, 3],
      [7, 6],
      [7, 0],
    ] as const) {
      const bounds = Int32Array.from({ length: steps + apart }, (_, at) => Math.floor(at ** 1.7))
      const [low, high] = [bounds.subarray(0, steps), bounds.subarray(apart)]
      const axis = { startMs: 0, stepMs: 1_000, steps }
      const [each, shifted] = [new SampleCounts(axis, byStep), new SampleCounts(axis, byStep)]
      each.windows(low, high, true, undefined)
      shifted.shiftedWindows(low, high, apart, true)
      expect(shifted.statistics(0)).toEqual(each.statistics(0))
      expect(each.looked).toBe(apart === 0 ? 0 : shifted.looked)
    }
  }
})
