import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../src/base/logger.ts'
import { Labels } from '../../src/model/labels.ts'
import { Matcher } from '../../src/model/matcher.ts'
import type { TimeRange } from '../../src/storage/querier.ts'
import { Database } from '../../src/tsdb/db.ts'
import { ask } from '../promql/ask.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { SimFileSystem } from '../sim/sim-file-system.ts'
import { allTime, localQuerier, readerOf } from '../support/local-querier.ts'
import { selectTexts } from './head/head-reading.ts'

const minuteMs = 60_000

async function opened() {
  const fileSystem = new SimFileSystem()
  fileSystem.makeDirectory('/data')
  const database = await Database.open({
    directory: '/data',
    fileSystem,
    clock: new SimClock(1_000_000 * minuteMs),
    logger: silentLogger,
    lock: async () => ({ release: () => undefined }),
    outOfOrderWindowMs: () => 10_000 * minuteMs,
  })
  const reader = readerOf(database, fileSystem)
  const querier = (range: TimeRange = allTime) => localQuerier(database, reader, range)
  return { database, querier }
}

/** Series by their one letter, a sample each. */
function send(database: Database, letters: string, minutes: number, value = 1): void {
  const appender = database.appender()
  const ids = Uint32Array.from(letters, (i) => appender.series(Labels.of({ __name__: 'm', i })))
  const times = new Float64Array(ids.length).fill(minutes * minuteMs)
  appender.append(ids, times, new Float64Array(ids.length).fill(value), ids.length)
  appender.commit()
}

type Opened = Awaited<ReturnType<typeof opened>>

/** The letters of what a select finds. */
async function lettersOf(
  { querier }: Opened,
  sorted: boolean,
  from = 0,
  to = 1e6,
): Promise<string> {
  const range = { minTimeMs: from * minuteMs, maxTimeMs: to * minuteMs }
  const matchers = [new Matcher('=', '__name__', 'm')]
  const texts = await selectTexts(querier(range), matchers, sorted, range)
  return texts.map((text) => text.at(-1)).join('')
}

describe('the series of a select are', () => {
  it('of the head alone in the order in which they were made, those with late samples too', async () => {
    const world = await opened()
    send(world.database, 'd', 100)
    send(world.database, 'a', 190)
    send(world.database, 'cxb', 170)
    send(world.database, 'a', 150)
    send(world.database, 'e', 195)
    expect(await lettersOf(world, false)).toBe('dacxbe')
    expect(await lettersOf(world, true)).toBe('abcdex')
    // Of some all samples of the range came late, of others none.
    expect(await lettersOf(world, false, 140, 180)).toBe('acxb')
    expect(await lettersOf(world, false, 180, 200)).toBe('ae')
    await world.database.close()
  })

  it('in the order of labels where a block meets the range of the query', async () => {
    const world = await opened()
    for (let minute = 1; minute <= 400; minute++) send(world.database, 'zca', minute)
    await world.database.maintain()
    send(world.database, 'yb', 401)
    send(world.database, 'xb', 399)
    expect(await lettersOf(world, false)).toBe('abcxyz')
    expect(await lettersOf(world, false, 400, 401)).toBe('zcayb')
    await world.database.close()
  })

  it('so in a query that looks at the head alone where its other selector reads a block', async () => {
    const { database, querier } = await opened()
    for (let minute = 1; minute <= 400; minute++) send(database, 'z', minute)
    await database.maintain()
    send(database, 'yab', 401, Number.NaN)
    const queryable = { querier: async (range: TimeRange) => querier(range) }
    const lettersAt = async (query: string) => {
      const { series } = await ask(queryable, query, { startMs: 401 * minuteMs })
      return series.map(({ metric }) => metric.i).join('')
    }
    expect(await lettersAt('m')).toBe('zyab')
    expect(await lettersAt('m unless m offset 5h')).toBe('aby')
    // Nothing tells which is larger: the order decides.
    expect(await lettersAt('topk(2, m{i=~"y|a|b"})')).not.toBe(
      await lettersAt('topk(2, m{i=~"y|a|b"} unless m offset 5h)'),
    )
    await database.close()
  })
})
