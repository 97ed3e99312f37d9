import { describe, expect, it } from 'vitest'
import { Labels } from '../../src/model/labels.ts'
import { Matcher } from '../../src/model/matcher.ts'
import { halvesOf, writeStaleAt } from '../../src/model/stale-nan.ts'
import { exemplarRefusal, refusal } from '../../src/storage/appender.ts'
import type { LabelList } from '../../src/storage/querier.ts'
import type { Database } from '../../src/tsdb/db.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { SimFileSystem } from '../sim/sim-file-system.ts'
import { exemplar } from '../support/exemplars.ts'
import { allTime, localQuerier, readerOf } from '../support/local-querier.ts'
import { Columns } from './block/block-answers.ts'
import { HistogramLoad, openAt, storedIn } from './head/histogram-world.ts'
import { minuteMs, type Sent, send, World } from './out-of-order-world.ts'

const { outOfOrder, outOfBounds, duplicateTimestamp, tooOld } = refusal

describe('a sample that is not the newest of its series', () => {
  // Facts of Prometheus 3.14 (tsdb/head_append.go, head_test.go); blocks of two hours, so samples in
  // order may be an hour older than the newest of all, which is at 300 minutes.
  it.each([
    ['without a window, in order, is taken', 0, 'new', 240, 1, 0],
    [
      'without a window, older than the head takes, is out of bounds',
      0,
      'new',
      239,
      1,
      outOfBounds,
    ],
    ['of a known series without a window is out of order', 0, 'old', 299, 1, outOfOrder],
    [
      'of a known series without a window and too old is out of bounds',
      0,
      'old',
      239,
      1,
      outOfBounds,
    ],
    ['equal to the newest is taken silently', 0, 'old', 300, 7, 0],
    ['with the newest time and another value is a duplicate', 0, 'old', 300, 8, duplicateTimestamp],
    ['within the window is taken', 120, 'old', 299, 1, 0],
    ['of a new series, older than the head takes, is taken in the window', 120, 'new', 239, 1, 0],
    ['at the end of the window is taken', 120, 'new', 180, 1, 0],
    ['behind the window is too old', 120, 'new', 179, 1, tooOld],
    ['of a known series behind the window is too old', 120, 'old', 179, 1, tooOld],
    ['in order of a new series is taken, however small the window', 10, 'new', 240, 1, 0],
    ['out of order behind a small window is too old', 10, 'old', 289, 1, tooOld],
    [
      'with the newest time and another value is a duplicate in a window too',
      120,
      'old',
      300,
      8,
      duplicateTimestamp,
    ],
  ] as const)('%s', async (_, windowMinutes, series, minutes, value, code) => {
    const world = new World(windowMinutes)
    const database = await world.open()
    expect(send(database, [['old', 300, 7]])).toEqual([0])
    expect(send(database, [[series, minutes, value]])).toEqual([code])
    const stored = await world.stored(database)
    const isThere = stored[series]?.some(([time, its]) => time === minutes && its === value)
    expect(isThere ?? false).toBe(code === 0)
    const { refused } = database.stats()
    expect(refused.outOfOrder.float).toBe(code === outOfOrder ? 1 : 0)
    expect(refused.outOfBounds.float).toBe(code === outOfBounds ? 1 : 0)
    expect(refused.tooOld.float).toBe(code === tooOld ? 1 : 0)
    await database.close()
  })

  it('a second one with its time is dropped silently, whatever its value', async () => {
    const world = new World(120)
    const database = await world.open()
    send(database, [['a', 300, 1]])
    expect(send(database, [['a', 290, 2]])).toEqual([0])
    expect(send(database, [['a', 290, 3]])).toEqual([0])
    expect((await world.stored(database)).a).toEqual([
      [290, 2],
      [300, 1],
    ])
    // Taken out of order or not, a sample is an appended one.
    expect(database.stats()).toMatchObject({
      outOfOrderAppended: { floats: 1, histograms: 0 },
      samplesAppended: 2,
    })
    await database.close()
  })

  it('one whose time is known in order loses to the sample in order', async () => {
    const world = new World(120)
    const database = await world.open()
    send(database, [['a', 290, 1]])
    send(database, [['a', 300, 2]])
    expect(send(database, [['a', 290, 3]])).toEqual([0])
    expect((await world.stored(database)).a).toEqual([
      [290, 1],
      [300, 2],
    ])
    await database.close()
  })

  it('older samples of one transaction are out of order behind its newer ones', async () => {
    const world = new World(120)
    const database = await world.open()
    send(database, [['a', 300, 1]])
    const samples: Sent[] = [
      ['a', 310, 2],
      ['a', 305, 3],
      ['b', 310, 4],
      ['b', 170, 5],
      ['b', 180, 6],
    ]
    // Bounds are those of the transaction's begin.
    expect(send(database, samples)).toEqual([0, 0, 0, tooOld, 0])
    expect(await world.stored(database)).toEqual({
      a: [
        [300, 1],
        [305, 3],
        [310, 2],
      ],
      b: [
        [180, 6],
        [310, 4],
      ],
    })
    await database.close()
  })

  it('is refused as out of order where the sender wants none, as for stale markers of scrapes', async () => {
    const world = new World(120)
    const database = await world.open()
    send(database, [['a', 300, 1]])
    expect(send(database, [['a', 299, 1]], true)).toEqual([outOfOrder])
    expect(send(database, [['a', 301, 1]], true)).toEqual([0])
    await database.close()
  })

  it('keeps the bits of a stale marker', async () => {
    const world = new World(120)
    const database = await world.open()
    send(database, [['a', 300, 1]])
    const appender = database.appender()
    const values = new Float64Array(1)
    writeStaleAt(halvesOf(values), 0)
    const id = appender.series(Labels.of({ __name__: 'm', series: 'a' }))
    appender.append(Uint32Array.of(id), Float64Array.of(299 * minuteMs), values, 1)
    appender.commit()
    const querier = localQuerier(database, readerOf(database, world.fileSystem))
    const matchers = [new Matcher('=', '__name__', 'm')]
    const set = await querier.select({ matchers, ...allTime, sorted: false })
    const columns = new Columns()
    expect(set.readFloats(0, allTime.minTimeMs, allTime.maxTimeMs, columns)).toBe(2)
    const halves = halvesOf(columns.values)
    expect([halves[1], halves[0]]).toEqual([0x7ff00000, 0x00000002])
    await database.close()
  })
})

