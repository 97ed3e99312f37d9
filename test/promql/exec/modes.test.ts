import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ask, reply } from '../ask.ts'
import { generatedQuery } from '../generated-query.ts'
import { generatedStorage } from '../generated-storage.ts'

const axis = { startMs: 600_000, endMs: 1_800_000, stepMs: 60_000 }
const passesOff = { foldConstants: false, stepInvariant: false, shareSelectors: false }

describe('ways to run the same query', () => {
  it('passes on and passes off answer the same', async () => {
    await agree({}, { passes: passesOff })
  })

  it.each([1, 7, 64])('batches of %i series answer the same', async (batchSeriesMax) => {
    await agree({}, { batchSeriesMax })
  })
})

async function agree(left: object, right: object): Promise<void> {
  const storage = generatedStorage(7)
  await fc.assert(
    fc.asyncProperty(generatedQuery, async (query) => {
      const one = await reply(storage, query, { ...axis, engine: left })
      const other = await reply(storage, query, { ...axis, engine: right })
      if (one.ok && other.ok) {
        expect(await ask(storage, query, { ...axis, engine: right })).toEqual(
          await ask(storage, query, { ...axis, engine: left }),
        )
      } else expect(other).toEqual(one)
    }),
    { seed: 20_251, numRuns: 400 },
  )
}
