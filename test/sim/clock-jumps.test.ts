import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../bench/seeded-random.ts'
import { Labels } from '../../src/model/labels.ts'
import { refusal } from '../../src/storage/appender.ts'
import { readMeta, writeMeta } from '../../src/tsdb/block/meta.ts'
import { isUlid } from '../../src/tsdb/block/ulid.ts'
import type { Database } from '../../src/tsdb/db.ts'
import {
  dataDirectory,
  keepAll,
  newDisk,
  openOn,
  rangeMs,
  recordingLogger,
  startMs,
  storedIn,
} from './database-world.ts'
import { SimClock } from './sim-clock.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const yearMs = 365 * 24 * hourMs
const retention = { timeMs: 4 * rangeMs, sizeBytes: 0 }
const schedules = process.env.NARTHEX_SOAK === undefined ? 1_000 : 20_000

/** Writes a sample of one series at a time; answers whether it was taken. */
function writeAt(database: Database, series: string, timestampMs: number): boolean {
  const appender = database.appender()
  const id = appender.series(Labels.of({ __name__: 'm', series }))
  const times = Float64Array.of(timestampMs)
  const { refused } = appender.append(Uint32Array.of(id), times, Float64Array.of(1), 1)
  appender.commit()
  return refused === 0
}

/** A minute of samples, and blocks of most of it. */
async function history(kept = retention) {
  const disk = newDisk()
  const clock = new SimClock(startMs)
  const { logger, lines } = recordingLogger()
  const database = await openOn(disk, clock, { retention: kept, logger })
  const taken: number[] = []
  for (let step = 0; step < 60; step++) {
    const timeMs = clock.wallMs()
    expect(writeAt(database, 'a', timeMs)).toBe(true)
    taken.push(timeMs)
    await clock.advance(1_000)
  }
  await database.maintain()
  return { disk, clock, database, taken, lines }
}

describe('a clock that is wrong', { timeout: 3_600_000 }, () => {
  it('a block dated a year ahead makes nothing older: retention counts from now', async () => {
    const { disk, clock, database } = await history()
    await database.close()
    const names = disk.list(dataDirectory).filter(isUlid)
    const newest = `${dataDirectory}/${names.at(-1)}`
    const meta = readMeta(disk, newest)
    writeMeta(disk, newest, { ...meta, maxTimeMs: meta.maxTimeMs + yearMs })
    const again = await openOn(disk, new SimClock(clock.wallMs()), { retention })
    await again.maintain()
    expect(disk.list(dataDirectory).filter(isUlid)).toEqual(names)
    await again.close()
  })

  it('set by more than an hour, it is told and deletes nothing, until it is confirmed or comes back', async () => {
    const kept = { ...retention, timeMs: 20 * rangeMs }
    const { disk, clock, database, taken, lines } = await history(kept)
    // Blocks are merged, but what they hold stays.
    const holdsAll = async () => {
      const { stored } = await storedIn(database, disk)
      const found = new Set(stored.get('a')?.map(([timeMs]) => timeMs))
      return taken.every((timeMs) => found.has(timeMs))
    }
    clock.step(yearMs)
    // Long enough for blocks of that time, beside which the others would be too old.
    for (let step = 0; step < 60; step++) {
      writeAt(database, 'a', clock.wallMs())
      await clock.advance(1_000)
    }
    await database.maintain()
    expect(await holdsAll()).toBe(true)
    expect(database.stats().clockJumpMs).toBe(yearMs)
    expect(lines.map((line) => line.split(';')[0])).toEqual(['The clock was set'])
    clock.step(-yearMs)
    await database.maintain()
    expect(database.stats().clockJumpMs).toBe(0)
    expect(await holdsAll()).toBe(true)
    clock.step(yearMs)
    database.confirmClock()
    for (let step = 0; step < 60; step++) {
      writeAt(database, 'a', clock.wallMs())
      await clock.advance(1_000)
    }
    await database.maintain()
    await database.maintain()
    expect(await holdsAll()).toBe(false)
    await database.close()
  })

  it(`${schedules} schedules of jumps cost no sample that was taken within the retention`, async () => {
    const jumps = [yearMs, -6 * hourMs, 10 * minuteMs, -10 * minuteMs, -yearMs]
    for (let seed = 0; seed < schedules; seed++) {
      const random = seededRandom(seed)
      const disk = newDisk()
      const clock = new SimClock(startMs)
      const database = await openOn(disk, clock, { retention: { timeMs: hourMs, sizeBytes: 0 } })
      const taken = new Set<number>()
      for (let step = 0; step < 12; step++) {
        if (random() < 0.3) clock.step(jumps[Math.floor(random() * jumps.length)] ?? 0)
        const timeMs = clock.wallMs()
        // What a clock before made newer is refused, as upstream does.
        if (writeAt(database, 'a', timeMs) && timeMs >= startMs) taken.add(timeMs)
        await clock.advance(7_000)
        await database.maintain()
      }
      const { stored, warnings } = await storedIn(database, disk)
      // What is from long before the clock was right again may be too old by then.
      const times = stored.get('a')?.map(([timeMs]) => timeMs)
      const found = times?.filter((timeMs) => timeMs >= startMs)
      expect([found, warnings], `seed ${seed}`).toEqual([[...taken].sort((a, b) => a - b), []])
      await database.close()
    }
  })

  it('of one target alone costs the 20 healthy ones nothing, and its samples are refused and counted', async () => {
    const disk = newDisk()
    const clock = new SimClock(startMs)
    const database = await openOn(disk, clock, { retention: keepAll })
    const healthy = Array.from({ length: 20 }, (_, n) => `healthy ${n}`)
    const in2098Ms = Date.UTC(2098, 0, 1)
    let refused = 0
    for (let step = 0; step < 120; step++) {
      const timeMs = clock.wallMs()
      const appender = database.appender()
      const names = [...healthy, 'from 2098']
      const ids = Uint32Array.from(names, (series) =>
        appender.series(Labels.of({ __name__: 'm', series })),
      )
      const times = Float64Array.from(names, (name) => (name === 'from 2098' ? in2098Ms : timeMs))
      const outcome = appender.append(ids, times, new Float64Array(21), 21)
      expect([...outcome.refusedIndex]).toEqual([20])
      expect([...outcome.refusedCode]).toEqual([refusal.tooFarAhead])
      refused += outcome.refused
      appender.commit()
      await clock.advance(500)
    }
    const { stored } = await storedIn(database, disk)
    expect([stored.size, refused]).toEqual([20, 120])
    for (const samples of stored.values()) expect(samples).toHaveLength(120)
    await database.close()
  })
})