describe('the out-of-order window', () => {
  it('may change at any time: what was taken stays, through restarts without a window too', async () => {
    const world = new World(30)
    let database = await world.open()
    send(database, [['a', 310, 0]])
    const range = (from: number, to: number): Sent[] =>
      Array.from({ length: to - from + 1 }, (_, at) => ['a', from + at, from + at])
    const codes = (from: number, to: number) => new Set(send(database, range(from, to)))
    expect(codes(281, 290)).toEqual(new Set([0]))
    expect(codes(251, 260)).toEqual(new Set([tooOld]))
    world.windowMinutes = 60
    expect(codes(251, 260)).toEqual(new Set([0]))
    world.windowMinutes = 30
    expect(codes(261, 270)).toEqual(new Set([tooOld]))
    world.windowMinutes = 0
    expect(codes(295, 305)).toEqual(new Set([outOfOrder]))
    const expected = [...range(251, 260), ...range(281, 290)].map(([, time, value]) => [
      time,
      value,
    ])
    expect((await world.stored(database)).a).toEqual([...expected, [310, 0]])
    await database.close()
    database = await world.open()
    expect((await world.stored(database)).a).toEqual([...expected, [310, 0]])
    expect(codes(295, 305)).toEqual(new Set([outOfOrder]))
    await database.close()
  })

  it('costs no folder as long as no sample needs it', async () => {
    const world = new World(30)
    const database = await world.open()
    send(database, [['a', 310, 0]])
    send(database, [['a', 320, 0]])
    expect(world.folders()).not.toContain('wbl')
    send(database, [['a', 319, 0]])
    expect(world.folders()).toContain('wbl')
    await database.close()
  })
})

