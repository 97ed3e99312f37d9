import { describe, expect, it } from 'vitest'
import { executeQuery } from '../../src/promql/engine.ts'
import { rehearse, rehearsedQueries } from '../../src/workers/rehearsal.ts'
import { RehearsalQuerier } from '../../src/workers/rehearsal-storage.ts'

const bounds = { timeoutMs: 10_000, lookbackMs: 300_000, samplesMax: 1e6, limit: 0 }

describe('the rehearsal of a query worker', () => {
  it('has queries that all answer with series, of samples that are there at any time', async () => {
    for (const query of rehearsedQueries) {
      const reply = await executeQuery(
        { kind: 'instant', query, timeMs: 36_000_000, bounds, stats: 'none' },
        {
          queryable: { querier: async () => new RehearsalQuerier() },
          control: { checkpoint: () => undefined },
        },
      )
      expect(reply.ok, query).toBe(true)
      const text = reply.ok ? Buffer.concat(reply.body).toString() : ''
      expect(text, query).toMatch(/"result":\[\{"metric":/)
    }
  })

  it('runs every query in every round, and none once there is something else to do', async () => {
    expect(await rehearse(2, () => false)).toBe(2 * rehearsedQueries.length)
    let asked = 0
    expect(await rehearse(2, () => ++asked > 3)).toBe(3)
  })
})
