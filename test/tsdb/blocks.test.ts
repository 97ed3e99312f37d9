import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../src/base/logger.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { Labels } from '../../src/model/labels.ts'
import { Matcher } from '../../src/model/matcher.ts'
import { halvesOf } from '../../src/model/stale-nan.ts'
import { type BlockMeta, readMeta, writeMeta } from '../../src/tsdb/block/meta.ts'
import { seal } from '../../src/tsdb/block/seal.ts'
import { sizeOf } from '../../src/tsdb/block-list.ts'
import { Database } from '../../src/tsdb/db.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { allTime, localQuerier, readerOf } from '../support/local-querier.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const hourMs = 3_600_000
/** The beginning of a range of six hours. */
const startMs = Math.ceil(1_700_000_000_000 / (18 * hourMs)) * 18 * hourMs

class World {
  readonly directory: string
  readonly clock = new SimClock(startMs)
  /** Every sample that was taken: series, time and bits. */
  readonly taken: string[] = []
  /** What was logged as an error. */
  readonly errors: string[] = []
  database: Database | undefined
  #step = 0

  constructor(directory = temporaryDirectory()) {
    this.directory = directory
  }

  async open(retentionMs = 0): Promise<Database> {
    this.database = await Database.open({
      directory: this.directory,
      fileSystem: nodeFileSystem,
      clock: this.clock,
      logger: {
        ...silentLogger,
        error: (text, fields) => this.errors.push(`${text} ${JSON.stringify(fields)}`),
      },
      lock: async () => ({ release: () => undefined }),
      blockRangeMsMax: 18 * hourMs,
      blockReloadIntervalMs: 10 ** 9,
      retention: () => ({ timeMs: retentionMs, sizeBytes: 0 }),
    })
    return this.database
  }

  /** Of all blocks in the directory, by their times. */
  metas(): BlockMeta[] {
    return nodeFileSystem
      .list(this.directory)
      .filter((name) => name.length === 26)
      .map((name) => readMeta(nodeFileSystem, `${this.directory}/${name}`))
      .sort((a, b) => a.minTimeMs - b.minTimeMs)
  }

  /** Has the meta.json of a block say how many tombstones there are. */
  tellTombstones(ulid: string, tombstones: number): void {
    const directory = `${this.directory}/${ulid}`
    const meta = readMeta(nodeFileSystem, directory)
    writeMeta(nodeFileSystem, directory, { ...meta, stats: { ...meta.stats, tombstones } })
    seal(nodeFileSystem, directory)
  }