describe('many out-of-order samples', () => {
  it('of one series in one transaction, more than a slab holds, are all there after a kill', async () => {
    const world = new World(10_000)
    let database = await world.open()
    send(database, [['a', 5_000, -1]])
    // Every fifth minute backwards, then those between.
    const samples = Array.from({ length: 1_000 }, (_, at): Sent => {
      const minutes = 1 + ((at * 617) % 1_000)
      return ['a', minutes, minutes / 7]
    })
    send(database, samples.slice(0, 700))
    send(database, samples.slice(700))
    const expected = Array.from({ length: 1_000 }, (_, at) => [at + 1, (at + 1) / 7])
    expect((await world.stored(database)).a).toEqual([...expected, [5_000, -1]])
    const some = { minTimeMs: 100 * minuteMs, maxTimeMs: 200 * minuteMs }
    expect((await world.stored(database, some)).a).toEqual(expected.slice(99, 200))
    for (let round = 0; round < 3; round++) {
      // Nothing is closed: the process was killed.
      database = await world.open()
      expect((await world.stored(database)).a).toEqual([...expected, [5_000, -1]])
      send(database, [['a', 2_000 + round, round]])
      expected.push([2_000 + round, round])
    }
  })

  it('are listed among the label sets of their time', async () => {
    const world = new World(10_000)
    const database = await world.open()
    send(database, [['a', 5_000, 1]])
    send(database, [['late', 100, 1]])
    const range = { minTimeMs: 50 * minuteMs, maxTimeMs: 150 * minuteMs }
    const querier = localQuerier(database, readerOf(database, world.fileSystem), range)
    const matchers = [new Matcher('=', '__name__', 'm')]
    const sets = await querier.labelSets({ sets: [matchers], ...range, sorted: false })
    const found: string[] = []
    while (sets.next()) {
      found.push(
        [...sets.ids.subarray(0, sets.length)].map((id) => querier.symbols.text(id)).join(),
      )
    }
    expect(found).toEqual(['__name__,m,series,late'])
    const texts = ({ ids }: LabelList) => [...ids].map((id) => querier.symbols.text(id))
    expect(texts(await querier.labelNames(matchers, range, 0))).toEqual(['__name__', 'series'])
    expect(texts(await querier.labelValues('series', [], range, 0))).toContain('late')
    await database.close()
  })
})

