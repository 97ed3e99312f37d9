import { expect, it } from 'vitest'
import { Matcher } from '../../src/model/matcher.ts'
import { keepAll, newDisk, openOn, rangeMs, startMs, storedIn, write } from './database-world.ts'
import { SimClock } from './sim-clock.ts'
import type { SimFileSystem } from './sim-file-system.ts'

const options = { outOfOrderWindowMs: 4 * rangeMs, retention: keepAll }
const clock = () => new SimClock(startMs + 10 * rangeMs)

it('late samples that were deleted stay deleted, wherever the process dies in the maintenance that follows', async () => {
  const disk = newDisk()
  const database = await openOn(disk, clock(), options)
  const names = Array.from({ length: 200 }, (_, n) => `s${n}`)
  /** Many series, so that the log has segments before the deletion and behind it. */
  const fill = (fromMs: number, toMs: number) => {
    for (let timeMs = fromMs; timeMs < toMs; timeMs += 100) {
      const timestampMs = startMs + timeMs
      write(
        database,
        names.map((series) => ({ series, timestampMs, value: timeMs })),
      )
    }
  }
  const send = (timeMs: number) =>
    write(database, [{ series: 'late', timestampMs: startMs + timeMs, value: timeMs }])
  fill(0, 0.5 * rangeMs)
  send(0.5 * rangeMs)
  for (const timeMs of [1000, 2000, 3000, 7000]) send(timeMs)
  const range = { minTimeMs: startMs, maxTimeMs: startMs + 5000 }
  await database.admin.deleteSeries([[new Matcher('=', 'series', 'late')]], range)
  fill(0.5 * rangeMs, 1.6 * rangeMs)

  const lives: { readonly disk: SimFileSystem; readonly operation: string }[] = []
  disk.faults.before = (_, operation, path) => {
    lives.push({ disk: disk.copy(), operation: `${operation} ${path}` })
  }
  await database.maintain()
  disk.faults = {}
  await database.close()
  const ofKind = (start: string) => lives.filter(({ operation }) => operation.startsWith(start))
  expect(ofKind('rename /data/wal/checkpoint').length).toBeGreaterThan(0)
  expect(ofKind('remove /data/wbl/').length).toBeGreaterThan(0)
  const expected = [7000, 0.5 * rangeMs]
  for (const { disk: left, operation } of lives) {
    const reopened = await openOn(left, clock(), options)
    for (const when of ['opened', 'maintained']) {
      if (when === 'maintained') await reopened.maintain()
      const { stored } = await storedIn(reopened, left)
      const times = stored.get('late')?.map(([timeMs]) => timeMs - startMs)
      expect(times, `killed before ${operation}, ${when}`).toEqual(expected)
    }
    await reopened.close()
  }
}, 600_000)