  /** A minute of one sample each; series come and go by the hour. */
  async minute(database: Database): Promise<void> {
    await this.clock.advance(60_000)
    const timeMs = this.clock.wallMs()
    const hour = Math.floor(this.#step / 60)
    const names = ['always', 'stale', `hour-${hour}`]
    const values = Float64Array.of(this.#step, 0, Math.sin(this.#step))
    if (this.#step % 7 === 0) halvesOf(values).set([2, 0x7ff00000], 2)
    const appender = database.appender()
    const ids = Uint32Array.from(names, (n) => appender.series(Labels.of({ __name__: 'm', n })))
    appender.append(ids, new Float64Array(3).fill(timeMs), values, 3)
    appender.commit()
    const halves = halvesOf(values)
    names.forEach((n, at) => {
      this.taken.push(`${n} ${timeMs} ${halves[at * 2 + 1]}:${halves[at * 2]}`)
    })
    this.#step++
  }

  async hours(database: Database, count: number): Promise<void> {
    for (let minute = 0; minute < count * 60; minute++) await this.minute(database)
  }

  async stored(database: Database, fromMs = -8.64e15): Promise<string[]> {
    const querier = localQuerier(database, readerOf(database), {
      ...allTime,
      minTimeMs: fromMs,
    })
    const matchers = [new Matcher('=', '__name__', 'm')]
    const set = await querier.select({ matchers, ...allTime, sorted: true })
    const columns = {
      timestampsMs: new Float64Array(10_000),
      values: new Float64Array(10_000),
      grow: () => undefined,
    }
    const found: string[] = []
    for (let series = 0; series < set.seriesCount; series++) {
      const labels = set.labels.labelIds.subarray(
        set.labels.offsets[series],
        set.labels.offsets[series + 1],
      )
      const n = querier.symbols.text(labels[3] ?? 0)
      const count = set.readFloats(series, fromMs, allTime.maxTimeMs, columns)
      const halves = halvesOf(columns.values)
      for (let at = 0; at < count; at++) {
        found.push(`${n} ${columns.timestampsMs[at]} ${halves[at * 2 + 1]}:${halves[at * 2]}`)
      }
    }
    querier.close()
    expect([...set.warnings, ...this.errors]).toEqual([])
    return found.sort()
  }
}

describe('the database over days', () => {
  it('moves samples from the head to blocks and makes larger blocks, and answers the same at every hour', {
    timeout: 120_000,
  }, async () => {
    const world = new World()
    let database = await world.open()
    for (let hour = 1; hour <= 30; hour++) {
      await world.hours(database, 1)
      await database.maintain()
      expect(await world.stored(database), `hour ${hour}`).toEqual([...world.taken].sort())
      if (hour % 11 !== 0) continue
      await database.close()
      database = await world.open()
      expect(await world.stored(database), `restarted at ${hour}`).toEqual([...world.taken].sort())
    }
    const stats = database.stats()
    expect(stats.blocks).toBeGreaterThan(1)
    // 30 hours: one block of 18 hours, one of 6, and what is newer.
    expect(stats.blocks).toBeLessThan(6)
    // Head: series of the last hours only.
    expect(stats.series).toBeLessThan(8)
    // The log: a checkpoint, and the segments behind it.
    const log = nodeFileSystem.list(`${world.directory}/wal`)
    expect(log.filter((name) => name.startsWith('checkpoint.'))).toHaveLength(1)
    expect(log.length).toBeLessThan(6)
    expect(nodeFileSystem.list(`${world.directory}/chunks_head`).length).toBeLessThan(3)
    const names = nodeFileSystem.list(world.directory).filter((name) => name.length === 26)
    expect(names).toHaveLength(stats.blocks)
  })

  it('forgets what retention does not keep, and nothing else', { timeout: 60_000 }, async () => {
    const world = new World()
    const database = await world.open(6 * hourMs)
    await world.hours(database, 20)
    await database.maintain()
    await database.maintain()
    const stored = await world.stored(database)
    const times = stored.map((sample) => Number(sample.split(' ')[1]))
    const oldestMs = times.reduce((least, timeMs) => Math.min(least, timeMs))
    expect(oldestMs).toBeGreaterThan(startMs + 6 * hourMs)
    const expected = world.taken.filter((sample) => Number(sample.split(' ')[1]) >= oldestMs)
    expect(stored).toEqual(expected.sort())
    expect(world.clock.wallMs() - oldestMs).toBeGreaterThan(6 * hourMs)
  })

  it('hides what is deleted at once, in blocks and head, and after a restart; cleaning removes it', {
    timeout: 60_000,
  }, async () => {
    const world = new World()
    let database = await world.open()
    await world.hours(database, 9)
    await database.maintain()
    expect(database.stats().blocks).toBeGreaterThan(1)
    // From the middle of the first block to the middle of the head, and one series whole.
    const range = { minTimeMs: startMs + hourMs, maxTimeMs: world.clock.wallMs() - hourMs }
    const always = [new Matcher('=', 'n', 'always')]
    const hour = [new Matcher('=~', 'n', 'hour-3|nothing')]
    await database.admin.deleteSeries([always], range)
    await database.admin.deleteSeries([hour], allTime)
    const isKept = (sample: string) => {
      const [n, time] = sample.split(' ')
      if (n === 'hour-3') return false
      return n !== 'always' || Number(time) < range.minTimeMs || Number(time) > range.maxTimeMs
    }
    const expected = world.taken.filter(isKept).sort()
    expect(expected.length).toBeLessThan(world.taken.length - 400)
    expect(await world.stored(database)).toEqual(expected)
    await database.close()
    database = await world.open()
    expect(await world.stored(database)).toEqual(expected)
    const before = database.stats().blockBytes
    await database.admin.cleanTombstones()
    expect(await world.stored(database)).toEqual(expected)
    expect(database.stats().blockBytes).toBeLessThan(before)
    // What is deleted in the head does not come back when the head is flushed.
    await world.hours(database, 6)
    await database.maintain()
    expect(await world.stored(database)).toEqual(world.taken.filter(isKept).sort())
  })

  it('deletes nothing where the range ends before it starts, and keeps all blocks readable', {
    timeout: 60_000,
  }, async () => {
    const world = new World()
    let database = await world.open()
    await world.hours(database, 9)
    await database.maintain()
    const range = { minTimeMs: world.clock.wallMs() - hourMs, maxTimeMs: startMs + hourMs }
    await database.admin.deleteSeries([[new Matcher('=', 'n', 'always')]], range)
    const expected = world.taken.toSorted()
    expect(await world.stored(database)).toEqual(expected)
    await database.close()
    database = await world.open()
    expect(await world.stored(database)).toEqual(expected)
    expect(world.metas().map(({ stats }) => stats.tombstones)).toEqual(world.metas().map(() => 0))
  })

  it('cleans a block into one of the first level, which names it as its only parent', {
    timeout: 60_000,
  }, async () => {
    const world = new World()
    const database = await world.open()
    await world.hours(database, 22)
    await database.maintain()
    const before = world.metas()
    const levels = before.map(({ compaction }) => compaction.level)
    expect(Math.max(...levels)).toBeGreaterThan(1)
    await database.admin.deleteSeries([[new Matcher('=', 'n', 'always')]], allTime)
    await database.admin.cleanTombstones()
    const cleaned = world.metas()
    expect(cleaned.map(({ compaction }) => compaction)).toEqual(
      cleaned.map(({ ulid }, at) => {
        const { ulid: parent, minTimeMs, maxTimeMs } = before[at] ?? { ulid: 'none' }
        const parents = [{ ulid: parent, minTimeMs, maxTimeMs }]
        return { level: 1, sources: [ulid], deletable: false, parents, failed: false, hints: [] }
      }),
    )
  })

  it('cleans a block whose meta.json, of another writer, tells of no tombstones, and no other', {
    timeout: 60_000,
  }, async () => {
    const world = new World()
    const database = await world.open()
    await world.hours(database, 9)
    await database.maintain()
    const before = world.metas()
    const times = before.map(({ minTimeMs }) => minTimeMs)
    const [first, second] = before
    if (first === undefined || second === undefined) throw new Error('there are two blocks')
    const range = { minTimeMs: first.minTimeMs, maxTimeMs: first.maxTimeMs - 1 }
    await database.admin.deleteSeries([[new Matcher('=', 'n', 'always')]], range)
    const stored = await world.stored(database)
    world.tellTombstones(first.ulid, 0)
    world.tellTombstones(second.ulid, 7)
    await database.admin.cleanTombstones()
    const cleaned = world.metas()
    expect(cleaned.map(({ minTimeMs }) => minTimeMs)).toEqual(times)
    expect(cleaned[0]?.compaction.parents).toMatchObject([{ ulid: first.ulid }])
    expect(cleaned[1]?.ulid).toBe(second.ulid)
    expect(await world.stored(database)).toEqual(stored)
  })

  it('does not miss a block that cannot be read where another was made of it', async () => {
    const world = new World()
    let database = await world.open()
    await world.hours(database, 22)
    await database.maintain()
    const parents = world.metas().flatMap(({ compaction }) => compaction.parents)
    const [parent = { ulid: 'none' }] = parents
    await database.close()
    const folder = `${world.directory}/${parent.ulid}`
    mkdirSync(folder)
    writeFileSync(`${folder}/meta.json`, '{')
    database = await world.open()
    await database.maintain()
    expect(existsSync(folder)).toBe(false)
    world.errors.length = 0
    expect(await world.stored(database)).toEqual([...world.taken].sort())
  })

  it('notes no deletion in a block of a series that has a gap there, and measures one anew that has changed', async () => {
    const world = new World()
    const database = await world.open()
    const minuteMs = 60_000
    const seconds = Array.from({ length: 180 }, (_, second) => startMs + second * 1_000)
    const times = [...seconds, ...seconds.map((timeMs) => timeMs + hourMs), startMs + 5 * hourMs]
    await world.clock.advance(5 * hourMs)
    const appender = database.appender()
    const ids = new Uint32Array(times.length).fill(appender.series(Labels.of({ n: 'gap' })))
    appender.append(ids, Float64Array.from(times), new Float64Array(times.length), times.length)
    appender.commit()
    await database.maintain()
    const gone = async (fromMs: number, toMs: number) => {
      const range = { minTimeMs: startMs + fromMs, maxTimeMs: startMs + toMs }
      await database.admin.deleteSeries([[new Matcher('=', 'n', 'gap')]], range)
      return world.metas().map(({ stats }) => stats.tombstones)
    }
    expect(await gone(10 * minuteMs, 50 * minuteMs)).toEqual([0])
    expect(await gone(10 * minuteMs, 61 * minuteMs)).toEqual([1])
    const [block] = world.metas()
    const sizeBytes = sizeOf(nodeFileSystem, `${world.directory}/${block?.ulid}`)
    expect(database.stats().blockBytes).toBe(sizeBytes)
  })

  it('gives a snapshot that is a data directory with the same samples', {
    timeout: 60_000,
  }, async () => {
    const world = new World()
    const database = await world.open()
    await world.hours(database, 8)
    await database.maintain()
    const name = await database.admin.snapshot(false)
    expect(name).toMatch(/^\d{8}T\d{6}Z-[0-9a-f]{16}$/)
    const copy = new World(`${world.directory}/snapshots/${name}`)
    const opened = await copy.open()
    expect(await copy.stored(opened)).toEqual([...world.taken].sort())
    const blocksOnly = await database.admin.snapshot(true)
    expect(nodeFileSystem.list(`${world.directory}/snapshots/${blocksOnly}`)).toHaveLength(
      database.stats().blocks,
    )
  })
})
