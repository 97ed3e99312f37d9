import { expect, it } from 'vitest'
import { dataDirectory, newDisk, openOn, rangeMs, startMs, write } from './database-world.ts'
import { SimClock } from './sim-clock.ts'

const ranges = 12

it('a head that is far behind its blocks keeps no more of them than retention by size does, at any time', async () => {
  const disk = newDisk()
  const blocks = () => disk.list(dataDirectory).filter((name) => name.length === 26).length
  const clock = new SimClock(startMs + ranges * rangeMs)
  const database = await openOn(disk, clock, { retention: { timeMs: 0, sizeBytes: 1 } })
  const counts: number[] = []
  disk.faults.before = (_operation, name, path) => {
    if (name === 'rename' && path.endsWith('.tmp-for-creation')) counts.push(blocks())
  }
  // In one turn, so that no flush comes between.
  for (let atMs = startMs; atMs < startMs + ranges * rangeMs; atMs += rangeMs / 5) {
    write(database, [{ series: 'a', timestampMs: atMs, value: atMs }])
  }
  await database.maintain()
  await database.close()
  expect(counts.length).toBeGreaterThan(ranges - 3)
  expect(Math.max(...counts)).toBe(0)
})
