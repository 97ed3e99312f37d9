import { describe, expect, it } from 'vitest'
import type { Database } from '../../src/tsdb/db.ts'
import {
  keepAll,
  newDisk,
  openOn,
  rangeMs,
  recordingLogger,
  startMs,
  storedIn,
  write,
} from './database-world.ts'
import { SimClock } from './sim-clock.ts'
import type { SimFileSystem } from './sim-file-system.ts'

const steps = 100
const stepMs = 500

/** A disk with a log of more than three ranges, of which nothing was flushed when its writer died. */
async function diskOfOneWhoDied(): Promise<SimFileSystem> {
  const disk = newDisk()
  const clock = new SimClock(startMs + steps * stepMs)
  const database = await openOn(disk, clock, { retention: keepAll })
  for (let step = 0; step < steps; step++) {
    const timestampMs = startMs + step * stepMs
    write(database, [{ series: 'a', timestampMs, value: step }])
  }
  // What it does when it is given a turn comes too late for this disk.
  return disk.copy()
}

/** A start; those that die do so while the log is replayed. */
function start(disk: SimFileSystem, dies: boolean) {
  const { logger, lines } = recordingLogger()
  /** How often other threads were asked for: to make ready, and to read. */
  let asked = 0
  const opened = openOn(disk, new SimClock(startMs + steps * stepMs), {
    retention: keepAll,
    logger,
    replayStatus: () => {
      if (dies) throw new Error('killed')
    },
    logReaders: {
      prepare: () => {
        asked++
      },
      begin: () => {
        asked++
        return undefined
      },
      end: () => undefined,
    },
  })
  return { opened, lines, asked: () => asked }
}

async function settled(disk: SimFileSystem): Promise<{
  readonly database: Database
  readonly lines: readonly string[]
  readonly asked: number
}> {
  const { opened, lines, asked } = start(disk, false)
  const database = await opened
  await database.settle()
  return { database, lines, asked: asked() }
}

describe('after starts that died while they replayed the log', () => {
  it.each([3, 5])(
    '%i of them, the next flushes the head first, and the one behind it is as ever',
    async (deaths) => {
      const disk = await diskOfOneWhoDied()
      for (let death = 0; death < deaths; death++) {
        await expect(start(disk, true).opened).rejects.toThrow('killed')
      }
      const careful = await settled(disk)
      expect(careful.asked).toBe(0)
      expect(careful.lines).toEqual([
        `Starts died one after the other: the head is flushed first {"starts":${deaths}}`,
      ])
      // 50 s of samples: what is left is less than one and a half ranges.
      expect(careful.database.stats().blocks).toBe(2)
      expect(careful.database.stats().minTimeMs).toBe(startMs + 2 * rangeMs)
      const { stored } = await storedIn(careful.database, disk)
      expect(stored.get('a')?.map(([, value]) => value)).toEqual(
        Array.from({ length: steps }, (_, step) => step),
      )
      await careful.database.close()
      const next = await settled(disk)
      expect([next.asked, next.lines]).toEqual([2, []])
    },
  )

  it('two of them change nothing, nor do starts that came to their end in between', async () => {
    const disk = await diskOfOneWhoDied()
    for (const dies of [true, true, false, true, true]) {
      const { opened, lines } = start(disk, dies)
      if (dies) await expect(opened).rejects.toThrow('killed')
      else await opened
      expect(lines).toEqual([])
    }
    const { lines, asked } = await settled(disk)
    expect([asked, lines]).toEqual([2, []])
  })

  it('what the file of their count holds by mistake is taken for no death', async () => {
    for (const text of ['', '3', 'x\n', '-3\n', '99999999999\n']) {
      const disk = await diskOfOneWhoDied()
      disk.writeFile('/data/narthex.starts', new TextEncoder().encode(text))
      expect((await settled(disk)).lines).toEqual([])
      expect(disk.stat('/data/narthex.starts')).toBeUndefined()
    }
  })
})