describe('out-of-order samples when the head is flushed', () => {
  /** Samples in order of every minute up to 400, and out of order of every tenth half minute. */
  async function flushed() {
    const world = new World(10_000)
    const database = await world.open()
    const expected: [number, number][] = []
    for (let minute = 1; minute <= 400; minute++) {
      send(database, [['a', minute, minute]])
      expected.push([minute, minute])
    }
    for (let minute = 0; minute < 400; minute += 10) {
      send(database, [
        ['a', minute + 0.5, -minute],
        ['late', minute + 0.5, minute],
      ])
      expected.push([minute + 0.5, -minute])
    }
    expected.sort(([a], [b]) => a - b)
    const late = expected.filter(([, value]) => value <= 0).map(([at, value]) => [at, -value])
    await database.maintain()
    return { world, database, expected, late }
  }

  it('go to blocks of their own, which are merged as soon as the head has passed them', async () => {
    const { world, database, expected, late } = await flushed()
    const look = async (opened: Database) => {
      const { a, late: ofLate } = await world.stored(opened)
      expect(a).toEqual(expected)
      // -0 of the first is 0 here.
      expect(ofLate?.map(([at, value]) => [at, Math.abs(value)])).toEqual(
        late.map(([at, value]) => [at, Math.abs(value ?? 0)]),
      )
    }
    await look(database)
    const metas = world
      .folders()
      .filter((name) => name.length === 26)
      .map((name) => JSON.parse(Buffer.from(world.read(`/data/${name}/meta.json`)).toString()))
    const ranges = metas
      .map(({ minTime, maxTime, compaction }) => [
        minTime / minuteMs,
        maxTime / minuteMs,
        compaction.hints?.[0],
      ])
      .sort()
    // The head begins at 240: its out-of-order block waits.
    expect(ranges).toEqual([
      [0, 120, undefined],
      [120, 240, undefined],
      [240, 360, 'from-out-of-order'],
      [360, 480, 'from-out-of-order'],
    ])
    expect(world.fileSystem.list('/data/wbl')).toHaveLength(1)
    expect(database.stats().outOfOrderLogSegment).toBe(1)
    await database.close()
    const reopened = await world.open()
    await look(reopened)
    for (let minute = 401; minute <= 800; minute++) {
      send(reopened, [['a', minute, minute]])
      expected.push([minute, minute])
    }
    await reopened.maintain()
    await look(reopened)
    await reopened.close()
  })

  it('are not there twice, nor come back, when what was written before is read again', async () => {
    const { world, database, expected } = await flushed()
    // Chunks that are in blocks still stand in head chunk files, which hold others that are not.
    expect(world.fileSystem.list('/data/chunks_head').length).toBeGreaterThan(0)
    await database.close()
    const reopened = await world.open()
    expect(reopened.stats().outOfOrderAppended).toEqual({ floats: 0, histograms: 0 })
    const range = { minTimeMs: 0, maxTimeMs: 100 * minuteMs }
    const matchers = [new Matcher('=', '__name__', 'm')]
    await reopened.admin.deleteSeries([matchers], range)
    const kept = expected.filter(([minute]) => minute > 100)
    expect((await world.stored(reopened)).a).toEqual(kept)
    await reopened.close()
    const again = await world.open()
    expect((await world.stored(again)).a).toEqual(kept)
    await again.close()
  })

  it('leave no series behind that has nothing else', async () => {
    const world = new World(10_000)
    const database = await world.open()
    for (let minute = 1; minute <= 400; minute++) send(database, [['a', minute, minute]])
    send(database, [['late', 10, 1]])
    expect(database.stats().series).toBe(2)
    await database.maintain()
    expect(database.stats().series).toBe(1)
    expect((await world.stored(database)).late).toEqual([[10, 1]])
    send(database, [['late', 11, 2]])
    const killed = await world.open()
    expect((await world.stored(killed)).late).toEqual([
      [10, 1],
      [11, 2],
    ])
    await killed.close()
  })

  it('that are deleted before do not get into blocks, nor back after a kill', async () => {
    const world = new World(10_000)
    const database = await world.open()
    for (let minute = 1; minute <= 200; minute++) send(database, [['a', minute, minute]])
    for (let minute = 0; minute < 200; minute += 10) send(database, [['late', minute, minute]])
    const matchers = [new Matcher('=', 'series', 'late')]
    await database.admin.deleteSeries([matchers], { minTimeMs: 0, maxTimeMs: 95 * minuteMs })
    const expected = Array.from({ length: 10 }, (_, at) => [at * 10 + 100, at * 10 + 100])
    expect((await world.stored(database)).late).toEqual(expected)
    const killed = await world.open()
    expect((await world.stored(killed)).late).toEqual(expected)
    await killed.maintain()
    expect((await world.stored(killed)).late).toEqual(expected)
    expect(world.folders().filter((name) => name.length === 26).length).toBeGreaterThan(0)
    await killed.close()
  })

  it('that are in blocks are not read from their log again, so that a deletion outlives a kill', async () => {
    const world = new World(10_000)
    const database = await world.open()
    for (let minute = 1; minute <= 200; minute++) send(database, [['a', minute, minute]])
    send(database, [['late', 190, 190]])
    for (let minute = 0; minute < 190; minute += 10) send(database, [['late', minute, minute]])
    await database.maintain()
    const matchers = [new Matcher('=', 'series', 'late')]
    await database.admin.deleteSeries([matchers], { minTimeMs: 0, maxTimeMs: 95 * minuteMs })
    const expected = Array.from({ length: 10 }, (_, at) => [at * 10 + 100, at * 10 + 100])
    expect((await world.stored(database)).late).toEqual(expected)
    const killed = await world.open()
    const { outOfOrder } = killed.updateSince(0).head.published
    expect(outOfOrder).toEqual({ minTimeMs: Infinity, maxTimeMs: -Infinity })
    expect((await world.stored(killed)).late).toEqual(expected)
    await killed.maintain()
    expect((await world.stored(killed)).late).toEqual(expected)
    await killed.close()
  })

  it('with a time that is known lose: to those in order, and to those that came first', async () => {
    const world = new World(10_000)
    const database = await world.open()
    const fill = (from: number, to: number) => {
      for (let minute = from; minute <= to; minute++) {
        if (minute !== 50) send(database, [['a', minute, minute]])
      }
    }
    const expected = () =>
      Array.from({ length: newest }, (_, at) => [at + 1, at + 1 === 50 ? -1 : at + 1])
    let newest = 400
    fill(1, newest)
    send(database, [['a', 50, -1]])
    for (let round = 0; round < 3; round++) {
      await database.maintain()
      expect((await world.stored(database)).a).toEqual(expected())
      // Others are in blocks, in order or not.
      for (const minute of [20, 50, 130]) expect(send(database, [['a', minute, 99]])).toEqual([0])
      expect((await world.stored(database)).a).toEqual(expected())
      fill(newest + 1, newest + 150)
      newest += 150
    }
    await database.maintain()
    expect((await world.stored(database)).a).toEqual(expected())
    await database.close()
  })

  it('are in a snapshot', async () => {
    const world = new World(10_000)
    const database = await world.open()
    send(database, [['a', 200, 1]])
    send(database, [['a', 100, 2]])
    const name = await database.admin.snapshot(false)
    expect(world.fileSystem.list(`/data/snapshots/${name}`)).toHaveLength(2)
    await database.close()
  })
})

