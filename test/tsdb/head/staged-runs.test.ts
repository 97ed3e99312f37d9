import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Labels } from '../../../src/model/labels.ts'
import { halvesOf, writeStaleAt } from '../../../src/model/stale-nan.ts'
import type { Appender } from '../../../src/storage/appender.ts'
import { SimClock } from '../../sim/sim-clock.ts'
import { SimFileSystem } from '../../sim/sim-file-system.ts'
import { evenHistogram } from './even-histogram.ts'
import { openAt } from './histogram-world.ts'

const nowMs = 1_700_000_000_000
const seriesCount = 4
/** One of these is nobody's. */
const id = fc.nat(seriesCount)

interface Columns {
  readonly ids: Uint32Array
  readonly timestampsMs: Float64Array
  readonly values: Float64Array
  readonly startsMs: Float64Array | undefined
  readonly count: number
}

/** Offers samples from one place to another; answers the codes of what is refused, by place. */
type Offer = (appender: Appender, columns: Columns, codes: Map<number, number>) => void

const together: Offer = (appender, { ids, timestampsMs, values, startsMs, count }, codes) => {
  const offered = appender.append(ids, timestampsMs, values, count, startsMs)
  offered.refusedIndex.forEach((row, index) => {
    codes.set(row, offered.refusedCode[index] ?? 0)
  })
}

const apart: Offer = (appender, { ids, timestampsMs, values, startsMs, count }, codes) => {
  for (let row = 0; row < count; row++) {
    const offered = appender.append(
      ids.slice(row, row + 1),
      timestampsMs.slice(row, row + 1),
      values.slice(row, row + 1),
      1,
      startsMs?.slice(row, row + 1),
    )
    if (offered.refused > 0) codes.set(row, offered.refusedCode[0] ?? 0)
  }
}

const transaction = fc.record({
  /** Series that have a histogram before the floats. */
  histograms: fc.array(fc.nat(seriesCount - 1), { maxLength: 1 }),
  withStarts: fc.boolean(),
  runs: fc.array(
    fc.record({
      id,
      length: fc.integer({ min: 1, max: 12 }),
      startMs: fc.integer({ min: -600_000, max: 600_000 }),
      stepMs: fc.oneof(
        { weight: 4, arbitrary: fc.constant(15_000) },
        fc.integer({ min: -90_000, max: 90_000 }),
        fc.constant(0),
        fc.constant(400_000),
      ),
      staleAt: fc.integer({ min: -20, max: 11 }),
    }),
    { minLength: 1, maxLength: 8 },
  ),
})
type Transaction = typeof transaction extends fc.Arbitrary<infer T> ? T : never

function columnsOf({ runs, withStarts }: Transaction): Columns {
  const count = runs.reduce((sum, { length }) => sum + length, 0)
  const timestampsMs = new Float64Array(count)
  const values = new Float64Array(count)
  const ids = new Uint32Array(count)
  let at = 0
  for (const run of runs) {
    for (let row = 0; row < run.length; row++, at++) {
      ids[at] = run.id
      timestampsMs[at] = nowMs + run.startMs + row * run.stepMs
      values[at] = at
      if (row === run.staleAt) writeStaleAt(halvesOf(values), at)
    }
  }
  const startsMs = withStarts ? timestampsMs.map((timeMs) => timeMs - 1_000) : undefined
  return { ids, timestampsMs, values, startsMs, count }
}

interface Outcome {
  /** By transaction and place: why samples are refused. */
  readonly codes: readonly Map<number, number>[]
  readonly stats: unknown
  /** The bytes of both logs. */
  readonly logs: readonly string[]
}

async function outcomeOf(
  transactions: readonly Transaction[],
  windowMs: number,
  offer: Offer,
): Promise<Outcome> {
  const fileSystem = new SimFileSystem()
  const clock = new SimClock(nowMs)
  const database = await openAt({
    fileSystem,
    directory: '/data',
    clock,
    outOfOrderWindowMs: windowMs,
  })
  const codes: Map<number, number>[] = []
  for (const each of transactions) {
    const appender = database.appender()
    for (let series = 0; series < seriesCount; series++) {
      const made = appender.series(Labels.of({ n: `${series}` }))
      if (each.histograms.includes(series)) {
        appender.appendHistogram(made, nowMs, evenHistogram(2, 1))
      }
    }
    const refused = new Map<number, number>()
    offer(appender, columnsOf(each), refused)
    appender.commit()
    codes.push(refused)
  }
  const stats = database.stats()
  await database.close()
  const logs = ['wal', 'wbl'].flatMap((folder) =>
    fileSystem.stat(`/data/${folder}`) === undefined
      ? []
      : fileSystem
          .list(`/data/${folder}`)
          .filter((name) => /^\d+$/.test(name))
          .map((name) =>
            Buffer.from(fileSystem.readFile(`/data/${folder}/${name}`)).toString('hex'),
          ),
  )
  return { codes, stats, logs }
}

it.each([0, 300_000])(
  'samples offered together are taken, refused and logged as one by one, with a window of %i ms',
  async (windowMs) => {
    let [taken, refused] = [0, 0]
    await fc.assert(
      fc.asyncProperty(
        fc.array(transaction, { minLength: 1, maxLength: 4 }),
        async (transactions) => {
          const found = await outcomeOf(transactions, windowMs, together)
          expect(found).toEqual(await outcomeOf(transactions, windowMs, apart))
          for (const each of found.codes) refused += each.size
          for (const { runs } of transactions) for (const run of runs) taken += run.length
        },
      ),
      { numRuns: 60 },
    )
    expect(refused).toBeGreaterThan(500)
    expect(taken - refused).toBeGreaterThan(500)
  },
)
