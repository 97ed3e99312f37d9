import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../bench/seeded-random.ts'
import { Labels } from '../../src/model/labels.ts'
import { Matcher } from '../../src/model/matcher.ts'
import { halvesOf } from '../../src/model/stale-nan.ts'
import type { Database } from '../../src/tsdb/db.ts'
import { keepAll, newDisk, openOn, startMs } from '../sim/database-world.ts'
import { SimClock } from '../sim/sim-clock.ts'
import type { SimFileSystem } from '../sim/sim-file-system.ts'
import { allTime, localQuerier, readerOf } from '../support/local-querier.ts'
import { Columns } from './block/block-answers.ts'

const seriesCount = 100
const steps = 1_000
const stepMs = 100

/** By their halves, the low one first: what arithmetic would make another NaN of, or 0. */
const oddValues = [
  [0x00000002, 0x7ff00000],
  [0x00000001, 0x7ff80000],
  [0xdeadbeef, 0xfff8beef],
  [0x00000001, 0x7ff00000],
  [0x00000000, 0x80000000],
  [0x00000001, 0x00000000],
  [0x00000000, 0x7ff00000],
  [0x00000000, 0xfff00000],
] as const

/** All samples of all series by their bits, series after series. */
async function bitsOf(database: Database, disk: SimFileSystem): Promise<Uint32Array> {
  const querier = localQuerier(database, readerOf(database, disk))
  const matchers = [new Matcher('=', '__name__', 'm')]
  const set = await querier.select({ matchers, ...allTime, sorted: true })
  expect(set.seriesCount).toBe(seriesCount)
  const columns = new Columns()
  const found = new Uint32Array(seriesCount * steps * 2)
  for (let series = 0; series < seriesCount; series++) {
    const { minTimeMs, maxTimeMs } = allTime
    expect(set.readFloats(series, minTimeMs, maxTimeMs, columns)).toBe(steps)
    const place = set.labels.offsets[series] ?? 0
    const n = Number(querier.symbols.text(set.labels.labelIds[place + 3] ?? 0))
    found.set(halvesOf(columns.values).subarray(0, steps * 2), n * steps * 2)
  }
  querier.close()
  return found
}

describe('100,000 stale markers, NaN payloads, -0, infinities and denormals', () => {
  it('keep their bits through log, memory, chunk files, blocks and merges', async () => {
    const random = seededRandom(20)
    const disk = newDisk()
    const clock = new SimClock(startMs)
    let database = await openOn(disk, clock, { retention: keepAll })
    const sent = new Uint32Array(seriesCount * steps * 2)
    const times = new Float64Array(seriesCount)
    const values = new Float64Array(seriesCount)
    const halves = halvesOf(values)
    for (let step = 0; step < steps; step++) {
      const appender = database.appender()
      const ids = Uint32Array.from({ length: seriesCount }, (_, n) =>
        appender.series(Labels.of({ __name__: 'm', n: String(n) })),
      )
      times.fill(startMs + step * stepMs)
      for (let n = 0; n < seriesCount; n++) {
        // Half of them are stale markers, one after the other: loops get hot with them.
        const odd = random() < 0.5 ? oddValues[0] : oddValues[Math.floor(random() * 8)]
        halves.set(odd ?? [0, 0], n * 2)
        sent.set(halves.subarray(n * 2, n * 2 + 2), (n * steps + step) * 2)
      }
      appender.append(ids, times, values, seriesCount)
      appender.commit()
      await clock.advance(stepMs)
      if (step === 100) expect(isSameUntil(await headBits(database, disk), sent, step)).toBe(true)
    }
    // The log and the chunk files at a start; flushes and merges then.
    expect(isSame(await bitsOf(database, disk), sent)).toBe(true)
    await database.close()
    database = await openOn(disk, clock, { retention: keepAll })
    expect(isSame(await bitsOf(database, disk), sent)).toBe(true)
    await database.maintain()
    await database.maintain()
    expect(database.stats().maintenance.compactionsFailed).toBe(0)
    expect(isSame(await bitsOf(database, disk), sent)).toBe(true)
    await database.close()
  })
})

function isSame(a: Uint32Array, b: Uint32Array): boolean {
  return a.length === b.length && a.every((word, index) => word === b[index])
}

/** What there is of each series by now. */
async function headBits(database: Database, disk: SimFileSystem): Promise<readonly Uint32Array[]> {
  const querier = localQuerier(database, readerOf(database, disk))
  const matchers = [new Matcher('=', '__name__', 'm')]
  const set = await querier.select({ matchers, ...allTime, sorted: false })
  const columns = new Columns()
  const { minTimeMs, maxTimeMs } = allTime
  const found = Array.from({ length: set.seriesCount }, (_, series) => {
    const count = set.readFloats(series, minTimeMs, maxTimeMs, columns)
    return halvesOf(columns.values).slice(0, count * 2)
  })
  querier.close()
  return found
}

/** Series come in the order in which they were made. */
function isSameUntil(found: readonly Uint32Array[], sent: Uint32Array, step: number): boolean {
  return found.every((bits, n) => {
    const start = n * steps * 2
    const expected = sent.subarray(start, start + (step + 1) * 2)
    return isSame(bits, expected)
  })
}
