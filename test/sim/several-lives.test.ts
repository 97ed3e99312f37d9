import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../bench/seeded-random.ts'
import { keepAll, newDisk, openOn, startMs, storedIn, write } from './database-world.ts'
import { SimClock } from './sim-clock.ts'
import type { SimFileSystem } from './sim-file-system.ts'

const stepMs = 500

/**
 * One life: a sample of a series that is always there each half second, and one of `x` while `isUp`
 * says so; flushes and truncations run as it goes. It ends by kill -9.
 */
async function live(
  disk: SimFileSystem,
  fromMs: number,
  toMs: number,
  isUp: (timeMs: number) => boolean,
): Promise<void> {
  const clock = new SimClock(startMs + fromMs)
  const database = await openOn(disk, clock, { retention: keepAll })
  for (let timeMs = fromMs; timeMs < toMs; timeMs += stepMs) {
    const timestampMs = startMs + timeMs
    const names = isUp(timeMs) ? ['always', 'x'] : ['always']
    // A segment of the log for each of these.
    if (timeMs >= 36_500 && timeMs < 37_500) {
      for (const n of [1, 2, 3]) names.push(`${timeMs} ${n} ${'x'.repeat(30_000)}`)
    }
    const samples = names.map((series) => ({ series, timestampMs, value: timeMs }))
    write(database, samples)
    await clock.advance(stepMs)
    await database.maintain()
  }
}

async function timesOf(series: string, disk: SimFileSystem, atMs: number): Promise<number[]> {
  const database = await openOn(disk, new SimClock(startMs + atMs), { retention: keepAll })
  const { stored } = await storedIn(database, disk)
  return (stored.get(series) ?? []).map(([timeMs]) => timeMs - startMs)
}

function timesBetween(fromMs: number, toMs: number): number[] {
  return Array.from({ length: (toMs - fromMs) / stepMs }, (_, index) => fromMs + index * stepMs)
}

describe('a database of several lives', () => {
  it('keeps a series that left the head and came back, and so has two refs in the log', async () => {
    const disk = newDisk()
    const isUp = (timeMs: number) => timeMs < 2_000 || timeMs >= 24_500
    await live(disk, 0, 36_500, isUp)
    // Flushed up to 30 s: the checkpoint has samples behind that under the ref of the life before.
    await live(disk, 36_500, 40_000, isUp)
    expect(disk.list('/data/wal').some((name) => name.startsWith('checkpoint'))).toBe(true)
    const expected = [...timesBetween(0, 2_000), ...timesBetween(24_500, 40_000)]
    expect(await timesOf('x', disk, 40_000)).toEqual(expected)
  })

  it('a power cut long after a kill costs nothing of what the killed process wrote last', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const disk = newDisk()
      await live(disk, 0, 5_000, () => true)
      // Killed before the second was over after which what it wrote is synced.
      const clock = new SimClock(startMs + 5_000)
      const killed = await openOn(disk, clock, { retention: keepAll })
      write(killed, [{ series: 'x', timestampMs: startMs + 5_000, value: 1 }])
      await live(disk, 5_500, 10_000, () => true)
      disk.cutPower(seededRandom(seed))
      // The last second may be lost.
      const times = (await timesOf('x', disk, 10_000)).filter((timeMs) => timeMs < 9_000)
      expect(times, `seed ${seed}`).toEqual(timesBetween(0, 9_000))
    }
  })
})
