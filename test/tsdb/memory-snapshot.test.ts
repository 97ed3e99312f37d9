import { describe, expect, it } from 'vitest'
import { encodeExemplarLabels } from '../../src/model/exemplar.ts'
import { Labels } from '../../src/model/labels.ts'
import { Matcher } from '../../src/model/matcher.ts'
import type { Database } from '../../src/tsdb/db.ts'
import { plainEncodings } from '../../src/tsdb/head/head-encodings.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { SimFileSystem } from '../sim/sim-file-system.ts'
import { HistogramLoad, openAt, storedIn } from './head/histogram-world.ts'

const stepMs = 30_000
const startMs = 1_700_006_400_000
const seriesCount = 7
/** Beside the other, what Prometheus 3.14 may be told to make. */
const encodings = {
  'plain chunks': plainEncodings(),
  'XOR2 and start timestamps': { floats: 4, histogramStarts: true, storesStarts: true },
} as const

class World {
  readonly fileSystem = new SimFileSystem()
  readonly directory = '/data'
  readonly clock = new SimClock(startMs + 10 ** 9)
  readonly load = new HistogramLoad(5, seriesCount)
  #timeMs = startMs

  constructor(readonly encodings: ReturnType<typeof plainEncodings>) {}

  open(): Promise<Database> {
    const { encodings: wanted } = this
    return openAt(this, { snapshotsMemory: true, encodings: wanted, exemplarsMax: 100 })
  }

  append(database: Database, count: number): void {
    for (let step = 0; step < count; step++) {
      const appender = database.appender()
      this.load.stage(appender, this.#timeMs)
      const id = appender.series(Labels.of({ __name__: 'h', n: String(step % seriesCount) }))
      appender.appendExemplar(id, {
        labels: encodeExemplarLabels([Buffer.from('trace'), Buffer.from(String(step))]),
        value: step,
        timestampMs: this.#timeMs,
        hasTimestamp: true,
      })
      appender.commit()
      this.#timeMs += stepMs
    }
  }

  /** Everything of the log but its last segment. */
  removeLog(): void {
    const names = this.fileSystem.list('/data/wal')
    for (const name of names.slice(0, -1)) {
      this.fileSystem.remove(`/data/wal/${name}`, { recursive: true })
    }
  }

  stored(database: Database) {
    return storedIn(database, this.fileSystem)
  }
}

async function exemplarsOf(database: Database): Promise<string[]> {
  const found: string[] = []
  const sets = [[new Matcher('=', '__name__', 'h')]]
  const range = { minTimeMs: 0, maxTimeMs: 8.64e15 }
  for await (const { labels, exemplars } of database.exemplars.select(sets, range)) {
    for (const { value, timestampMs } of exemplars) {
      found.push(`${labels.get('n')} ${timestampMs} ${value}`)
    }
  }
  return found
}

describe('a memory snapshot', () => {
  for (const [name, wanted] of Object.entries(encodings)) {
    it(`brings back floats, histograms, stale markers and exemplars: ${name}`, async () => {
      const world = new World({ ...wanted })
      let database = await world.open()
      for (const steps of [1, 130, 77, 240]) {
        world.append(database, steps)
        const before = [database.stats(), await exemplarsOf(database)] as const
        await database.close()
        world.removeLog()
        database = await world.open()
        expect(await world.stored(database)).toEqual(world.load.taken)
        expect(database.stats().staleSeries).toBe(before[0].staleSeries)
        expect(await exemplarsOf(database)).toEqual(before[1])
        expect(before[1].length).toBe(Math.min(100, before[0].exemplars.appended))
      }
      await database.close()
    })
  }

  it('takes the very sample that is its newest again, and no other of that time', async () => {
    const world = new World(plainEncodings())
    const database = await world.open()
    const series = Labels.of({ __name__: 'h', n: '0' })
    const append = (to: Database, value: number) => {
      const appender = to.appender()
      const ids = Uint32Array.of(appender.series(series))
      const { refused } = appender.append(ids, Float64Array.of(startMs), Float64Array.of(value), 1)
      appender.commit()
      return refused
    }
    expect(append(database, 5)).toBe(0)
    await database.close()
    world.removeLog()
    const reopened = await world.open()
    expect([append(reopened, 5), append(reopened, 6)]).toEqual([0, 1])
  })

  it('keeps what is deleted deleted', async () => {
    const world = new World(plainEncodings())
    const database = await world.open()
    world.append(database, 200)
    const range = { minTimeMs: startMs + 10 * stepMs, maxTimeMs: startMs + 180 * stepMs }
    await database.admin.deleteSeries([[new Matcher('=', 'n', '3')]], range)
    const before = await world.stored(database)
    expect(before[3]).toHaveLength(29)
    await database.close()
    world.removeLog()
    expect(await world.stored(await world.open())).toEqual(before)
  })
})
