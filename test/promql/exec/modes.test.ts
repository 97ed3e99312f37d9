import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EngineOptions } from '../../../src/promql/exec/evaluation.ts'
import type { Queryable } from '../../../src/storage/querier.ts'
import type { Database } from '../../../src/tsdb/db.ts'
import { reply } from '../ask.ts'
import { generatedDatabase } from '../generated-database.ts'
import { generatedHistogramQuery } from '../generated-histogram-query.ts'
import { generatedQuery } from '../generated-query.ts'
import { generatedStorage } from '../generated-storage.ts'

const axis = { startMs: 600_000, endMs: 1_800_000, stepMs: 60_000 }
const passesOff = { foldConstants: false, stepInvariant: false, shareSelectors: false }
const query = fc.oneof(generatedQuery, generatedHistogramQuery)
/** Another seed or a longer run: NARTHEX_SEED, NARTHEX_QUERIES. */
const seed = Number(process.env.NARTHEX_SEED ?? 20_251)
const numRuns = Number(process.env.NARTHEX_QUERIES ?? 200)

describe('ways to run the same query, over blocks, head and late samples with histograms', () => {
  let database: Database
  let storage: Queryable
  beforeAll(async () => {
    const made = await generatedDatabase(7)
    database = made.database
    storage = made.queryable
  })
  afterAll(async () => {
    await database.close()
  })

  it('the data lies in several blocks, in the head, and out of order', () => {
    const { blocks, outOfOrderAppended } = database.stats()
    expect(blocks).toBeGreaterThan(1)
    expect(outOfOrderAppended.floats).toBeGreaterThan(100)
    expect(outOfOrderAppended.histograms).toBeGreaterThan(20)
  })

  it('passes on and passes off answer the same', async () => {
    await agree(
      () => storage,
      () => storage,
      { passes: passesOff },
    )
  })

  it.each([1, 7, 64])('batches of %i series answer the same', async (batchSeriesMax) => {
    await agree(
      () => storage,
      () => storage,
      { batchSeriesMax },
    )
  })

  it('labels that are made when they are looked at answer the same', async () => {
    await agree(
      () => storage,
      () => storage,
      { tableSeriesMax: 0 },
    )
  })

  it('of floats, the database answers what columns in memory do', async () => {
    const columns = generatedStorage(7)
    await agree(
      () => columns,
      () => storage,
      {},
      generatedQuery,
    )
  })
})

async function agree(
  left: () => Queryable,
  right: () => Queryable,
  engine: Partial<EngineOptions>,
  queries: fc.Arbitrary<string> = query,
): Promise<void> {
  let answered = 0
  await fc.assert(
    fc.asyncProperty(queries, async (text) => {
      const one = textOf(await reply(left(), text, axis))
      expect(textOf(await reply(right(), text, { ...axis, engine }))).toEqual(one)
      if (one.includes('"metric"')) answered++
    }),
    { seed, numRuns },
  )
  expect(answered).toBeGreaterThan(numRuns / 3)
}

/** The whole answer with its annotations; the error where there is one. */
function textOf(answer: Awaited<ReturnType<typeof reply>>): string {
  return answer.ok ? Buffer.concat(answer.body).toString() : JSON.stringify(answer)
}
