import { expect, it } from 'vitest'
import { Labels } from '../../../src/model/labels.ts'
import { executeQuery } from '../../../src/promql/engine.ts'
import { unstoppable } from '../../../src/storage/unstoppable.ts'
import { planText } from '../../../src/tool/query-plan.ts'
import { MemoryStorage } from '../../support/memory-storage.ts'

const query = 'sum by (a) (rate(m{a=~"1|2"}[2m])) / 2 ^ 3'

async function explain(explain: 'plan' | 'analyze', text = query) {
  const storage = new MemoryStorage()
  for (let series = 0; series < 20; series++) {
    const labels = Labels.of({ __name__: 'm', a: String(series % 4), series: String(series) })
    for (let at = 0; at < 100; at++) storage.append(labels, at * 15_000, at)
  }
  const bounds = { timeoutMs: 60_000, lookbackMs: 300_000, samplesMax: 1e6, limit: 0 }
  const times = { startMs: 600_000, endMs: 900_000, stepMs: 60_000 }
  const reply = await executeQuery(
    { kind: 'range', query: text, ...times, bounds, stats: 'none', explain },
    { queryable: storage, control: unstoppable },
  )
  if (!reply.ok) throw new Error(reply.message)
  return JSON.parse(Buffer.concat(reply.body).toString()).data
}

it('explain shows the plan after the passes, and runs nothing', async () => {
  const data = await explain('plan')
  expect(planText(data)).toMatchInlineSnapshot(`
    "binary /
      aggregate sum by (a)
        window rate
          select #0 {a=~"1|2", __name__="m"}[120000ms]
      number 8
    "
  `)
  expect(data.stats).toBeUndefined()
})

it('analyze shows what each operator handed on and looked at', async () => {
  const { plan, stats } = await explain('analyze')
  expect(plan).toMatchObject({
    operator: 'binary /',
    series: 2,
    samples: 12,
    samplesLookedAt: 0,
    children: [
      {
        operator: 'aggregate sum by (a)',
        series: 2,
        samples: 12,
        samplesLookedAt: 0,
        children: [
          {
            operator: 'window rate',
            series: 10,
            samples: 60,
            samplesLookedAt: 480,
            children: [{ children: [] }],
          },
        ],
      },
      { operator: 'number 8', series: 1, samples: 6 },
    ],
  })
  const [sum] = plan.children
  expect(plan.seconds).toBeGreaterThanOrEqual(sum.seconds)
  expect(sum.ownSeconds).toBeLessThanOrEqual(sum.seconds)
  expect(sum.peakBytes).toBeGreaterThan(12 * 8)
  expect(stats.samples).toMatchObject({ totalQueryableSamples: 480 })
  expect(planText({ plan }).split('\n')[0]).toMatch(
    /^ +time +own +series +samples +looked at +memory$/,
  )
})

it('an operator that holds its input is told to hold it', async () => {
  const { plan } = await explain('analyze', 'sort_desc(quantile(0.5, m)) or topk(3, m)')
  const [, top] = plan.children
  expect(top.operator).toBe('aggregate topk')
  expect(top.peakBytes).toBeGreaterThan(18 * 16)
})
