import { describe, expect, it } from 'vitest'
import { Pins } from '../../../src/base/pins.ts'
import { MetricsRegistry } from '../../../src/base/self-metrics.ts'
import { SharedColumns } from '../../../src/base/shared-columns.ts'
import type { Database } from '../../../src/tsdb/db.ts'
import { ChunkColumns } from '../../../src/tsdb/head/chunk-columns.ts'
import { ChunkFileWriter } from '../../../src/tsdb/head/chunk-file-writer.ts'
import { ChunkWriteQueue } from '../../../src/tsdb/head/chunk-write-queue.ts'
import { ClosedChunks } from '../../../src/tsdb/head/closed-chunks.ts'
import { SimClock } from '../../sim/sim-clock.ts'
import { SimFileSystem } from '../../sim/sim-file-system.ts'
import { FullForChunks, file, fill, nowMs, open, samples } from './chunk-files-world.ts'

class World {
  readonly clock = new SimClock(nowMs + 86_400_000)
  metrics = new MetricsRegistry()

  constructor(readonly fileSystem: SimFileSystem = new SimFileSystem()) {}

  open(headChunksQueueMax: number): Promise<Database> {
    const { clock } = this
    this.metrics = new MetricsRegistry()
    const blockRangeMs = 600_000
    return open(this.fileSystem, { clock, headChunksQueueMax, metrics: this.metrics, blockRangeMs })
  }

  /** Of the file that chunks go to; 0 where there is none yet. */
  get fileBytes(): number {
    return this.fileSystem.stat(file)?.sizeBytes ?? 0
  }

  queued(): readonly number[] {
    return ['add', 'complete'].map((operation) => {
      const line = `prometheus_tsdb_chunk_write_queue_operations_total{operation="${operation}"}`
      const text = this.metrics.render()
      return Number(text.split(`${line} `)[1]?.split('\n')[0])
    })
  }
}

describe('a queue of full chunks', () => {
  it('has them read from memory until a later turn has written them', async () => {
    const world = new World()
    const database = await world.open(1_000)
    fill(database, 0, 700)
    const stored = await samples(database, world.fileSystem)
    expect(stored).toHaveLength(2_100)
    expect(world.fileBytes).toBe(0)
    expect(world.queued()).toEqual([18, 0])
    await world.clock.advance(1)
    expect(world.fileBytes).toBeGreaterThan(10_000)
    expect(world.queued()).toEqual([18, 18])
    expect(database.stats().chunksWritten).toBe(18)
    expect(await samples(database, world.fileSystem)).toEqual(stored)
    await database.close()
    expect(await samples(await world.open(0), world.fileSystem)).toEqual(stored)
  })

  it('takes as many as it is told, and those beyond are written at once', async () => {
    const world = new World()
    const database = await world.open(4)
    fill(database, 0, 700)
    expect(world.queued()).toEqual([4, 0])
    expect(database.stats().chunksWritten).toBe(14)
    const stored = await samples(database, world.fileSystem)
    await world.clock.advance(1)
    expect(world.queued()).toEqual([4, 4])
    expect(await samples(database, world.fileSystem)).toEqual(stored)
    expect(database.stats().chunksWritten).toBe(18)
  })

  it('is written at the end, and what it did not write costs a killed process nothing', async () => {
    const world = new World()
    const database = await world.open(1_000)
    fill(database, 0, 700)
    const stored = await samples(database, world.fileSystem)
    const killed = await world.open(1_000)
    expect(await samples(killed, world.fileSystem)).toEqual(stored)
    await killed.close()
    expect(killed.stats().chunksQueued).toEqual({ add: 0, complete: 0 })
    await database.close()
    expect(database.stats().chunksQueued).toEqual({ add: 18, complete: 18 })
  })

  it('loses nothing where the disk refuses them: they stay in memory', async () => {
    const fileSystem = new FullForChunks()
    const world = new World(fileSystem)
    const database = await world.open(1_000)
    for (let step = 0; step < 900; step += 100) {
      fileSystem.isFailing = step % 200 === 0
      fill(database, step, step + 100)
      await world.clock.advance(1)
    }
    expect(fileSystem.failures).toBeGreaterThan(1)
    fileSystem.isFailing = false
    const stored = await samples(database, world.fileSystem)
    expect(stored).toHaveLength(2_700)
    await database.close()
    expect(await samples(await world.open(0), world.fileSystem)).toEqual(stored)
  })

  it('gives the memory back when nobody reads there any more', () => {
    const columns = new ChunkColumns(new SharedColumns())
    const pins = new Pins()
    const closed = new ClosedChunks(columns, pins)
    const files = { fileSystem: new SimFileSystem(), directory: '/chunks', firstFile: 1 }
    closed.writeTo(new ChunkFileWriter(files))
    closed.queueIn(new ChunkWriteQueue(10, () => undefined))
    const source = new Uint8Array(500)
    const chunk = { ref: 1, encoding: 1, countField: 2, previous: 0, source }
    for (let round = 0; round < 5; round++) {
      const times = { minTimeMs: round, maxTimeMs: round + 1 }
      const entry = closed.close({ ...chunk, ...times }) - 1
      const place = { file: 1, place: 0 }
      columns.readPlace(entry, place)
      expect(place).toEqual({ file: 0, place: 0 })
      const unpin = pins.pin()
      closed.writeWaiting()
      columns.readPlace(entry, place)
      expect(place.file).toBe(1)
      expect(closed.arenaBytes).toBeGreaterThan(500)
      unpin()
      expect(closed.arenaBytes).toBe(0)
    }
  })

  it('forgets what leaves the head before it was written', async () => {
    const world = new World()
    const database = await world.open(100_000)
    // The first range is flushed and truncated while its chunks still wait.
    fill(database, 0, 1_500)
    await database.maintain()
    const { chunksQueued, blocks } = database.stats()
    expect(blocks).toBe(2)
    expect(chunksQueued.complete).toBeGreaterThan(10)
    await world.clock.advance(1_000)
    const { add, complete } = database.stats().chunksQueued
    expect(complete).toBe(add)
    await database.close()
  })
})
