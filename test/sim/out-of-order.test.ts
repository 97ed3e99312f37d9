import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seededRandom } from '../../bench/seeded-random.ts'
import { NarthexError } from '../../src/base/errors.ts'
import type { Database } from '../../src/tsdb/db.ts'
import {
  dataDirectory,
  keepAll,
  newDisk,
  openOn,
  rangeMs,
  startMs,
  storedIn,
  write,
} from './database-world.ts'
import type { SentSample } from './model.ts'
import { SimClock } from './sim-clock.ts'
import { SimError, type SimFileSystem } from './sim-file-system.ts'

const stepMs = 500
const windowMs = 4 * rangeMs
const isWhole = process.env.NARTHEX_SOAK !== undefined
const options = { outOfOrderWindowMs: windowMs, retention: keepAll }

/** Of a series and a time always the same: whoever sends it twice sends the same. */
function valueAt(series: string, timestampMs: number): number {
  return Math.sin(timestampMs * 1e-3 + series.charCodeAt(0) * 17) / 3
}

function sample(series: string, timestampMs: number): SentSample {
  return { series, timestampMs, value: valueAt(series, timestampMs) }
}

/** Step n: some series in order, and some samples of the last minute, of one series many. */
function samplesOf(step: number, random: () => number): SentSample[] {
  const nowMs = startMs + step * stepMs
  const samples = ['a', 'b', 'c'].map((series) => sample(series, nowMs))
  const past = (series: string) => sample(series, nowMs - 1 - Math.floor(random() * (windowMs - 1)))
  for (const series of ['a', 'b', 'd', 'e']) if (random() < 0.6) samples.push(past(series))
  if (step % 17 === 5) for (let more = 0; more < 80; more++) samples.push(past('a'))
  if (step % 40 === 30) for (let more = 0; more < 8; more++) samples.push(past(`f${step}`))
  return samples
}

/** What the senders know, as a map of every sample: must it be there, or may it? */
class Sent {
  readonly transactions: (readonly SentSample[])[] = []
  readonly acknowledged = new Set<number>()
  synced = 0

  faults(stored: ReadonlyMap<string, readonly (readonly [number, number])[]>, moment: Moment) {
    const faults: string[] = []
    const isSent = new Set<string>()
    const isThere = new Set<string>()
    for (const [series, samples] of stored) {
      let newest = Number.NEGATIVE_INFINITY
      for (const [timestampMs, value] of samples) {
        if (timestampMs <= newest) faults.push(`${series}: ${timestampMs} is out of order or twice`)
        if (!Object.is(value, valueAt(series, timestampMs))) {
          faults.push(`${series}: ${timestampMs} is ${value}`)
        }
        newest = timestampMs
        isThere.add(`${series} ${timestampMs}`)
      }
    }
    this.transactions.slice(0, moment.sent).forEach((samples, index) => {
      for (const { series, timestampMs } of samples) {
        const key = `${series} ${timestampMs}`
        isSent.add(key)
        const isDue = index < moment.due && this.acknowledged.has(index)
        if (isDue && !isThere.has(key)) faults.push(`${key} was lost`)
      }
    })
    for (const key of isThere) if (!isSent.has(key)) faults.push(`${key} was never sent`)
    return faults
  }
}

/** Transactions that were begun, and those that must be there. */
interface Moment {
  readonly sent: number
  readonly due: number
}

/** Sends `steps` transactions with maintenance on the way. */
async function run(
  sent: Sent,
  database: Database,
  clock: SimClock,
  steps: number,
  random: () => number,
): Promise<void> {
  for (let step = 0; step < steps; step++) {
    const index = sent.transactions.length
    const samples = samplesOf(index, random)
    sent.transactions.push(samples)
    try {
      write(database, samples)
      sent.acknowledged.add(index)
    } catch (thrown) {
      if (!(thrown instanceof NarthexError && thrown.code === 'TSDB_READ_ONLY')) throw thrown
    }
    await clock.advance(stepMs)
    if (index % 2 === 1) sent.synced = index + 1
    if (index % 5 === 4) await database.maintain()
  }
}

async function faultsIn(
  sent: Sent,
  database: Database,
  disk: SimFileSystem,
  moment: Moment,
): Promise<readonly string[]> {
  const { stored, warnings } = await storedIn(database, disk)
  return [...warnings, ...sent.faults(stored, moment)].slice(0, 5)
}

function clockAt(sent: number): SimClock {
  return new SimClock(startMs + sent * stepMs)
}

