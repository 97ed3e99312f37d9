import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../bench/seeded-random.ts'
import { Matcher } from '../../src/model/matcher.ts'
import type { Database } from '../../src/tsdb/db.ts'
import { allTime, localQuerier, readerOf } from '../support/local-querier.ts'
import {
  keepAll,
  newDisk,
  openOn,
  rangeMs,
  readStored,
  startMs,
  storedIn,
  write,
} from './database-world.ts'
import { SimClock } from './sim-clock.ts'
import type { SimFileSystem } from './sim-file-system.ts'

const isWhole = process.env.NARTHEX_SOAK !== undefined
const windowMs = 4 * rangeMs
const options = { outOfOrderWindowMs: windowMs, retention: keepAll }
const clock = () => new SimClock(startMs + 1000 * rangeMs)
const named = (series: string) => [new Matcher('=', 'series', series)]

/** Times and values of a series, times from the beginning. */
async function samplesOf(database: Database, disk: SimFileSystem, series: string) {
  const { stored } = await storedIn(database, disk)
  return stored.get(series)?.map(([timeMs, value]) => [timeMs - startMs, value])
}

it('late samples that were deleted stay deleted, and those that came after stay there, wherever the process dies', async () => {
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
  const send = (timeMs: number, value: number) =>
    write(database, [{ series: 'late', timestampMs: startMs + timeMs, value }])
  fill(0, 0.5 * rangeMs)
  send(0.5 * rangeMs, 1)
  for (const timeMs of [1000, 2000, 3000, 7000]) send(timeMs, 1)
  /** What may be there, in this order, of whoever died at an operation. */
  const before = [1000, 2000, 3000, 7000, 0.5 * rangeMs].map((timeMs) => [timeMs, 1])
  const deleted = before.slice(3)
  const again = [[1000, 2], [2500, 2], ...deleted]
  let allowed: readonly (readonly number[][])[] = [before, deleted]

  const lives: {
    readonly disk: SimFileSystem
    readonly operation: string
    readonly allowed: typeof allowed
  }[] = []
  disk.faults.before = (_, operation, path) => {
    lives.push({ disk: disk.copy(), operation: `${operation} ${path}`, allowed })
  }
  const range = { minTimeMs: startMs, maxTimeMs: startMs + 5000 }
  await database.admin.deleteSeries([named('late')], range)
  const afterDeletion = lives.length
  allowed = [deleted, [[1000, 2], ...deleted], again]
  send(1000, 2)
  send(2500, 2)
  disk.faults = {}
  const ofSending = lives.length
  fill(0.5 * rangeMs, 1.6 * rangeMs)
  disk.faults.before = (_, operation, path) => {
    lives.push({ disk: disk.copy(), operation: `${operation} ${path}`, allowed: [again] })
  }
  await database.maintain()
  disk.faults = {}
  await database.close()
  const ofKind = (start: string, from = 0) =>
    lives.slice(from).filter(({ operation }) => operation.startsWith(start))
  expect(ofKind('rename /data/wal/checkpoint').length).toBeGreaterThan(0)
  expect(ofKind('remove /data/wbl/').length).toBeGreaterThan(1)
  expect(ofKind('remove /data/wbl/', afterDeletion).length).toBeGreaterThan(0)
  // Of the maintenance every fifth.
  const some = lives.filter((_, at) => isWhole || at < ofSending || at % 5 === 0)
  for (const { disk: left, operation, allowed: either } of some) {
    const reopened = await openOn(left, clock(), options)
    const first = await samplesOf(reopened, left, 'late')
    expect(either, `killed before ${operation}`).toContainEqual(first)
    await reopened.maintain()
    expect(await samplesOf(reopened, left, 'late'), `${operation}, maintained`).toEqual(first)
    await reopened.close()
  }
}, 600_000)

/** What was sent and is not deleted. */
class Model {
  readonly series = new Map<string, Map<number, number>>()

  copy(): Map<string, Map<number, number>> {
    return new Map([...this.series].map(([name, samples]) => [name, new Map(samples)]))
  }

  add(name: string, timeMs: number, value: number): void {
    const samples = this.series.get(name) ?? new Map<number, number>()
    this.series.set(name, samples)
    samples.set(timeMs, value)
  }

  delete(name: string, fromMs: number, toMs: number): void {
    const samples = this.series.get(name)
    for (const timeMs of samples?.keys() ?? []) {
      if (timeMs >= fromMs && timeMs <= toMs) samples?.delete(timeMs)
    }
  }

  expected(): Record<string, [number, number][]> {
    const all = [...this.series].filter(([, samples]) => samples.size > 0)
    return Object.fromEntries(
      all.map(([name, samples]) => [name, [...samples].sort(([a], [b]) => a - b)]),
    )
  }
}

