import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../bench/seeded-random.ts'
import { Matcher } from '../../src/model/matcher.ts'
import type { Database } from '../../src/tsdb/db.ts'
import { allTime, localQuerier, readerOf } from '../support/local-querier.ts'
import { keepAll, newDisk, openOn, readStored, startMs, Workload } from './database-world.ts'
import { SimClock } from './sim-clock.ts'
import type { SimFileSystem } from './sim-file-system.ts'

const everything = { matchers: [new Matcher('=', '__name__', 'm')], ...allTime, sorted: true }

function tick(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/**
 * A query that takes its time: it begins now, selects some turns later, and reads what it has
 * selected some turns after that. Answers what is wrong.
 */
async function slowQuery(
  database: Database,
  disk: SimFileSystem,
  workload: Workload,
  random: () => number,
): Promise<readonly string[]> {
  const release = database.pin()
  const querier = localQuerier(database, readerOf(database, disk))
  const { acknowledged } = workload.moment
  const wait = async () => {
    for (let ticks = Math.floor(random() ** 3 * 60); ticks > 0; ticks--) await tick()
  }
  try {
    await wait()
    const set = await querier.select(everything)
    await wait()
    const moment = { ...workload.moment, acknowledged }
    return [...set.warnings, ...workload.faults(readStored(querier, set), moment, false)]
  } finally {
    querier.close()
    release()
  }
}

describe('queries beside flushes, merges and truncations', { timeout: 60_000 }, () => {
  it('see every sample that was acknowledged when they began, once, however long they take', async () => {
    let begun = 0
    let truncations = 0
    for (let seed = 0; seed < 4; seed++) {
      const random = seededRandom(seed)
      const disk = newDisk()
      const clock = new SimClock(startMs)
      const workload = new Workload(seed)
      workload.keptMs = Number.POSITIVE_INFINITY
      const database = await openOn(disk, clock, { retention: keepAll })
      const running: Promise<readonly string[]>[] = []
      const ask = (chance: number) => {
        if (random() < chance) running.push(slowQuery(database, disk, workload, random))
      }
      // Also between two file operations of whatever is under way.
      disk.faults.before = () => ask(0.2)
      for (let step = 0; step < 170; step++) {
        workload.send(database)
        await clock.advance(500)
        ask(0.3)
        await tick()
        ask(0.3)
      }
      const answers = await Promise.all(running)
      await database.maintain()
      for (const faults of answers) expect(faults.slice(0, 5), `seed ${seed}`).toEqual([])
      begun += answers.length
      truncations += database.stats().maintenance.headTruncations
      await database.close()
    }
    expect(begun).toBeGreaterThan(600)
    expect(truncations).toBeGreaterThan(10)
    console.log(`${begun} slow queries beside ${truncations} truncations of the head`)
  })
})
