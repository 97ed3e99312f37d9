import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seededRandom } from '../../bench/seeded-random.ts'
import { NarthexError } from '../../src/base/errors.ts'
import {
  clockAfter,
  dataDirectory,
  type Moment,
  newDisk,
  openOn,
  startMs,
  storedIn,
  Workload,
} from './database-world.ts'
import { SimClock } from './sim-clock.ts'
import type { SimFileSystem } from './sim-file-system.ts'

const steps = 230
/** The sizes that take minutes run when this is set. */
const isWhole = process.env.NARTHEX_SOAK !== undefined

/** The disk just before an operation, and what had been acknowledged by then. */
interface CrashPoint {
  readonly disk: SimFileSystem
  readonly moment: Moment
  readonly operation: string
}

/**
 * Runs the workload once and keeps the disk as it was before each operation: that is what is left
 * when the process dies there.
 */
async function crashPoints(): Promise<{ points: CrashPoint[]; workload: Workload }> {
  const disk = newDisk()
  const workload = new Workload()
  const points: CrashPoint[] = []
  disk.faults.before = (_, operation, path) => {
    const where = `${operation} ${path}`
    points.push({ disk: disk.copy(), moment: workload.moment, operation: where })
  }
  const clock = new SimClock(startMs)
  const database = await openOn(disk, clock)
  await workload.run(database, clock, steps)
  const { maintenance } = database.stats()
  await database.close()
  disk.faults = {}
  expect(maintenance.headTruncations).toBeGreaterThanOrEqual(5)
  expect(maintenance.deletedByTime).toBeGreaterThanOrEqual(1)
  expect(maintenance.compactions).toBeGreaterThan(maintenance.headTruncations)
  const names = (path: string) => disk.list(`${dataDirectory}/${path}`)
  expect(names('wal').filter((name) => name.startsWith('checkpoint.'))).toHaveLength(1)
  expect(points.some(({ operation }) => operation.startsWith('rename /data/wal/checkpoint'))).toBe(
    true,
  )
  expect(points.filter(({ operation }) => operation.includes('rename /data/0')).length > 8).toBe(
    true,
  )
  return { points, workload }
}

/** Opens, looks, lets maintenance run, looks again; then writes on and looks after another start. */
async function faultsAfter(
  workload: Workload,
  disk: SimFileSystem,
  moment: Moment,
  isPowerCut: boolean,
  goesOn: boolean,
): Promise<string[]> {
  const clock = clockAfter(moment)
  const database = await openOn(disk, clock)
  const look = async (opened: typeof database) => {
    const { stored, warnings } = await storedIn(opened, disk)
    return { stored, faults: [...warnings, ...workload.faults(stored, moment, isPowerCut)] }
  }
  const first = await look(database)
  await database.maintain()
  const second = await look(database)
  const faults = [...first.faults, ...second.faults]
  if (goesOn) {
    const more = new Workload(2)
    more.transactions.push(...workload.transactions.slice(0, moment.sent))
    await more.run(database, clock, 3)
    await database.close()
    const reopened = await openOn(disk, clock)
    const { stored } = await storedIn(reopened, disk)
    for (const step of more.acknowledged) {
      for (const { series, timestampMs, value } of more.transactions[step] ?? []) {
        const found = stored.get(series)?.find(([timeMs]) => timeMs === timestampMs)
        if (found?.[1] !== value) faults.push(`${series}: ${timestampMs}, written after, is gone`)
      }
    }
    for (const name of disk.list(dataDirectory)) {
      if (name.includes('.tmp')) faults.push(`${name} was left behind`)
    }
    await reopened.close()
  } else await database.close()
  return faults
}

/** How many file operations a recovery makes, and how it fares when it dies at one of them. */
async function faultsOfInterrupted(
  workload: Workload,
  { disk, moment }: CrashPoint,
): Promise<{ faults: string[]; crashes: number }> {
  const copies: SimFileSystem[] = []
  const recovered = disk.copy()
  recovered.faults.before = () => {
    if (copies.length < 50) copies.push(recovered.copy())
  }
  const database = await openOn(recovered, clockAfter(moment))
  await database.maintain()
  await database.close()
  const faults: string[] = []
  for (const [index, copy] of copies.entries()) {
    const found = await faultsAfter(workload, copy, moment, false, false)
    faults.push(...found.map((fault) => `and at operation ${index} of the recovery: ${fault}`))
  }
  return { faults, crashes: copies.length }
}

describe('a database that dies', { timeout: 3_600_000 }, () => {
  let points: CrashPoint[] = []
  let workload = new Workload()
  const lines: string[] = []

  beforeAll(async () => {
    const run = await crashPoints()
    points = run.points
    workload = run.workload
    lines.push(`${points.length} file operations in ${steps} transactions`)
  }, 60_000)

  afterAll(() => console.log(`crash sweep: ${lines.join('; ')}`))

  it('at any operation opens again with every acknowledged sample, none invented, none twice', async () => {
    expect(points.length).toBeGreaterThanOrEqual(400)
    for (const [index, { disk, moment, operation }] of points.entries()) {
      const goesOn = isWhole || index % 5 === 0
      const faults = await faultsAfter(workload, disk.copy(), moment, false, goesOn)
      expect(faults.slice(0, 5), `operation ${index}: ${operation}`).toEqual([])
    }
    lines.push(`died at each of them`)
  })

  it('and again at any of the first 50 operations of the recovery, the same', async () => {
    let crashes = 0
    const every = isWhole ? 1 : 40
    for (let index = 0; index < points.length; index += every) {
      const point = points[index]
      if (point === undefined) break
      const found = await faultsOfInterrupted(workload, point)
      expect(found.faults.slice(0, 5), `operation ${index}: ${point.operation}`).toEqual([])
      crashes += found.crashes
    }
    lines.push(`twice at ${crashes} pairs`)
  })

  it('of a power cut opens again with what was synced, and a prefix of the rest of each series', async () => {
    const seeds = isWhole ? 20_000 : 500
    for (let seed = 0; seed < seeds; seed++) {
      const random = seededRandom(seed)
      const index = Math.floor(random() * points.length)
      const point = points[index]
      if (point === undefined) break
      const disk = point.disk.copy()
      disk.cutPower(random)
      const where = `seed ${seed}, operation ${index}: ${point.operation}`
      try {
        const faults = await faultsAfter(workload, disk, point.moment, true, seed % 20 === 0)
        expect(faults.slice(0, 5), where).toEqual([])
      } catch (thrown) {
        if (thrown instanceof NarthexError) expect.fail(`${where}: ${thrown.message}`)
        throw thrown
      }
    }
    lines.push(`${seeds} power cuts`)
  })
})