const names = ['a', 'b', 'c', 'd']
const stepMs = 500

/** Sends, deletes, queries and maintains at random, and knows what must be there. */
class Load {
  readonly model = new Model()
  readonly #random: () => number
  #step = 0
  #value = 0

  constructor(random: () => number) {
    this.#random = random
  }

  #below(end: number): number {
    return Math.floor(this.#random() * end)
  }

  get #nowMs(): number {
    return startMs + this.#step * stepMs
  }

  send(database: Database): void {
    this.#step++
    const samples = ['a', 'b'].map((name) => [name, this.#nowMs] as const)
    for (let late = this.#below(6); late > 0; late--) {
      const name = names[this.#below(names.length)] ?? 'a'
      const back = 1 + this.#below(Math.min(this.#step, windowMs / stepMs - 1))
      const timeMs = this.#nowMs - back * stepMs
      samples.push([name, timeMs])
    }
    for (const [series, timestampMs] of samples) {
      // One that is there is not taken once more: the newest of its series would be refused.
      if (this.model.series.get(series)?.has(timestampMs) === true) continue
      const value = this.#value++
      write(database, [{ series, timestampMs, value }])
      this.model.add(series, timestampMs, value)
    }
  }

  async delete(database: Database): Promise<void> {
    const oldest = Math.max(0, this.#step - this.#below(windowMs / stepMs))
    const minTimeMs = startMs + oldest * stepMs
    const maxTimeMs = minTimeMs + this.#below(40) * stepMs
    const some = names.filter(() => this.#random() < 0.4)
    await database.admin.deleteSeries(some.map(named), { minTimeMs, maxTimeMs })
    for (const name of some) this.model.delete(name, minTimeMs, maxTimeMs)
  }

  /** A query that begins now; answers what reads on and says what it lacks. */
  begin(database: Database, disk: SimFileSystem): () => Promise<readonly string[]> {
    const release = database.pin()
    const querier = localQuerier(database, readerOf(database, disk))
    const then = this.model.copy()
    return async () => {
      const matchers = [new Matcher('=', '__name__', 'm')]
      const set = await querier.select({ matchers, ...allTime, sorted: true })
      const stored = readStored(querier, set)
      querier.close()
      release()
      const faults: string[] = [...set.warnings]
      for (const [name, samples] of then) {
        const read = new Map(stored.get(name))
        const now = this.model.series.get(name)
        for (const [timeMs, value] of samples) {
          const isKept = now?.get(timeMs) === value
          if (isKept && read.get(timeMs) !== value) faults.push(`${name} ${timeMs - startMs}`)
        }
      }
      return faults
    }
  }
}

describe('late samples between deletions', { timeout: isWhole ? 3_600_000 : 600_000 }, () => {
  it.each([
    ['with memory snapshots', true],
    ['without', false],
  ])(
    'are there exactly if they came after them, whatever is flushed, killed or read meanwhile: %s',
    async (_, snapshotsMemory) => {
      for (let seed = 1; seed <= (isWhole ? 300 : 6); seed++) {
        const random = seededRandom(seed)
        const load = new Load(random)
        let disk = newDisk()
        const all = { ...options, snapshotsMemory }
        // Of blocks it must be known which is the older one.
        const time = clock()
        let database = await openOn(disk, time, all)
        await database.settle()
        const look = async (when: string) => {
          const { stored, warnings } = await storedIn(database, disk)
          expect(warnings).toEqual([])
          expect(
            Object.fromEntries([...stored].filter(([, samples]) => samples.length > 0)),
            `seed ${seed}, ${when}`,
          ).toEqual(load.model.expected())
        }
        let queries: (() => Promise<readonly string[]>)[] = []
        const endQueries = async () => {
          for (const end of queries.splice(0)) expect(await end(), `seed ${seed}`).toEqual([])
        }
        for (let turn = 0; turn < 120; turn++) {
          const choice = random()
          await time.advance(1)
          if (choice < 0.6) load.send(database)
          else if (choice < 0.75) await load.delete(database)
          else if (choice < 0.85) {
            const round = database.maintain()
            await endQueries()
            await round
          } else if (choice < 0.92) queries.push(load.begin(database, disk))
          else {
            if (random() < 0.5) await database.close()
            else disk = disk.copy()
            queries = []
            database = await openOn(disk, time, all)
            await database.settle()
          }
          if (queries.length > 0 && random() < 0.3) await endQueries()
          await look(`turn ${turn}, ${choice.toFixed(2)}`)
        }
        await endQueries()
        await database.close()
      }
    },
  )
})