describe('what is not a float', () => {
  it('is taken out of order too: native histograms, through restarts and into blocks', async () => {
    const fileSystem = new SimFileSystem()
    fileSystem.makeDirectory('/data')
    const endMs = 800 * minuteMs
    const clock = new SimClock(endMs)
    const world = { fileSystem, directory: '/data', clock, outOfOrderWindowMs: 1_000 * minuteMs }
    let database = await openAt(world)
    const load = new HistogramLoad(3, 5)
    const expected = () =>
      load.taken.map((lines) => [...lines].sort((a, b) => timeOf(a) - timeOf(b)))
    // Those of every third series are mixed with floats and stale markers, which take their kind
    // from the newest sample: those of the others are known.
    const look = async () => {
      const stored = await storedIn(database, fileSystem)
      for (const n of [1, 2, 4]) expect(stored[n], `series ${n}`).toEqual(expected()[n])
      expect(stored[0]?.length).toBe(expected()[0]?.length)
    }
    const sendAt = (timeMs: number) => {
      const appender = database.appender()
      load.stage(appender, timeMs)
      appender.commit()
    }
    for (let minute = 400; minute < 410; minute++) sendAt(minute * minuteMs)
    for (let step = 0; step < 200; step++) sendAt((((step * 83) % 200) + 0.5) * 2 * minuteMs)
    await look()
    database = await openAt(world)
    await look()
    expect(database.stats().outOfOrderAppended.histograms).toBe(0)
    for (let minute = 410; minute < 600; minute += 2) sendAt(minute * minuteMs)
    await database.maintain()
    await look()
    expect(database.stats().blocks).toBeGreaterThan(1)
    sendAt(100.25 * minuteMs)
    await database.close()
    database = await openAt(world)
    await look()
    await database.close()
  })

  it('exemplars are taken within the window', async () => {
    const world = new World(30)
    const database = await world.open()
    database.resizeExemplars(10)
    const at = (minutes: number) => {
      const appender = database.appender()
      const id = appender.series(Labels.of({ __name__: 'm', series: 'a' }))
      const time = Float64Array.of(minutes * minuteMs)
      appender.append(Uint32Array.of(id), time, Float64Array.of(1), 1)
      const code = appender.appendExemplar(id, exemplar(minutes * minuteMs, minutes, { t: 'x' }))
      appender.commit()
      return code
    }
    expect([at(300), at(280), at(271), at(270)]).toEqual([0, 0, 0, exemplarRefusal.outOfOrder])
    world.windowMinutes = 0
    expect(at(299)).toBe(exemplarRefusal.outOfOrder)
    expect(database.stats().exemplars.stored).toBe(3)
    await database.close()
  })
})

/** Of a line of a float or of a histogram; see histogram-world.ts. */
function timeOf(line: string): number {
  return Number(/\d+/.exec(line)?.[0])
}

describe('what is left of out-of-order samples on disk', () => {
  /** Enough of one series for several chunks, and what is stored then. */
  async function written() {
    const world = new World(10_000)
    const database = await world.open()
    send(database, [['a', 5_000, -1]])
    for (let minute = 0; minute < 100; minute++) send(database, [['a', minute, minute]])
    const expected = (await world.stored(database)).a
    expect(expected).toHaveLength(101)
    return { world, expected }
  }

  it('is whole without the head chunk files, which a power cut may take', async () => {
    const { world, expected } = await written()
    expect(world.fileSystem.list('/data/chunks_head')).toHaveLength(1)
    world.fileSystem.remove('/data/chunks_head', { recursive: true })
    const database = await world.open()
    expect((await world.stored(database)).a).toEqual(expected)
    await database.close()
  })

  it('is what the head chunk files have, when the log is gone', async () => {
    const { world, expected } = await written()
    world.fileSystem.remove('/data/wbl', { recursive: true })
    const database = await world.open()
    // 96 of them became chunks, the other four stood in the log alone.
    expect((await world.stored(database)).a).toEqual([
      ...(expected ?? []).slice(0, 96),
      [5_000, -1],
    ])
    await database.close()
  })

  it('is all but the damaged record, which is kept in the quarantine of its log', async () => {
    const { world, expected } = await written()
    const path = '/data/wbl/00000000'
    const bytes = world.read(path)
    // In the last record: sample 99.
    const at = bytes.findLastIndex((byte) => byte !== 0) - 3
    bytes[at] = (bytes[at] ?? 0) ^ 0xff
    world.fileSystem.writeFile(path, bytes)
    const database = await world.open()
    expect(database.stats().walCorruptions).toBe(1)
    expect((await world.stored(database)).a).toEqual(expected?.filter(([minute]) => minute !== 99))
    expect(world.fileSystem.list('/data/wbl/quarantine')).toHaveLength(1)
    await database.close()
    const again = await world.open()
    expect(again.stats().walCorruptions).toBe(0)
    expect((await world.stored(again)).a).toHaveLength(100)
    await again.close()
  })
})
