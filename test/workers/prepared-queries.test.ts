import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Labels } from '../../src/model/labels.ts'
import { executeQuery } from '../../src/promql/engine.ts'
import type { EngineOptions } from '../../src/promql/exec/evaluation.ts'
import { PreparedQueries } from '../../src/promql/prepared-queries.ts'
import { unstoppable } from '../../src/storage/unstoppable.ts'
import { Head } from '../../src/tsdb/head/head.ts'
import { HeadReader } from '../../src/tsdb/head/head-reader.ts'
import { appendTo, querierOf } from '../tsdb/head/head-reading.ts'
import { truncate } from '../tsdb/head/remove-series.ts'

/** Every operator that keeps something of its inputs' labels. */
const queries = [
  'm{job="a"}',
  'm{job="a", n!="3"} or other',
  'm{job=~"a|b", n=""}',
  '{job="b"}',
  'sum by (job) (rate(m[1m]))',
  'sum without (n) (m) / on (job) group_left max by (job) (other)',
  'm * ignoring (n) group_left sum without (n) (m)',
  'm{job="a"} and on (n) other',
  'm unless on (n) other{job="b"}',
  'm > 4 or -other',
  'abs(m{job="b"}) + 1',
  'm - m',
  'topk(2, m)',
  'quantile by (job) (0.5, m)',
  'count_values("v", m)',
  'label_replace(m, "made", "$1-x", "n", "(.*)")',
  'label_replace(m{job="a"}, "n", "x", "", "") + on (n) group_right sum by (n) (other)',
  'histogram_quantile(0.9, sum by (le, job) (buckets))',
  'histogram_quantile(0.5, buckets{job="a"})',
  'absent(m{job="c"})',
  'absent_over_time(m{job="a", n="new"}[1m])',
  'max_over_time(sum by (job) (m)[1m:10s])',
  'sort_desc(m)',
  'm @ start() - m offset 10s',
  'scalar(sum(m)) + vector(time())',
  'avg(m) by (job, absent_label)',
]

type Step =
  | { readonly kind: 'write'; readonly name: string; readonly job: string; readonly n: string }
  | { readonly kind: 'truncate' }

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      name: fc.constantFrom('m', 'other', 'buckets'),
      job: fc.constantFrom('a', 'b', 'c'),
      n: fc.constantFrom('', '1', '2', '3', 'new', '1-x', '+Inf'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('truncate' as const) }) },
)

async function answer(
  head: Head,
  reader: HeadReader,
  query: string,
  timeMs: number,
  prepared?: PreparedQueries,
  options: Partial<EngineOptions> = {},
): Promise<string> {
  const bounds = { timeoutMs: 1e6, lookbackMs: 60_000, samplesMax: 1e6, limit: 0 }
  const reply = await executeQuery(
    { kind: 'instant', query, timeMs, bounds, stats: 'none' },
    {
      queryable: { querier: async () => querierOf(head, reader) },
      control: unstoppable,
      options,
      ...(prepared && { prepared }),
    },
  )
  return reply.ok ? Buffer.concat(reply.body).toString() : reply.message
}

describe('a query that is asked again and again', () => {
  it.each([
    ['all labels kept', {}],
    ['labels of more than two series made when they are looked at', { tableSeriesMax: 2 }],
  ])(
    'has the answer of one that begins anew, whatever series came, went, and took the ids of others: %s',
    async (_name, options) => {
      const rounds = fc.array(fc.array(steps, { maxLength: 6 }), { minLength: 3, maxLength: 8 })
      await fc.assert(
        fc.asyncProperty(rounds, async (all) => {
          const head = new Head()
          const reader = new HeadReader()
          const prepared = new PreparedQueries()
          let nowMs = 1_000_000
          for (const round of all) {
            nowMs += 20_000
            for (const [place, step] of round.entries()) {
              if (step.kind === 'truncate') await truncate(head, nowMs - 50_000)
              else {
                const { name, job, n } = step
                const labels = Labels.of({
                  __name__: name,
                  job,
                  [name === 'buckets' ? 'le' : 'n']: n,
                })
                appendTo(head, labels, nowMs + place, place + n.length)
              }
            }
            for (const query of queries) {
              // Twice: what the first one kept is what the second one finds.
              for (const timeMs of [nowMs + 10, nowMs + 5_000]) {
                const known = await answer(head, reader, query, timeMs, prepared, options)
                expect([query, known]).toEqual([
                  query,
                  await answer(head, new HeadReader(), query, timeMs),
                ])
              }
            }
          }
        }),
        { numRuns: 8 },
      )
    },
  )

  it('sees that a series went and another one took its place on every list, and its id', async () => {
    const head = new Head()
    const reader = new HeadReader()
    const prepared = new PreparedQueries()
    const labels = (n: string) => Labels.of({ __name__: 'm', job: 'a', n })
    appendTo(head, labels('1'), 1_050_000, 1)
    appendTo(head, labels('2'), 1_100_000, 2)
    // No label ends with the series, which would have all be forgotten.
    appendTo(head, Labels.of({ __name__: 'other', n: '1' }), 1_100_000, 1)
    const query = 'sum by (n) (m{job="a"})'
    expect(await answer(head, reader, query, 1_100_000, prepared)).toContain('"n":"1"')
    await truncate(head, 1_060_000)
    appendTo(head, labels('3'), 1_100_000, 3)
    expect(head.idCount).toBe(3)
    expect(await answer(head, reader, query, 1_110_000, prepared)).toBe(
      await answer(head, new HeadReader(), query, 1_110_000),
    )
  })

  it.each([
    'label_replace(m{job="a"}, "made", "gone", "", "")',
    'absent(m{job="gone"})',
    'count_values("gone", m{job="a"})',
  ])("makes a label of a text that was stored and is another series' by now: %s", async (query) => {
    const head = new Head()
    const [reader, prepared] = [new HeadReader(), new PreparedQueries()]
    const labels = (n: string) => Labels.of({ __name__: 'm', job: 'a', n })
    appendTo(head, Labels.of({ __name__: 'other', n: 'gone' }), 1_050_000, 1)
    appendTo(head, labels('1'), 1_100_000, 1)
    const before = await answer(head, reader, query, 1_100_000, prepared)
    expect(before).toContain('"gone"')
    await truncate(head, 1_060_000)
    // Whichever ids are free are those of these texts now.
    for (const text of ['x', 'y', 'z']) appendTo(head, Labels.of({ p: text }), 1_100_000, 1)
    const again = await answer(head, reader, query, 1_105_000, prepared)
    expect(again).toContain('"gone"')
    expect(again).toBe(await answer(head, new HeadReader(), query, 1_105_000))
  })
})
