import { describe, expect, it } from 'vitest'
import { MetricsRegistry } from '../../src/base/self-metrics.ts'
import { Labels } from '../../src/model/labels.ts'
import { Matcher } from '../../src/model/matcher.ts'
import { writeStaleAt } from '../../src/model/stale-nan.ts'
import type { Database } from '../../src/tsdb/db.ts'
import { newDisk, openOn, readStored, startMs } from '../sim/database-world.ts'
import { SimClock } from '../sim/sim-clock.ts'
import type { SimFileSystem } from '../sim/sim-file-system.ts'
import { allTime, localQuerier, readerOf } from '../support/local-querier.ts'

const stepMs = 500

class World {
  readonly clock = new SimClock(startMs)
  threshold = 0.5
  /** What was appended, by series: times, stale ones too. */
  readonly taken = new Map<string, number[]>()
  #step = 0

  constructor(readonly disk: SimFileSystem = newDisk()) {}

  open(metrics = new MetricsRegistry()): Promise<Database> {
    const staleSeriesThreshold = () => this.threshold
    return openOn(this.disk, this.clock, { staleSeriesThreshold, rangeMs: 3_600_000, metrics })
  }

  /** A sample of each, a stale marker for the names with a minus. */
  async append(database: Database, ...names: readonly string[]): Promise<void> {
    const timestampMs = startMs + this.#step++ * stepMs
    const values = new Float64Array(names.length).fill(this.#step)
    const appender = database.appender()
    const ids = Uint32Array.from(names, (name, at) => {
      const series = name.replace('-', '')
      if (name.startsWith('-')) writeStaleAt(new Uint32Array(values.buffer), at)
      this.taken.set(series, [...(this.taken.get(series) ?? []), timestampMs])
      return appender.series(Labels.of({ __name__: 'm', series }))
    })
    const times = new Float64Array(names.length).fill(timestampMs)
    expect(appender.append(ids, times, values, names.length).refused).toBe(0)
    appender.commit()
    await this.clock.advance(stepMs)
  }

  async stored(database: Database): Promise<Map<string, number[]>> {
    const querier = localQuerier(database, readerOf(database, this.disk))
    const matchers = [new Matcher('=', '__name__', 'm')]
    const set = await querier.select({ matchers, ...allTime, sorted: true })
    const stored = readStored(querier, set)
    querier.close()
    return new Map([...stored].map(([name, samples]) => [name, samples.map(([timeMs]) => timeMs)]))
  }

  hints(database: Database): readonly string[] {
    const folders = this.disk.list(database.directory).filter((name) => name.length === 26)
    return folders.map((name) => {
      const bytes = this.disk.readFile(`${database.directory}/${name}/meta.json`)
      return JSON.parse(new TextDecoder().decode(bytes)).compaction.hints ?? []
    })
  }
}

describe('stale series', () => {
  it('are counted as they come and go, also by a replay', async () => {
    const world = new World()
    world.threshold = 0
    let database = await world.open()
    const counts: number[] = []
    for (const names of [['a', 'b'], ['-a', 'b'], ['-a', '-b'], ['-a', 'b'], ['a'], ['-b']]) {
      await world.append(database, ...names)
      counts.push(database.stats().staleSeries)
    }
    expect(counts).toEqual([0, 1, 2, 1, 0, 1])
    await database.close()
    database = await world.open()
    expect(database.stats().staleSeries).toBe(1)
  })

  it('leave the head for a block of their own once their share is reached', async () => {
    const world = new World()
    const metrics = new MetricsRegistry()
    const database = await world.open(metrics)
    for (let step = 0; step < 150; step++) await world.append(database, 'a', 'b', 'c', 'd')
    await world.append(database, '-a', 'b', 'c', 'd')
    await database.maintain()
    expect(database.stats().blocks).toBe(0)
    await world.append(database, '-b', 'c', 'd')
    await database.maintain()
    expect(world.hints(database)).toEqual([['from-stale-series']])
    const { series, staleSeries, maintenance } = database.stats()
    expect([series, staleSeries, maintenance.staleCompactions]).toEqual([2, 0, 1])
    const name = 'prometheus_tsdb_stale_series_compaction_duration_seconds'
    expect(metrics.render()).toContain(`${name}_count 1\n`)
    expect(await world.stored(database)).toEqual(world.taken)
  })

  it('stay away after a restart, and come back as others', async () => {
    const world = new World()
    let database = await world.open()
    for (let step = 0; step < 130; step++) await world.append(database, 'a', 'b')
    await world.append(database, '-a', 'b')
    await database.maintain()
    expect(database.stats().series).toBe(1)
    // Not all of what follows a restart comes from a clean end.
    for (const isClean of [true, false, true]) {
      if (isClean) await database.close()
      database = await world.open()
      expect(database.stats().series).toBe(1)
      expect(await world.stored(database)).toEqual(world.taken)
    }
    for (let step = 0; step < 130; step++) await world.append(database, 'a', 'b')
    database = await world.open()
    expect(database.stats().series).toBe(2)
    expect(await world.stored(database)).toEqual(world.taken)
    await world.append(database, '-a', 'b')
    await database.maintain()
    expect(await world.stored(database)).toEqual(world.taken)
    database = await world.open()
    expect(database.stats().series).toBe(1)
    expect(await world.stored(database)).toEqual(world.taken)
  })

  it('lose nothing wherever the process dies meanwhile', async () => {
    const world = new World()
    const database = await world.open()
    for (let step = 0; step < 130; step++) await world.append(database, 'a', 'b', 'c')
    await world.append(database, '-a', '-b', 'c')
    await world.clock.advance(2_000)
    const disks: SimFileSystem[] = []
    world.disk.faults.before = () => {
      disks.push(world.disk.copy())
    }
    await database.maintain()
    world.disk.faults = {}
    expect(disks.length).toBeGreaterThan(20)
    for (const disk of disks) {
      const after = new World(disk)
      after.threshold = 0
      expect(await after.stored(await after.open())).toEqual(world.taken)
    }
  })

  it('that get a sample while they are written stay', async () => {
    const world = new World()
    const database = await world.open()
    for (let step = 0; step < 30; step++) await world.append(database, 'a', 'b')
    await world.append(database, '-a', '-b')
    const unpin = database.pin()
    const maintained = database.maintain()
    while (database.stats().blocks === 0) await new Promise((resolve) => setImmediate(resolve))
    await world.append(database, 'a')
    unpin()
    await maintained
    expect(database.stats().series).toBe(1)
    expect(await world.stored(database)).toEqual(world.taken)
    expect(await world.stored(await world.open())).toEqual(world.taken)
  })
})
