import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../bench/seeded-random.ts'
import {
  clockAfter,
  dataDirectory,
  keepAll,
  type Moment,
  newDisk,
  openOn,
  recordingLogger,
  startMs,
  storedIn,
  Workload,
} from './database-world.ts'
import { SimClock } from './sim-clock.ts'
import type { SimFileSystem } from './sim-file-system.ts'

const options = { retention: keepAll, snapshotsMemory: true }

function snapshots(disk: SimFileSystem): readonly string[] {
  return disk.list(dataDirectory).filter((name) => name.startsWith('chunk_snapshot'))
}

function newWorkload(): Workload {
  const workload = new Workload()
  workload.keptMs = Number.POSITIVE_INFINITY
  return workload
}

async function faultsOn(
  disk: SimFileSystem,
  workload: Workload,
  moment: Moment,
  isPowerCut: boolean,
  snapshotsMemory = true,
): Promise<readonly string[]> {
  const database = await openOn(disk, clockAfter(moment), { retention: keepAll, snapshotsMemory })
  const { stored, warnings } = await storedIn(database, disk)
  return [...warnings, ...workload.faults(stored, moment, isPowerCut)]
}

describe('a memory snapshot', () => {
  it('is all that a start after a clean exit needs of the log', async () => {
    const disk = newDisk()
    const workload = newWorkload()
    const clock = new SimClock(startMs)
    const database = await openOn(disk, clock, options)
    await workload.run(database, clock, 131)
    await database.close()
    const [snapshot, ...others] = snapshots(disk)
    expect(others).toEqual([])
    const last = Number(snapshot?.split('.')[1])
    const log = disk.list(`${dataDirectory}/wal`).filter((name) => Number(name) !== last)
    for (const name of log) disk.remove(`${dataDirectory}/wal/${name}`, { recursive: true })
    workload.synced = workload.acknowledged.length
    expect(await faultsOn(disk, workload, workload.moment, false)).toEqual([])
  })

  it('costs nothing wherever the process dies while it is written, nor does a power cut', {
    timeout: 120_000,
  }, async () => {
    const disk = newDisk()
    const workload = newWorkload()
    const clock = new SimClock(startMs)
    const points: { readonly disk: SimFileSystem; readonly operation: string }[] = []
    let database = await openOn(disk, clock, options)
    // The second time there is an older one.
    for (const steps of [61, 60]) {
      await workload.run(database, clock, steps)
      // The log is on disk.
      await clock.advance(2_000)
      disk.faults.before = (_, operation, path) => {
        points.push({ disk: disk.copy(), operation: `${operation} ${path}` })
      }
      await database.close()
      disk.faults = {}
      workload.synced = workload.acknowledged.length
      points.push({ disk: disk.copy(), operation: 'the end' })
      const { moment } = workload
      for (const [index, point] of points.entries()) {
        for (const isPowerCut of [false, true]) {
          const copy = point.disk.copy()
          if (isPowerCut) copy.cutPower(seededRandom(index))
          const faults = await faultsOn(copy, workload, moment, false)
          expect(faults, `${point.operation}, power cut: ${isPowerCut}`).toEqual([])
          expect(snapshots(copy).length, point.operation).toBeLessThan(3)
        }
      }
      expect(points.length).toBeGreaterThan(12)
      points.length = 0
      database = await openOn(disk, clock, options)
    }
  })

  it('is used beside what was written after it, and passed over where the feature is off', {
    timeout: 120_000,
  }, async () => {
    for (let seed = 1; seed <= 8; seed++) {
      const random = seededRandom(seed)
      const disk = newDisk()
      const workload = newWorkload()
      let clock = new SimClock(startMs)
      for (let life = 0; life < 6; life++) {
        const snapshotsMemory = random() < 0.7
        const database = await openOn(disk, clock, { retention: keepAll, snapshotsMemory })
        const { stored, warnings } = await storedIn(database, disk)
        const before = [...warnings, ...workload.faults(stored, workload.moment, false)]
        expect(before, `seed ${seed}, life ${life}`).toEqual([])
        await workload.run(database, clock, 1 + Math.floor(random() * 40))
        const isClean = random() < 0.6
        if (isClean) await database.close()
        clock = clockAfter(workload.moment)
      }
      const { moment } = workload
      for (const snapshotsMemory of [true, false]) {
        const faults = await faultsOn(disk.copy(), workload, moment, false, snapshotsMemory)
        expect(faults, `seed ${seed}`).toEqual([])
      }
    }
  })

  it('that is damaged anywhere costs time only, and is told', async () => {
    const disk = newDisk()
    const workload = newWorkload()
    const clock = new SimClock(startMs)
    const database = await openOn(disk, clock, options)
    await workload.run(database, clock, 50)
    await database.close()
    const [snapshot = ''] = snapshots(disk)
    const random = seededRandom(7)
    let told = 0
    for (const path of ['00000000', 'narthex_chains/00000000']) {
      const file = `${dataDirectory}/${snapshot}/${path}`
      const { length } = disk.readFile(file)
      for (let round = 0; round < 12; round++) {
        const copy = disk.copy()
        const bytes = copy.readFile(file).slice()
        const at = Math.floor(random() * length)
        bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8))
        copy.rot(file, bytes)
        const { logger, lines } = recordingLogger()
        const reopened = await openOn(copy, clock, { ...options, logger })
        const { stored } = await storedIn(reopened, copy)
        expect(workload.faults(stored, workload.moment, false), `byte ${at} of ${path}`).toEqual([])
        const isTold = lines.some((line) => line.startsWith('Memory snapshot cannot be used'))
        expect(reopened.stats().snapshotFailed).toBe(isTold)
        if (!isTold) continue
        told++
        expect(snapshots(copy)).toEqual([])
      }
    }
    expect(told).toBeGreaterThan(16)
  })

  it('is removed where head chunk files are damaged or the log is an older one', async () => {
    const disk = newDisk()
    const workload = newWorkload()
    const clock = new SimClock(startMs)
    const database = await openOn(disk, clock, options)
    await workload.run(database, clock, 80)
    await database.close()
    const damaged = disk.copy()
    const [file = ''] = damaged.list(`${dataDirectory}/chunks_head`)
    damaged.rot(`${dataDirectory}/chunks_head/${file}`, Uint8Array.of(1, 2, 3))
    for (const snapshotsMemory of [false, true]) {
      const faults = await faultsOn(damaged, workload, workload.moment, false, snapshotsMemory)
      expect(faults).toEqual([])
      expect(snapshots(damaged)).toEqual([])
    }
    const last = disk.list(`${dataDirectory}/wal`).findLast((name) => /^\d+$/.test(name))
    disk.remove(`${dataDirectory}/wal/${last}`)
    expect(await faultsOn(disk, workload, workload.moment, false)).toEqual([])
    expect(snapshots(disk)).toEqual([])
  })
})
