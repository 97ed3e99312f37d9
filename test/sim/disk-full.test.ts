import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../bench/seeded-random.ts'
import { limits } from '../../src/base/limits.ts'
import { Matcher } from '../../src/model/matcher.ts'
import { allTime } from '../support/local-querier.ts'
import {
  dataDirectory,
  newDisk,
  openOn,
  rangeMs,
  startMs,
  storedIn,
  Workload,
} from './database-world.ts'
import { SimClock } from './sim-clock.ts'
import { SimError, type SimFileSystem, type SimOperation } from './sim-file-system.ts'

const steps = 160
/** The sizes that take minutes run when this is set. */
const isWhole = process.env.NARTHEX_SOAK !== undefined

/** What needs room on a full disk. */
const needsRoom = new Set<SimOperation>(['create', 'append', 'write', 'make directory'])

interface Outcome {
  readonly refused: number
  readonly faults: readonly string[]
}

/**
 * Runs the workload on a disk that fails as it is told, then gives it 12 more transactions without
 * faults; looks meanwhile, afterwards, and after a restart.
 */
async function run(
  disk: SimFileSystem,
  fail: (operation: number, name: SimOperation) => void,
): Promise<Outcome> {
  const clock = new SimClock(startMs)
  const workload = new Workload()
  const faults: string[] = []
  const database = await openOn(disk, clock)
  const first = disk.operations
  disk.faults.before = (operation, name) => fail(operation - first, name)
  const look = async (words: string) => {
    const { stored, warnings } = await storedIn(database, disk)
    const found = [...warnings, ...workload.faults(stored, workload.moment, false)]
    faults.push(...found.slice(0, 3).map((fault) => `${words}: ${fault}`))
  }
  let refused = 0
  for (let part = 0; part < 4; part++) {
    refused += await workload.runThrough(database, clock, steps / 4)
    await look('on the failing disk')
  }
  disk.faults = {}
  await clock.advance(limits.reserveTryMs)
  const late = await workload.runThrough(database, clock, 12)
  if (late > 0) faults.push(`${late} transactions refused on a disk with room`)
  await look('with room again')
  // A flush or merge that failed is tried again when its time has come.
  await clock.advance(limits.compactionRetryMsMin * 4)
  await database.maintain()
  await database.maintain()
  await look('when it is in order again')
  const { minTimeMs = 0, maxTimeMs = 0 } = database.stats()
  if (maxTimeMs - minTimeMs > 1.5 * rangeMs) faults.push('the head is not flushed')
  await database.close()
  const reopened = await openOn(disk, clock)
  const { stored, warnings } = await storedIn(reopened, disk)
  faults.push(...warnings, ...workload.faults(stored, workload.moment, false).slice(0, 3))
  await reopened.close()
  const left = disk.list(dataDirectory).filter((name) => name.includes('.tmp'))
  faults.push(...left.map((name) => `${name} was left behind`))
  return { refused, faults }
}

async function operationCount(): Promise<number> {
  let count = 0
  await run(newDisk(), (operation) => {
    count = operation + 1
  })
  return count
}

describe('a database on a disk that fails', { timeout: 3_600_000 }, () => {
  it.each([
    ['ENOSPC', 1],
    ['ENOSPC', 40],
    ['EIO', 1],
  ] as const)(
    'with %s at any operation and %i long acknowledges nothing that it loses, answers, and goes on',
    async (code, length) => {
      const total = await operationCount()
      expect(total).toBeGreaterThan(400)
      const every = isWhole ? 1 : 10
      let refusals = 0
      for (let failAt = length % every; failAt < total; failAt += every) {
        const { refused, faults } = await run(newDisk(), (operation, name) => {
          if (operation < failAt || operation >= failAt + length) return
          if (code === 'EIO' || needsRoom.has(name)) throw new SimError(code)
        })
        expect(faults, `${code} at operation ${failAt}`).toEqual([])
        refusals += refused
      }
      expect(refusals).toBeGreaterThan(10)
    },
  )

  it('a full disk gives up its reserve, so that flush and truncation go on; samples come when there is room', async () => {
    const disk = newDisk()
    const clock = new SimClock(startMs)
    const workload = new Workload()
    const database = await openOn(disk, clock)
    const reserve = `${dataDirectory}/narthex.reserve`
    expect(disk.stat(reserve)?.sizeBytes).toBe(65_536)
    await workload.run(database, clock, 40)
    // From now on nothing can be written but what the reserve leaves room for.
    disk.faults.before = (_, name, path) => {
      const isFull = disk.stat(reserve) !== undefined || path === reserve
      if (needsRoom.has(name) && isFull) throw new SimError('ENOSPC')
    }
    expect(await workload.runThrough(database, clock, 10)).toBe(10)
    expect(disk.stat(reserve)).toBeUndefined()
    expect(database.stats().isDiskFull).toBe(true)
    expect(database.diskFullSinceMs).toBeGreaterThanOrEqual(startMs)
    expect(database.diskFullSinceMs).toBeLessThanOrEqual(clock.wallMs())
    const { minTimeMs } = database.stats()
    await database.admin.deleteSeries([[new Matcher('=', 'series', 'a')]], allTime)
    expect(minTimeMs).toBe(startMs)
    disk.faults = {}
    await clock.advance(limits.walSyncIntervalMs)
    expect(database.stats().isDiskFull).toBe(false)
    expect(database.diskFullSinceMs).toBeUndefined()
    expect(disk.stat(reserve)?.sizeBytes).toBe(65_536)
    expect(await workload.runThrough(database, clock, 20)).toBe(0)
    await database.close()
  })

  it('with short writes at random loses nothing that it acknowledged', async () => {
    for (let seed = 0; seed < (isWhole ? 1_000 : 30); seed++) {
      const disk = newDisk()
      const random = seededRandom(seed)
      const shortWrite = (_: number, length: number) =>
        random() < 0.2 ? Math.floor(random() * length) : undefined
      const { refused, faults } = await run(disk, () => {
        disk.faults.shortWrite ??= shortWrite
      })
      expect(faults, `seed ${seed}`).toEqual([])
      expect(refused).toBeGreaterThan(5)
    }
  })
})
