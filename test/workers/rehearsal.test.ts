import { constants, PerformanceObserver } from 'node:perf_hooks'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { limits } from '../../src/base/limits.ts'
import { executeQuery } from '../../src/promql/engine.ts'
import { defaultEngineFlags } from '../../src/promql/engine-flags.ts'
import { unstoppable } from '../../src/storage/unstoppable.ts'
import { compressed } from '../../src/workers/compressed-reply.ts'
import { answerMetadata } from '../../src/workers/metadata-request.ts'
import { QueryHost } from '../../src/workers/query-host.ts'
import { rehearse, rehearsedLookups, rehearsedQueries } from '../../src/workers/rehearsal.ts'
import { RehearsalQuerier } from '../../src/workers/rehearsal-storage.ts'
import { dataDirectory, newDisk } from '../sim/database-world.ts'
import { SimClock } from '../sim/sim-clock.ts'

const bounds = { timeoutMs: 10_000, lookbackMs: 300_000, samplesMax: 1e6, limit: 0 }

describe('the rehearsal of a query worker', () => {
  it('has queries that all answer with series, of samples that are there at any time', async () => {
    for (const query of rehearsedQueries) {
      const reply = await executeQuery(
        { kind: 'instant', query, timeMs: 36_000_000, bounds, stats: 'none' },
        {
          queryable: { querier: async () => new RehearsalQuerier() },
          control: unstoppable,
        },
      )
      expect(reply.ok, query).toBe(true)
      const text = reply.ok ? Buffer.concat(reply.body).toString() : ''
      expect(text, query).toMatch(/"result":\[\{"metric":/)
    }
  })

  it('looks up so many series and values that an answer of them is compressed', async () => {
    for (const kind of ['series', 'label-values'] as const) {
      const request = { kind, label: 'instance', matches: ['m'], startMs: 0, endMs: 1, bounds }
      const queryable = { querier: async () => new RehearsalQuerier() }
      const reply = await answerMetadata(request, queryable, unstoppable, false)
      const coded = await compressed(reply, 'gzip')
      expect(coded.ok && coded.coding, kind).toBe('gzip')
      const text = coded.ok ? gunzipSync(Buffer.concat(coded.body)).toString() : ''
      expect(JSON.parse(text).data.length, kind).toBe(2_500)
    }
  })

  it('runs every query and lookup in every round, and none once there is something else to do', async () => {
    const parts = rehearsedQueries.length + rehearsedLookups.length
    expect(await rehearse(2, () => false)).toBe(2 * parts)
    let asked = 0
    expect(await rehearse(2, () => ++asked > 3)).toBe(3)
  })

  it('leaves no garbage to a worker that has nothing to do behind it', async () => {
    const clock = new SimClock()
    const host = new QueryHost({
      clock,
      channel: { send: () => undefined },
      fileSystem: newDisk(),
      start: {
        dataDirectory,
        engine: defaultEngineFlags,
        mayShare: false,
        beat: new SharedArrayBuffer(4),
      },
    })
    const collected = () =>
      new Promise<void>((resolve) => {
        const observer = new PerformanceObserver((list) => {
          if (list.getEntries().some(isFullAndAskedFor)) resolve()
        })
        observer.observe({ entryTypes: ['gc'] })
        onTestFinished(() => observer.disconnect())
      })
    const first = collected()
    const failed = new Promise<void>((_, reject) => host.rehearseSoon(clock, reject))
    await clock.advance(limits.rehearsalDelayMs)
    await expect(Promise.race([first, failed])).resolves.toBeUndefined()
    const second = collected()
    await clock.advance(limits.rehearsedMs)
    await expect(second).resolves.toBeUndefined()
  })
})

function isFullAndAskedFor(entry: object): boolean {
  const { NODE_PERFORMANCE_GC_FLAGS_FORCED, NODE_PERFORMANCE_GC_MAJOR } = constants
  const { flags, kind }: { readonly flags: number; readonly kind: number } = Object(
    Reflect.get(entry, 'detail'),
  )
  return kind === NODE_PERFORMANCE_GC_MAJOR && (flags & NODE_PERFORMANCE_GC_FLAGS_FORCED) !== 0
}
