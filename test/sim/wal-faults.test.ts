import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../bench/seeded-random.ts'
import { NarthexError } from '../../src/base/errors.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { Labels } from '../../src/model/labels.ts'
import { Matcher } from '../../src/model/matcher.ts'
import { Database } from '../../src/tsdb/db.ts'
import { localQuerier, readerOf } from '../support/local-querier.ts'
import { Model, type SentSample } from './model.ts'
import { SimClock } from './sim-clock.ts'
import { SimCrash, SimError, SimFileSystem } from './sim-file-system.ts'

const seriesNames = ['a', 'b', 'c', 'd']

/** The data directory itself has been there for long. */
function newDisk(): SimFileSystem {
  const fileSystem = new SimFileSystem()
  fileSystem.makeDirectory('/data')
  fileSystem.settle()
  return fileSystem
}

function open(fileSystem: SimFileSystem, clock: SimClock): Promise<Database> {
  return Database.open({
    directory: '/data',
    fileSystem,
    clock,
    logger: silentLogger,
    lock: async () => ({ release: () => undefined }),
    walSegmentBytesMax: 2 * 32_768,
  })
}

function write(database: Database, samples: readonly SentSample[]): void {
  const appender = database.appender()
  const ids = Uint32Array.from(samples, ({ series }) =>
    appender.series(Labels.of({ __name__: 'm', series })),
  )
  const times = Float64Array.from(samples, ({ timestampMs }) => timestampMs)
  appender.append(
    ids,
    times,
    Float64Array.from(samples, ({ value }) => value),
    samples.length,
  )
  appender.commit()
}

async function stored(
  database: Database,
  fileSystem: SimFileSystem,
): Promise<Map<string, [number, number][]>> {
  const range = { minTimeMs: -8.64e15, maxTimeMs: 8.64e15 }
  const querier = localQuerier(database, readerOf(database, fileSystem))
  const set = await querier.select({
    matchers: [new Matcher('=', '__name__', 'm')],
    ...range,
    sorted: true,
  })
  const found = new Map<string, [number, number][]>()
  const columns = {
    timestampsMs: new Float64Array(10_000),
    values: new Float64Array(10_000),
    grow: () => undefined,
  }
  for (let series = 0; series < set.seriesCount; series++) {
    const ids = set.labels.labelIds.subarray(
      set.labels.offsets[series],
      set.labels.offsets[series + 1],
    )
    const count = set.readFloats(series, range.minTimeMs, range.maxTimeMs, columns)
    const samples = Array.from({ length: count }, (_, index): [number, number] => [
      columns.timestampsMs[index] ?? 0,
      columns.values[index] ?? 0,
    ])
    found.set(querier.symbols.text(ids[3] ?? 0), samples)
  }
  return found
}

/** Step n of the workload: a sample of every series. */
function samplesOf(step: number, random: () => number): readonly SentSample[] {
  return seriesNames.map((series) => ({
    series,
    timestampMs: 1_700_000_000_000 + step * 1000,
    value: random() * 1e6,
  }))
}

/** Runs the workload until something breaks; what was acknowledged is in the model. */
async function run(
  database: Database,
  model: Model,
  random: () => number,
  from: number,
  steps: number,
): Promise<void> {
  for (let step = from; step < from + steps; step++) {
    const samples = samplesOf(step, random)
    model.send(samples)
    write(database, samples)
    model.acknowledge(samples)
    if (step % 50 === 49) await new Promise((resolve) => setImmediate(resolve))
  }
}

describe('faults of the disk', () => {
  it('after a crash at any file operation the directory opens and nothing acknowledged is lost', async () => {
    const counted = newDisk()
    const clock = new SimClock()
    await run(await open(counted, clock), new Model(), seededRandom(1), 0, 400)
    expect(counted.operations).toBeGreaterThan(400)
    for (let crashAt = 0; crashAt < counted.operations; crashAt += 3) {
      const fileSystem = newDisk()
      fileSystem.faults.before = (operation) => {
        if (operation >= crashAt) throw new SimCrash()
      }
      const model = new Model()
      try {
        await run(await open(fileSystem, clock), model, seededRandom(1), 0, 400)
      } catch (thrown) {
        // The crash comes as the database's own refusal where it was writing.
        if (!(thrown instanceof SimCrash || thrown instanceof NarthexError)) throw thrown
      }
      fileSystem.faults = {}
      const reopened = await open(fileSystem, clock)
      expect(
        model.faults(await stored(reopened, fileSystem), false),
        `crash at operation ${crashAt}`,
      ).toEqual([])
    }
  })

  it.each([0, 1, 2, 3, 4])(
    'short and failed writes are taken back whole (seed %i)',
    async (seed) => {
      const random = seededRandom(seed + 10)
      const fileSystem = newDisk()
      const clock = new SimClock()
      const model = new Model()
      const database = await open(fileSystem, clock)
      let refused = 0
      fileSystem.faults.shortWrite = (_, length) =>
        random() < 0.3 ? Math.floor(random() * length) : undefined
      for (let step = 0; step < 300; step++) {
        const samples = samplesOf(step, random)
        model.send(samples)
        try {
          write(database, samples)
          model.acknowledge(samples)
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: 'TSDB_READ_ONLY' })
          refused++
        }
      }
      expect(refused).toBeGreaterThan(20)
      // What was refused is in memory as little as in the log.
      expect(model.faults(await stored(database, fileSystem), false)).toEqual([])
      fileSystem.faults = {}
      const reopened = await open(fileSystem, clock)
      const after = await stored(reopened, fileSystem)
      expect(after).toEqual(await stored(database, fileSystem))
      expect(model.faults(after, false)).toEqual([])
    },
  )

  it('after a power cut the survivors of every series are a prefix, and what was synced is there', async () => {
    for (let seed = 0; seed < 100; seed++) {
      const random = seededRandom(seed)
      const fileSystem = newDisk()
      const clock = new SimClock()
      const model = new Model()
      const database = await open(fileSystem, clock)
      await run(database, model, random, 0, 50)
      await clock.advance(1_000)
      await run(database, model, random, 50, Math.floor(random() * 200))
      fileSystem.cutPower(random)
      const after = await stored(await open(fileSystem, clock), fileSystem)
      expect(model.faults(after, true), `seed ${seed}`).toEqual([])
      for (const series of seriesNames)
        expect(after.get(series)?.length ?? 0, `seed ${seed}`).toBeGreaterThanOrEqual(50)
    }
  })

  it('a full disk refuses with an error that says so, and takes samples again when there is room', async () => {
    const fileSystem = newDisk()
    const database = await open(fileSystem, new SimClock())
    write(
      database,
      samplesOf(0, () => 1),
    )
    fileSystem.faults.before = (_, name) => {
      if (name === 'append') throw new SimError('ENOSPC')
    }
    expect(() =>
      write(
        database,
        samplesOf(1, () => 2),
      ),
    ).toThrow('the write-ahead log takes no samples: ENOSPC')
    fileSystem.faults = {}
    write(
      database,
      samplesOf(2, () => 3),
    )
    expect((await stored(database, fileSystem)).get('a')?.map(([, value]) => value)).toEqual([
      1e6, 3e6,
    ])
  })
})
