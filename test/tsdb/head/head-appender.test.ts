import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../../src/base/logger.ts'
import { Labels } from '../../../src/model/labels.ts'
import { Matcher } from '../../../src/model/matcher.ts'
import { halvesOf } from '../../../src/model/stale-nan.ts'
import type { Appender } from '../../../src/storage/appender.ts'
import { Database } from '../../../src/tsdb/db.ts'
import { SimClock } from '../../sim/sim-clock.ts'
import { SimFileSystem } from '../../sim/sim-file-system.ts'
import { localQuerier, readerOf } from '../../support/local-querier.ts'
import { selectTexts } from './head-reading.ts'

const nowMs = 1_700_000_000_000
const hourMs = 3_600_000

function open(fileSystem = new SimFileSystem()): Promise<Database> {
  return Database.open({
    directory: '/data',
    fileSystem,
    clock: new SimClock(nowMs),
    logger: silentLogger,
    lock: async () => ({ release: () => undefined }),
  })
}

/** Stages one sample; answers the code of its refusal, or 0. */
function stage(appender: Appender, name: string, timestampMs: number, value = 1): number {
  const id = appender.series(Labels.of({ __name__: name }))
  return stageOf(appender, id, timestampMs, Float64Array.of(value))
}

function stageOf(appender: Appender, id: number, timestampMs: number, value: Float64Array): number {
  const times = Float64Array.of(timestampMs)
  const outcome = appender.append(Uint32Array.of(id), times, value, 1)
  return outcome.refusedCode[0] ?? 0
}

function commit(database: Database, name: string, timestampMs: number, value = 1): number {
  const appender = database.appender()
  const code = stage(appender, name, timestampMs, value)
  appender.commit()
  return code
}

async function namesWithSamples(database: Database, fileSystem: SimFileSystem): Promise<string[]> {
  return selectTexts(
    localQuerier(database, readerOf(database, fileSystem)),
    [new Matcher('!=', '__name__', '')],
    true,
  )
}

describe('a transaction', () => {
  it('whose log cannot be written leaves no sample, and its series are logged with the next', async () => {
    const fileSystem = new SimFileSystem()
    const database = await open(fileSystem)
    fileSystem.faults = { shortWrite: () => 3 }
    expect(() => commit(database, 'a', nowMs)).toThrow('the write-ahead log takes no samples')
    expect(await namesWithSamples(database, fileSystem)).toEqual([])
    expect(database.stats()).toMatchObject({ series: 1, samplesAppended: 0, minTimeMs: undefined })
    fileSystem.faults = {}
    expect(commit(database, 'b', nowMs)).toBe(0)
    expect(commit(database, 'a', nowMs)).toBe(0)
    await database.close()
    const reopened = await open(fileSystem)
    expect(await namesWithSamples(reopened, fileSystem)).toEqual(['__name__ a', '__name__ b'])
    expect(reopened.stats().series).toBe(2)
  })

  it('that is rolled back leaves nothing to see', async () => {
    const fileSystem = new SimFileSystem()
    const database = await open(fileSystem)
    const appender = database.appender()
    stage(appender, 'a', nowMs)
    appender.rollback()
    expect(await namesWithSamples(database, fileSystem)).toEqual([])
    expect(commit(database, 'b', nowMs)).toBe(0)
    expect(await namesWithSamples(database, fileSystem)).toEqual(['__name__ b'])
  })

  it('takes the earlier of two samples of one time, and says nothing of the other', async () => {
    const fileSystem = new SimFileSystem()
    const database = await open(fileSystem)
    const appender = database.appender()
    expect(stage(appender, 'a', nowMs, 1)).toBe(0)
    expect(stage(appender, 'a', nowMs, 2)).toBe(0)
    appender.commit()
    expect(database.stats().samplesAppended).toBe(1)
  })
})

describe('bounds of samples', () => {
  it('of an empty head are counted from the first sample that it is offered', async () => {
    const fileSystem = new SimFileSystem()
    const database = await open(fileSystem)
    const appender = database.appender()
    expect(stage(appender, 'ahead', nowMs + hourMs)).toBe(4)
    expect(stage(appender, 'first', nowMs - 5 * hourMs)).toBe(0)
    expect(stage(appender, 'before', nowMs - 6 * hourMs - 1)).toBe(2)
    expect(stage(appender, 'limit', nowMs - 6 * hourMs)).toBe(0)
    expect(stage(appender, 'later', nowMs)).toBe(0)
    appender.commit()
    expect(commit(database, 'first', nowMs - hourMs)).toBe(0)
    expect(commit(database, 'first', nowMs - hourMs - 1)).toBe(2)
  })

  it('come before the question whether the very same sample is there', async () => {
    const fileSystem = new SimFileSystem()
    const database = await open(fileSystem)
    commit(database, 'a', nowMs - 3 * hourMs)
    expect(commit(database, 'a', nowMs - 3 * hourMs)).toBe(0)
    commit(database, 'b', nowMs)
    expect(commit(database, 'a', nowMs - 3 * hourMs)).toBe(2)
  })

  it('tell NaNs apart by their bits', async () => {
    const fileSystem = new SimFileSystem()
    const database = await open(fileSystem)
    const [stale, other] = [new Float64Array(1), new Float64Array(1)]
    halvesOf(stale).set([2, 0x7ff00000])
    halvesOf(other).set([1, 0x7ff80000])
    const appender = database.appender()
    const id = appender.series(Labels.of({ __name__: 'a' }))
    stageOf(appender, id, nowMs, stale)
    appender.commit()
    const next = database.appender()
    expect(stageOf(next, id, nowMs, stale)).toBe(0)
    expect(stageOf(next, id, nowMs, other)).toBe(3)
    expect(stageOf(next, id + 1, nowMs, other)).toBe(5)
    next.rollback()
  })
})

describe('limits of series', () => {
  it('refuse label sets that no segment and no record of the log would hold', async () => {
    const fileSystem = new SimFileSystem()
    const database = await open(fileSystem)
    const appender = database.appender()
    const long = Labels.of({ __name__: 'a', text: 'x'.repeat(1 << 20) })
    expect(() => appender.series(long)).toThrow(
      'a series with 1048589 UTF-16 units of labels, limit 1048576',
    )
    const many = Labels.of(
      Array.from({ length: 16_385 }, (_, index) => [`n${index}`, 'v'] as const),
    )
    expect(() => appender.series(many)).toThrow('a series of 16385 labels, limit 16384')
    expect(database.stats()).toMatchObject({ series: 0, symbols: 0 })
    // Three bytes a unit is the most that UTF-8 takes.
    const wide = Labels.of({ __name__: 'a', text: '\uffff'.repeat((1 << 20) - 100) })
    stageOf(appender, appender.series(wide), nowMs, Float64Array.of(1))
    appender.commit()
    expect(await namesWithSamples(database, fileSystem)).toHaveLength(1)
  })
})
