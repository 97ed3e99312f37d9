import { describe, expect, it } from 'vitest'
import type { ChunkSeriesSet, LabelColumns, Queryable } from '../../../src/storage/querier.ts'
import { ask } from '../ask.ts'
import { generatedStorage } from '../generated-storage.ts'

/** The same storage, whose sets say when somebody looks at their labels. */
function watched(storage: Queryable, looked: () => void): Queryable {
  const watch = (set: ChunkSeriesSet): ChunkSeriesSet =>
    new Proxy(set, {
      get(target, name): unknown {
        if (name === 'labels') return labelsOf(target)
        const value: unknown = Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  const labelsOf = (set: ChunkSeriesSet): LabelColumns => {
    looked()
    return set.labels
  }
  return {
    querier: async (range) => {
      const querier = await storage.querier(range)
      return new Proxy(querier, {
        get(target, name): unknown {
          if (name === 'select') {
            return async (request: Parameters<typeof target.select>[0]) =>
              watch(await target.select(request))
          }
          const value: unknown = Reflect.get(target, name)
          return typeof value === 'function' ? value.bind(target) : value
        },
      })
    },
  }
}

describe('the labels of more series than tables are kept of', () => {
  it.each([
    ['count(temperature)', 0],
    ['sum(requests_total)', 0],
    ['avg by () (temperature)', 0],
    ['max(temperature)', 0],
    ['count by (job) (temperature)', 1],
    ['temperature', 1],
  ])('%s: are looked at only where the answer hangs on them', async (query, least) => {
    let looks = 0
    const storage = generatedStorage(3)
    const plain = await ask(storage, query, { startMs: 1_200_000 })
    const options = { startMs: 1_200_000, engine: { tableSeriesMax: 3 } }
    const found = await ask(
      watched(storage, () => looks++),
      query,
      options,
    )
    expect(found).toEqual(plain)
    expect(found.series.length).toBeGreaterThan(0)
    expect(looks > 0).toBe(least > 0)
  })
})