describe('out-of-order samples beside those in order', {
  timeout: isWhole ? 3_600_000 : 600_000,
}, () => {
  it('are all there at every step, with restarts, kills and maintenance, however they come', async () => {
    const seeds = isWhole ? 200 : 3
    for (let seed = 1; seed <= seeds; seed++) {
      const random = seededRandom(seed)
      let disk = newDisk()
      const sent = new Sent()
      let database = await openOn(disk, clockAt(0), options)
      let clock = clockAt(0)
      for (let turn = 0; turn < 12; turn++) {
        clock = clockAt(sent.transactions.length)
        // A killed process closes nothing, and nothing that it had under way goes on.
        if (random() < 0.4) await database.close()
        else disk = disk.copy()
        database = await openOn(disk, clock, options)
        const look = async (when: string) => {
          const { length } = sent.transactions
          const faults = await faultsIn(sent, database, disk, { sent: length, due: length })
          expect(faults, `seed ${seed}, turn ${turn}, ${when}`).toEqual([])
        }
        await look('opened')
        await run(sent, database, clock, Math.floor(random() * 25), random)
        await look('sent')
        await database.maintain()
        await look('maintained')
      }
      await database.close()
    }
  })

  it('a disk that refuses operations costs no acknowledged sample', async () => {
    for (let seed = 1; seed <= (isWhole ? 100 : 7); seed++) {
      const random = seededRandom(seed)
      const disk = newDisk()
      const sent = new Sent()
      const clock = clockAt(0)
      const database = await openOn(disk, clock, options)
      disk.faults = {
        before: () => {
          if (random() < 0.02) throw new SimError('ENOSPC')
        },
      }
      await run(sent, database, clock, 120, random)
      disk.faults = {}
      const { length } = sent.transactions
      const moment = { sent: length, due: length }
      expect(await faultsIn(sent, database, disk, moment), `seed ${seed}`).toEqual([])
      const killed = await openOn(disk, clockAt(length), options)
      expect(await faultsIn(sent, killed, disk, moment), `seed ${seed}, killed`).toEqual([])
      expect(sent.acknowledged.size).toBeGreaterThan(50)
      await killed.close()
    }
  })
})

describe('a database with out-of-order samples that dies', { timeout: 3_600_000 }, () => {
  const points: {
    readonly disk: SimFileSystem
    readonly sent: number
    readonly acknowledged: number
    readonly synced: number
    readonly operation: string
  }[] = []
  const sent = new Sent()

  beforeAll(async () => {
    const disk = newDisk()
    disk.faults.before = (_, operation, path) => {
      points.push({
        disk: disk.copy(),
        sent: sent.transactions.length,
        acknowledged: sent.acknowledged.size,
        synced: sent.synced,
        operation: `${operation} ${path}`,
      })
    }
    const clock = clockAt(0)
    const database = await openOn(disk, clock, options)
    await run(sent, database, clock, 140, seededRandom(1))
    await database.close()
    disk.faults = {}
    const ofLog = points.filter(({ operation }) => operation.includes('/wbl/'))
    expect(ofLog.length).toBeGreaterThan(100)
    const blocks = disk.list(dataDirectory).filter((name) => name.length === 26)
    expect(blocks.length).toBeGreaterThan(3)
  }, 120_000)

  afterAll(() => console.log(`out-of-order crash sweep: ${points.length} file operations`))

  it('at any operation opens again with every acknowledged sample, none invented, none twice', async () => {
    for (let index = 0; index < points.length; index += isWhole ? 1 : 41) {
      const point = points[index]
      if (point === undefined) break
      const disk = point.disk.copy()
      const database = await openOn(disk, clockAt(point.sent), options)
      const moment = { sent: point.sent, due: point.acknowledged }
      const where = `operation ${index}: ${point.operation}`
      expect(await faultsIn(sent, database, disk, moment), where).toEqual([])
      await database.maintain()
      expect(await faultsIn(sent, database, disk, moment), where).toEqual([])
      await database.close()
    }
  })

  it('of a power cut opens again with all that was synced', async () => {
    for (let seed = 0; seed < (isWhole ? 5_000 : 25); seed++) {
      const random = seededRandom(seed)
      const index = Math.floor(random() * points.length)
      const point = points[index]
      if (point === undefined) break
      const disk = point.disk.copy()
      disk.cutPower(random)
      const database = await openOn(disk, clockAt(point.sent), options)
      const moment = { sent: point.sent, due: point.synced }
      const where = `seed ${seed}, operation ${index}: ${point.operation}`
      expect(await faultsIn(sent, database, disk, moment), where).toEqual([])
      await database.maintain()
      expect(await faultsIn(sent, database, disk, moment), where).toEqual([])
      await database.close()
    }
  })
})
