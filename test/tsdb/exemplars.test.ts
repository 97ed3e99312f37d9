import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { exemplarTimeMsMax } from '../../src/model/exemplar.ts'
import { Labels } from '../../src/model/labels.ts'
import { Matcher } from '../../src/model/matcher.ts'
import { exemplarRefusal } from '../../src/storage/appender.ts'
import { Database } from '../../src/tsdb/db.ts'
import { allTexts, exemplar } from '../support/exemplars.ts'
import { allTime } from '../support/local-querier.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const everything = [[new Matcher('=', '__name__', 'm')]]
const minuteMs = 60_000

async function open(directory: string, exemplarsMax?: number): Promise<Database> {
  const database = await Database.open({
    directory,
    fileSystem: nodeFileSystem,
    clock: systemClock,
    logger: silentLogger,
    lock: async () => ({ release: () => undefined }),
    ...(exemplarsMax === undefined ? {} : { exemplarsMax }),
  })
  onTestFinished(() => database.close())
  return database
}

/** One sample of m{n} with an exemplar; why that was refused. */
function write(database: Database, n: string, timestampMs: number, value: number): number {
  const appender = database.appender()
  const id = appender.series(Labels.of({ __name__: 'm', n }))
  appender.append(Uint32Array.of(id), Float64Array.of(timestampMs), Float64Array.of(value), 1)
  const code = appender.appendExemplar(id, exemplar(timestampMs, value, { trace: `t${value}` }))
  appender.commit()
  return code
}

async function stored(database: Database): Promise<object> {
  return allTexts(database.exemplars.select(everything, allTime))
}

describe('exemplars of the database', () => {
  it('are there again after the process died, read from the log', async () => {
    const directory = temporaryDirectory()
    const first = await open(directory, 3)
    for (let n = 0; n < 5; n++) write(first, String(n % 2), n * minuteMs, n)
    expect(write(first, '0', 0, 9)).toBe(exemplarRefusal.outOfOrder)
    const expected = {
      '__name__=m n=0': ['120000 2 trace=t2', '240000 4 trace=t4'],
      '__name__=m n=1': ['180000 3 trace=t3'],
    }
    expect(await stored(first)).toEqual(expected)
    const second = await open(directory, 3)
    expect(await stored(second)).toEqual(expected)
    expect(second.stats().exemplars).toMatchObject({ appended: 5, stored: 3, series: 2 })
  })

  it('whose times are too far for exact distances in the log are refused, and nothing else is lost', async () => {
    const directory = temporaryDirectory()
    const first = await open(directory, 10)
    const appender = first.appender()
    const id = appender.series(Labels.of({ __name__: 'm', n: '0' }))
    appender.append(Uint32Array.of(id), Float64Array.of(minuteMs), Float64Array.of(1), 1)
    const farthestMs = exemplarTimeMsMax
    const times = [-farthestMs - 1, -farthestMs, minuteMs, farthestMs, farthestMs + 1, 2 ** 53 + 2]
    const codes = times.map((timeMs, at) => appender.appendExemplar(id, exemplar(timeMs, at)))
    appender.commit()
    const { outOfBounds } = exemplarRefusal
    expect(codes).toEqual([outOfBounds, 0, 0, 0, outOfBounds, outOfBounds])
    const kept = [`${-farthestMs} 1`, `${minuteMs} 2`, `${farthestMs} 3`]
    expect(await stored(first)).toEqual({ '__name__=m n=0': kept })
    expect(await stored(await open(directory, 10))).toEqual({ '__name__=m n=0': kept })
  })

  it('are neither kept nor logged without the feature, and then are not missed', async () => {
    const directory = temporaryDirectory()
    const off = await open(directory)
    expect(off.appender().takesExemplars).toBe(false)
    write(off, '0', 0, 1)
    expect(await stored(off)).toEqual({})
    expect(await stored(await open(directory, 10))).toEqual({})
  })

  it('stay as far as there is room when it changes while the database runs', async () => {
    const database = await open(temporaryDirectory(), 4)
    for (let n = 0; n < 4; n++) write(database, '0', n * minuteMs, n)
    database.resizeExemplars(1)
    expect(await stored(database)).toEqual({ '__name__=m n=0': ['180000 3 trace=t3'] })
    database.resizeExemplars(2)
    write(database, '0', 5 * minuteMs, 5)
    expect(await stored(database)).toEqual({
      '__name__=m n=0': ['180000 3 trace=t3', '300000 5 trace=t5'],
    })
    database.resizeExemplars(0)
    expect(write(database, '0', 6 * minuteMs, 6)).toBe(0)
    expect(await stored(database)).toEqual({})
  })

  it('of a transaction that is rolled back leave nothing', async () => {
    const directory = temporaryDirectory()
    const database = await open(directory, 4)
    const appender = database.appender()
    appender.appendExemplar(appender.series(Labels.of({ __name__: 'm' })), exemplar(1, 1))
    appender.rollback()
    expect(await stored(database)).toEqual({})
    expect(await stored(await open(directory, 4))).toEqual({})
  })

  it('outlive their series in the head, its log and a checkpoint as far as these go back', async () => {
    const directory = temporaryDirectory()
    const database = await open(directory, 10)
    write(database, 'gone', 0, 1)
    for (let n = 0; n < 130; n++) write(database, 'stays', n * 2 * minuteMs, n)
    await database.maintain()
    expect(database.stats()).toMatchObject({ blocks: 1, series: 1 })
    write(database, 'gone', 262 * minuteMs, 2)
    const found = await stored(database)
    expect(found).toMatchObject({ '__name__=m n=gone': ['15720000 2 trace=t2'] })
    expect(await stored(await open(directory, 10))).toEqual(found)
  })
})
