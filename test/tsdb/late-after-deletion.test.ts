import { describe, expect, it } from 'vitest'
import { ByteWriter } from '../../src/base/byte-writer.ts'
import { limits } from '../../src/base/limits.ts'
import { Matcher } from '../../src/model/matcher.ts'
import type { ChunkSeriesSet } from '../../src/storage/querier.ts'
import type { Database } from '../../src/tsdb/db.ts'
import {
  addInOrderTombstone,
  addTombstone,
  beginTombstoneRecord,
} from '../../src/tsdb/wal/tombstone-record.ts'
import { WalWriter } from '../../src/tsdb/wal/writer.ts'
import { SimError } from '../sim/sim-file-system.ts'
import { allTime, localQuerier, readerOf } from '../support/local-querier.ts'
import { Columns } from './block/block-answers.ts'
import { minuteMs, send, World } from './out-of-order-world.ts'

const ofA = [new Matcher('=', 'series', 'a')]

function deleteFrom(database: Database, from: number, to: number): Promise<void> {
  const range = { minTimeMs: from * minuteMs, maxTimeMs: to * minuteMs }
  return database.admin.deleteSeries([ofA], range)
}

/** Of all files of a folder. */
function bytesOf({ fileSystem }: World, folder: string): number {
  const sizes = fileSystem.list(folder).map((name) => {
    return fileSystem.stat(`${folder}/${name}`)?.sizeBytes ?? 0
  })
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** What the log of a directory gets behind what it has: tombstones of the series with this ref. */
async function logTombstones(
  { fileSystem }: World,
  add: (writer: ByteWriter, ref: number) => void,
  ref = 1,
): Promise<void> {
  const log = WalWriter.open({
    fileSystem,
    directory: '/data/wal',
    segmentBytesMax: limits.walSegmentBytes,
    compression: 'none',
  })
  const writer = new ByteWriter(256)
  beginTombstoneRecord(writer)
  add(writer, ref)
  log.log([writer.copy()])
  await log.close()
}

type Sample = [minute: number, value: number]

/** A query over series a that begins now; what it answers reads samples, and ends it. */
function begin(world: World, database: Database, selectsNow: boolean): () => Promise<Sample[]> {
  const release = database.pin()
  const querier = localQuerier(database, readerOf(database, world.fileSystem))
  const select = () => querier.select({ matchers: ofA, ...allTime, sorted: true })
  const early = selectsNow ? select() : undefined
  return async () => {
    const { count, timestampsMs, values } = readFirst(await (early ?? select()))
    querier.close()
    release()
    return Array.from({ length: count }, (_, at) => [
      (timestampsMs[at] ?? 0) / minuteMs,
      values[at] ?? 0,
    ])
  }
}

function readFirst(set: ChunkSeriesSet) {
  const columns = new Columns()
  const count = set.readFloats(0, allTime.minTimeMs, allTime.maxTimeMs, columns)
  const { timestampsMs, values } = columns
  return { count, timestampsMs, values }
}

describe('what is sent again after it was deleted', () => {
  it.each([
    ['in order', false],
    ['out of order', true],
  ])(
    'is there, in the head, in blocks and after kills: samples that came %s',
    async (_, isLate) => {
      const world = new World(10_000)
      let database = await world.open()
      if (isLate) send(database, [['a', 200, 0]])
      for (let minute = 10; minute <= 100; minute += 10) send(database, [['a', minute, 1]])
      if (!isLate) send(database, [['a', 200, 0]])
      await deleteFrom(database, 20, 80)
      const kept = (value: number) => [
        [10, 1],
        ...[20, 30, 40].map((minute) => [minute, value]),
        [90, 1],
        [100, 1],
        [200, 0],
      ]
      for (const minute of [20, 30, 40]) expect(send(database, [['a', minute, 2]])).toEqual([0])
      expect((await world.stored(database)).a).toEqual(kept(2))
      database = await world.open()
      expect((await world.stored(database)).a).toEqual(kept(2))
      await deleteFrom(database, 0, 45)
      for (const minute of [10, 20, 30, 40]) send(database, [['a', minute, minute === 10 ? 1 : 3]])
      expect((await world.stored(database)).a).toEqual(kept(3))
      for (let minute = 201; minute < 500; minute++) send(database, [['b', minute, 1]])
      await database.maintain()
      expect(database.stats().blocks).toBeGreaterThan(1)
      expect((await world.stored(database)).a).toEqual(kept(3))
      database = await world.open()
      expect((await world.stored(database)).a).toEqual(kept(3))
      await database.close()
    },
  )

  it('is there also with the time of the newest sample of its series, which is none any more', async () => {
    const world = new World(100)
    let database = await world.open()
    send(database, [['a', 100, 1]])
    await deleteFrom(database, 90, 110)
    for (const value of [1, 2]) expect(send(database, [['a', 100, value]])).toEqual([0])
    expect((await world.stored(database)).a).toEqual([[100, 1]])
    database = await world.open()
    expect((await world.stored(database)).a).toEqual([[100, 1]])
    await database.close()
  })

  it('is logged once, however often a page repeats it', async () => {
    const world = new World(100)
    const database = await world.open()
    send(database, [['a', 100, 1]])
    await deleteFrom(database, 90, 110)
    send(database, [['a', 100, 1]])
    const logged = bytesOf(world, '/data/wbl')
    expect(logged).toBeGreaterThan(0)
    for (const value of [1, 1, 2]) expect(send(database, [['a', 100, value]])).toEqual([0])
    expect(bytesOf(world, '/data/wbl')).toBe(logged)
    send(database, [['a', 99, 1]])
    expect(bytesOf(world, '/data/wbl')).toBeGreaterThan(logged)
    const killed = await world.open()
    expect((await world.stored(killed)).a).toEqual([
      [99, 1],
      [100, 1],
    ])
    await killed.close()
  })

  it('without a window is what it was: known, or refused', async () => {
    const world = new World(0)
    const database = await world.open()
    send(database, [['a', 100, 1]])
    await deleteFrom(database, 90, 110)
    expect(send(database, [['a', 100, 1]])).toEqual([0])
    expect(send(database, [['a', 101, 1]])).toEqual([0])
    expect((await world.stored(database)).a).toEqual([[101, 1]])
    await database.close()
  })
})

describe('a late sample that the log has before all others of its series', () => {
  it.each([
    ['has no other one', []],
    ['has newer ones', [['a', 210, 1]] as const],
  ])('stays deleted after it went to a block, where the series %s', async (_, newer) => {
    const world = new World(10_000)
    let database = await world.open()
    send(database, [['b', 200, 0]])
    send(database, [['a', 100, 1]])
    send(database, newer)
    send(database, [['a', 50, 1]])
    await deleteFrom(database, 40, 60)
    await deleteFrom(database, 90, 110)
    const left = newer.map(([, minute, value]) => [minute, value])
    const stored = async () => (await world.stored(database)).a ?? []
    expect(await stored()).toEqual(left)
    database = await world.open()
    expect(await stored()).toEqual(left)
    for (const minute of [95, 100, 120]) send(database, [['a', minute, 2]])
    const all = [[95, 2], [100, 2], [120, 2], ...left]
    expect(await stored()).toEqual(all)
    database = await world.open()
    expect(await stored()).toEqual(all)
    for (let minute = 211; minute < 500; minute++) send(database, [['b', minute, 1]])
    await database.maintain()
    expect(await stored()).toEqual(all)
    await database.close()
  })

  it('stays deleted also where its series had left the head', async () => {
    const world = new World(10_000)
    let database = await world.open()
    for (let minute = 1; minute <= 400; minute++) send(database, [['b', minute, 1]])
    await database.maintain()
    send(database, [['a', 300, 1]])
    send(database, [['a', 310, 1]])
    await database.maintain()
    expect(database.stats().series).toBe(1)
    const stored = async () => (await world.stored(database)).a
    expect(await stored()).toEqual([
      [300, 1],
      [310, 1],
    ])
    await deleteFrom(database, 290, 305)
    const left = [[310, 1]]
    expect(await stored()).toEqual(left)
    database = await world.open()
    expect(await stored()).toEqual(left)
    await database.close()
  })
})

describe('where the log of late samples is gone, a late sample that was deleted', () => {
  it.each([
    ['by the deletion', false, true, false],
    ['before', true, true, false],
    ['before, with a memory snapshot behind', true, true, true],
    ['before, and its series had left the head', true, false, false],
  ])(
    'stays deleted, as long as its chunk stands in a file: it was moved to a block %s',
    async (_, isFlushed, isInHead, snapshotsMemory) => {
      const world = new World(10_000)
      let database = await world.open({ snapshotsMemory })
      let newest = 0
      const kept: number[][] = []
      const round = async (minutes: number) => {
        for (const to = newest + minutes; newest < to; newest++) {
          send(database, [['b', newest, 1]])
        }
        if (isInHead) {
          send(database, [['a', newest, 1]])
          kept.push([newest, 1])
        }
        await database.maintain()
      }
      const stored = async () => (await world.stored(database)).a ?? []
      await round(400)
      send(database, [['a', 50, 1]])
      if (isFlushed) await round(150)
      expect(await stored()).toContainEqual([50, 1])
      await deleteFrom(database, 40, 60)
      // Its tombstone would go with the log's segments.
      for (let rounds = 0; rounds < 5; rounds++) await round(150)
      expect(await stored()).toEqual(kept)
      if (snapshotsMemory) await database.close()
      database = await world.open({ snapshotsMemory })
      await database.close()
      world.fileSystem.remove('/data/wbl', { recursive: true })
      for (const when of ['read', 'settled']) {
        database = await world.open({ snapshotsMemory })
        if (when === 'settled') await database.settle()
        expect(await stored(), when).toEqual(kept)
      }
      await database.close()
    },
  )
})

describe('a query that began before a deletion', () => {
  it('keeps neither the deletion waiting nor the samples that come after it', async () => {
    const world = new World(10_000)
    const database = await world.open()
    send(database, [['a', 200, 0]])
    send(database, [['a', 50, 1]])
    const release = database.pin()
    await deleteFrom(database, 0, 100)
    send(database, [['a', 50, 2]])
    expect((await world.stored(database)).a).toEqual([
      [50, 2],
      [200, 0],
    ])
    await deleteFrom(database, 0, 100)
    expect((await world.stored(database)).a).toEqual([[200, 0]])
    release()
    expect((await world.stored(database)).a).toEqual([[200, 0]])
    await database.close()
  })

  it.each([
    ['before the next', true],
    ['when several have been', false],
  ])('reads on what there was, however many follow: it selects series %s', async (_, isEarly) => {
    const world = new World(10_000)
    const database = await world.open()
    send(database, [['a', 300, 0]])
    const queries: { readonly end: () => Promise<unknown>; readonly expected: Sample[] }[] = []
    for (let round = 0; round < 6; round++) {
      // More than are open at once.
      for (let minute = 1 + round; minute < 240; minute += 6) {
        send(database, [['a', minute, round]])
        // Whoever selects later sees what has come meanwhile as well.
        if (!isEarly) for (const { expected } of queries) expected.push([minute, round])
      }
      const { a: expected = [] } = await world.stored(database)
      queries.push({ end: begin(world, database, isEarly), expected })
      await deleteFrom(database, 60 * (round % 4), 60 * (round % 4) + 30)
    }
    const { a: last = [] } = await world.stored(database)
    for (const at of [3, 0, 5, 1, 4, 2]) {
      const { end, expected = [] } = queries[at] ?? {}
      expect(await end?.()).toEqual(expected.sort(([one], [other]) => one - other))
      await database.maintain()
      expect((await world.stored(database)).a).toEqual(last)
    }
    await database.close()
  })

  it('lets go of what all of them have moved when it ends', async () => {
    const world = new World(10_000)
    const database = await world.open()
    send(database, [['a', 300, 0]])
    const release = database.pin()
    for (let round = 1; round <= 3; round++) {
      send(database, [['a', 100 + round, 1]])
      await deleteFrom(database, 0, 200)
    }
    expect(database.stats().chunks).toBe(4)
    release()
    await database.maintain()
    expect(database.stats().chunks).toBe(1)
    await database.close()
  })
})

describe('a deletion on a disk that refuses', () => {
  it.each([
    ['the block of what is late', 'rename', /\.tmp/],
    ['the removal from its log', 'remove', /wbl/],
  ])('%s is told, and can be repeated', async (_, kind, path) => {
    const world = new World(10_000)
    const database = await world.open()
    send(database, [['a', 200, 0]])
    send(database, [['a', 50, 1]])
    world.fileSystem.faults.before = (_disk, operation, at) => {
      if (operation === kind && path.test(at)) throw new SimError('EIO')
    }
    await expect(deleteFrom(database, 0, 100)).rejects.toThrow(/EIO/)
    world.fileSystem.faults = {}
    await deleteFrom(database, 0, 100)
    send(database, [['a', 60, 2]])
    const expected = [
      [60, 2],
      [200, 0],
    ]
    expect((await world.stored(database)).a).toEqual(expected)
    const killed = await world.open()
    expect((await world.stored(killed)).a).toEqual(expected)
    await killed.close()
  })
})

describe('tombstones of another server', () => {
  const plain = (writer: ByteWriter, ref: number) =>
    addTombstone(writer, ref, 40 * minuteMs, 60 * minuteMs)

  it('hide what is late in its log, and not what comes after the start', async () => {
    const world = new World(10_000)
    let database = await world.open()
    send(database, [['a', 200, 0]])
    send(database, [['a', 50, 1]])
    send(database, [['a', 70, 1]])
    await database.close()
    await logTombstones(world, plain)
    database = await world.open()
    await database.settle()
    const kept = [
      [70, 1],
      [200, 0],
    ]
    expect((await world.stored(database)).a).toEqual(kept)
    send(database, [['a', 45, 2]])
    send(database, [['a', 50, 2]])
    const all = [[45, 2], [50, 2], ...kept]
    expect((await world.stored(database)).a).toEqual(all)
    for (const when of ['killed', 'settled']) {
      database = await world.open()
      if (when === 'settled') await database.settle()
      expect((await world.stored(database)).a, when).toEqual(all)
    }
    await database.close()
  })

  it('that are empty show nothing again', async () => {
    const world = new World(10_000)
    let database = await world.open()
    send(database, [['a', 200, 0]])
    send(database, [['a', 50, 1]])
    await database.close()
    // As Prometheus has it for a series without samples in the range.
    await logTombstones(world, plain)
    const empty = 60 * minuteMs
    await logTombstones(world, (writer, ref) => addTombstone(writer, ref, empty + 1, empty))
    database = await world.open()
    expect((await world.stored(database)).a).toEqual([[200, 0]])
    await database.close()
  })

  it('of samples in order only show all that is late by their end', async () => {
    const world = new World(10_000)
    let database = await world.open()
    send(database, [['a', 200, 0]])
    send(database, [['a', 50, 1]])
    send(database, [['a', 90, 1]])
    await database.close()
    await logTombstones(world, plain)
    await logTombstones(world, (writer, ref) =>
      addTombstone(writer, ref, 80 * minuteMs, 95 * minuteMs),
    )
    await logTombstones(world, (writer, ref) => addInOrderTombstone(writer, ref, 0, 70 * minuteMs))
    database = await world.open()
    expect((await world.stored(database)).a).toEqual([
      [50, 1],
      [200, 0],
    ])
    await database.close()
  })
})

describe('late samples older than the newest block', () => {
  it('stay deleted after a clean exit with a memory snapshot', async () => {
    const world = new World(10_000)
    let database = await world.open({ snapshotsMemory: true })
    for (let minute = 1; minute <= 400; minute++) send(database, [['b', minute, 1]])
    await database.maintain()
    for (const minute of [50, 60, 70, 500]) send(database, [['a', minute, 1]])
    send(database, [['a', 80, 1]])
    await deleteFrom(database, 0, 65)
    await database.close()
    database = await world.open({ snapshotsMemory: true })
    expect((await world.stored(database)).a).toEqual([
      [70, 1],
      [80, 1],
      [500, 1],
    ])
    await database.close()
  })
})
