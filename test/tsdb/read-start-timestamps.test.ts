import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../src/base/logger.ts'
import { GrowingColumns } from '../../src/model/growing-columns.ts'
import { NativeHistogram } from '../../src/model/histogram.ts'
import { Labels } from '../../src/model/labels.ts'
import { Matcher } from '../../src/model/matcher.ts'
import type { ChunkSeriesSet } from '../../src/storage/querier.ts'
import { encoding } from '../../src/tsdb/chunk/encoding.ts'
import { Database } from '../../src/tsdb/db.ts'
import type { HeadEncodings } from '../../src/tsdb/head/head-encodings.ts'
import { SharedReadingSet } from '../../src/workers/shared-reading.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { SimFileSystem } from '../sim/sim-file-system.ts'
import { allTime, localQuerier, readerOf } from '../support/local-querier.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const beginMs = Math.ceil(1_700_000_000_000 / (2 * hourMs)) * 2 * hourMs

/** A database, and what a reader should find: a line for each sample, by its series and time. */
class World {
  readonly fileSystem = new SimFileSystem()
  readonly clock = new SimClock(beginMs)
  readonly taken = new Map<string, string>()
  #database: Database | undefined

  get database(): Database {
    if (this.#database === undefined) throw new Error('not open')
    return this.#database
  }

  async open(encodings: HeadEncodings): Promise<void> {
    this.fileSystem.makeDirectory('/data')
    this.#database = await Database.open({
      directory: '/data',
      fileSystem: this.fileSystem,
      clock: this.clock,
      logger: silentLogger,
      lock: async () => ({ release: () => undefined }),
      outOfOrderWindowMs: () => hourMs,
      encodings,
    })
  }

  /** A counter and a histogram; every sixteenth minute they come late. */
  async minute(minute: number): Promise<void> {
    await this.clock.advance(minuteMs)
    const isLate = minute > 30 && minute % 16 === 0
    const timeMs = this.clock.wallMs() - (isLate ? 20 * minuteMs + 1 : 0)
    const startMs = minute % 7 === 0 ? 0 : timeMs - 30_000 - minute
    const appender = this.database.appender()
    const id = (name: string) => appender.series(Labels.of({ __name__: name }))
    const [times, starts] = [Float64Array.of(timeMs), Float64Array.of(startMs)]
    appender.append(Uint32Array.of(id('counter')), times, Float64Array.of(minute), 1, starts)
    const histogram = new NativeHistogram()
    histogram.count = minute
    histogram.zeroCount = minute
    expect(appender.appendHistogram(id('histograms'), timeMs, histogram, startMs)).toBe(0)
    appender.commit()
    for (const name of ['counter', 'histograms']) {
      this.taken.set(`${name} ${timeMs}`, `${name} ${timeMs} ${startMs}`)
    }
  }

  async read(wrap: (set: ChunkSeriesSet) => ChunkSeriesSet = (set) => set): Promise<string[]> {
    const querier = localQuerier(this.database, readerOf(this.database, this.fileSystem))
    const found: string[] = []
    const columns = new GrowingColumns(256, true)
    for (const name of ['counter', 'histograms']) {
      const matchers = [new Matcher('=', '__name__', name)]
      const set = wrap(await querier.select({ matchers, ...allTime, sorted: true }))
      columns.startsMs?.fill(Number.NaN)
      const count = set.readFloats(0, allTime.minTimeMs, allTime.maxTimeMs, columns)
      for (let at = 0; at < count; at++) {
        found.push(`${name} ${columns.timestampsMs[at]} ${columns.startsMs?.[at]}`)
      }
      const cursor = set.readHistograms(0, allTime.minTimeMs, allTime.maxTimeMs)
      while (cursor.next()) found.push(`${name} ${cursor.timestampMs} ${cursor.startMs}`)
    }
    querier.close()
    return found.sort()
  }

  expected(): string[] {
    return [...this.taken.values()].sort()
  }
}

const withStarts: HeadEncodings = {
  floats: encoding.xor2,
  histogramStarts: true,
  storesStarts: true,
}

describe('start timestamps that a reader wants', () => {
  it('come with every sample of blocks, head and late chunks, whatever is deleted', async () => {
    const world = new World()
    await world.open(withStarts)
    for (let minute = 1; minute <= 700; minute++) {
      await world.minute(minute)
      if (minute === 450) await world.database.maintain()
    }
    expect(world.database.stats().blocks).toBeGreaterThan(1)
    expect(await world.read()).toEqual(world.expected())
    for (const [fromMinute, toMinute] of [
      [50, 60],
      [640, 655],
    ] as const) {
      const minTimeMs = beginMs + fromMinute * minuteMs
      const maxTimeMs = beginMs + toMinute * minuteMs
      const sets = ['counter', 'histograms'].map((name) => [new Matcher('=', '__name__', name)])
      await world.database.admin.deleteSeries(sets, { minTimeMs, maxTimeMs })
      for (const key of world.taken.keys()) {
        const timeMs = Number(key.split(' ')[1])
        if (timeMs >= minTimeMs && timeMs <= maxTimeMs) world.taken.delete(key)
      }
    }
    expect(await world.read()).toEqual(world.expected())
    await world.database.close()
  })

  it('are 0 where chunks do not hold them', async () => {
    const world = new World()
    await world.open({ floats: encoding.xor, histogramStarts: false, storesStarts: false })
    for (let minute = 1; minute <= 300; minute++) await world.minute(minute)
    const zeros = world.expected().map((line) => line.replace(/ -?\d+$/, ' 0'))
    expect(await world.read()).toEqual(zeros.sort())
    await world.database.close()
  })

  it('are read without helpers', async () => {
    const world = new World()
    await world.open(withStarts)
    for (let minute = 1; minute <= 100; minute++) await world.minute(minute)
    let offers = 0
    const bounds = { samplesMin: 1, pieceSamples: 10, piecesAhead: 2 }
    const shared = await world.read((set) => new SharedReadingSet(set, () => offers++, bounds))
    expect(shared).toEqual(world.expected())
    expect(offers).toBe(0)
    await world.database.close()
  })
})
