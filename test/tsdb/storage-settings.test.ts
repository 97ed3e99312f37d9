import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { silentLogger } from '../../src/base/logger.ts'
import { lockDirectory } from '../../src/base/node-directory-lock.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { uncachedFault, uncachedFileSystem } from '../../src/base/node-uncached-files.ts'
import { MetricsRegistry } from '../../src/base/self-metrics.ts'
import { Labels } from '../../src/model/labels.ts'
import { isNewChunkFile } from '../../src/tsdb/block/block-files.ts'
import { verifyBlock } from '../../src/tsdb/block/verify.ts'
import type { DatabaseOptions } from '../../src/tsdb/database-options.ts'
import { Database } from '../../src/tsdb/db.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const minuteMs = 60_000
const rangeMs = 120 * minuteMs
const startMs = Math.ceil(1_700_000_000_000 / (9 * rangeMs)) * 9 * rangeMs

class World {
  readonly clock = new SimClock(startMs)
  readonly directory = temporaryDirectory()

  async open(options: Partial<DatabaseOptions>): Promise<Database> {
    const database = await Database.open({
      directory: this.directory,
      fileSystem: nodeFileSystem,
      clock: this.clock,
      logger: silentLogger,
      lock: async () => ({ release: () => undefined }),
      blockRangeMsMax: 9 * rangeMs,
      blockReloadIntervalMs: 10 ** 9,
      ...options,
    })
    onTestFinished(() => database.close())
    return database
  }

  /** Some series with a sample of noise in each minute. */
  async write(database: Database, minutes: number, seriesCount = 1): Promise<void> {
    for (let minute = 0; minute < minutes; minute++) {
      await this.clock.advance(minuteMs)
      const appender = database.appender()
      const ids = Uint32Array.from({ length: seriesCount }, (_, n) =>
        appender.series(Labels.of({ __name__: 'm', n: String(n) })),
      )
      const times = new Float64Array(seriesCount).fill(this.clock.wallMs())
      appender.append(
        ids,
        times,
        times.map((_, n) => Math.sin(minute * 1_000 + n)),
        seriesCount,
      )
      appender.commit()
    }
    await database.maintain()
  }
}

describe('settings of the database', () => {
  it('blocks that are held are not made larger ones, nor are those behind them', async () => {
    const world = new World()
    const held = new Set<string>()
    let isHeldAll = true
    const database = await world.open({ isHeld: ({ ulid }) => isHeldAll || held.has(ulid) })
    for (let block = 0; block < 10; block++) await world.write(database, 120)
    const ulids = () => nodeFileSystem.list(world.directory).filter((name) => name.length === 26)
    expect(ulids()).toHaveLength(9)
    isHeldAll = false
    held.add(ulids()[5] ?? '')
    await database.maintain()
    expect(ulids()).toHaveLength(9 - 2)
    held.clear()
    await database.maintain()
    expect(ulids()).toHaveLength(9 - 4)
  })

  it('the flush of the head waits where that is asked for', async () => {
    const world = new World()
    const database = await world.open({ flushDelayMs: 30 * minuteMs })
    await world.write(database, 184)
    expect(database.stats().blocks).toBe(0)
    await world.write(database, 20)
    expect(database.stats().blocks).toBe(0)
    await world.write(database, 15)
    expect(database.stats().blocks).toBe(1)
  })

  it('chunks and series that left the head are not counted as its own', async () => {
    const world = new World()
    const metrics = new MetricsRegistry()
    const database = await world.open({ metrics })
    await world.write(database, 120, 2)
    await world.write(database, 200)
    await world.write(database, 200)
    const { series, seriesCreated, chunks, chunksCreated, chunksRemoved } = database.stats()
    expect([series, seriesCreated]).toEqual([1, 2])
    expect(chunks).toBe(chunksCreated - chunksRemoved)
    // Two to three hours of one series, in chunks of two hours at most.
    expect(chunks).toBeLessThanOrEqual(3)
    expect(chunksRemoved).toBeGreaterThanOrEqual(4)
    const page = metrics.render()
    expect(page).toContain('prometheus_tsdb_compaction_populating_block 0\n')
    expect(page).toMatch(/prometheus_tsdb_compaction_duration_seconds_count [1-9]/)
    expect(page).toMatch(/prometheus_tsdb_head_gc_duration_seconds_count [1-9]/)
    expect(page).toMatch(/prometheus_tsdb_head_appenders_created_total 520\n/)
  })

  it('files of chunks end at their limit', async () => {
    const world = new World()
    const database = await world.open({ blockSegmentBytesMax: 1 << 14 })
    await world.write(database, 190, 60)
    const [ulid = ''] = nodeFileSystem.list(world.directory).filter((name) => name.length === 26)
    const folder = join(world.directory, ulid, 'chunks')
    const sizes = nodeFileSystem
      .list(folder)
      .map((name) => nodeFileSystem.stat(join(folder, name))?.sizeBytes ?? 0)
    expect(sizes.length).toBeGreaterThan(2)
    for (const size of sizes) expect(size).toBeLessThanOrEqual(1 << 14)
  })

  it('retention by percentage deletes what takes more than its share of the file system', async () => {
    const world = new World()
    let capacity = 10 ** 12
    const diskBytes = () => ({ total: capacity, free: capacity, kind: 0 })
    const database = await world.open({
      fileSystem: { ...nodeFileSystem, diskBytes },
      retention: () => ({ timeMs: 0, sizeBytes: 1, percentage: 50 }),
    })
    await world.write(database, 4 * 120)
    expect(database.stats().blocks).toBeGreaterThan(0)
    capacity = 1_000
    await database.maintain()
    expect(database.stats()).toMatchObject({ blocks: 0 })
    expect(database.stats().maintenance.deletedBySize).toBe(1)
  })
})

describe('the lock file', () => {
  it('is gone after a clean end, and one that is left behind is taken over', async () => {
    const directory = temporaryDirectory()
    const path = join(directory, 'lock')
    const first = await lockDirectory(directory, silentLogger)
    expect(first.isReplaced).toBe(false)
    await expect(lockDirectory(directory, silentLogger)).rejects.toThrow(
      `${directory} is in use by process ${process.pid}`,
    )
    first.release()
    expect(nodeFileSystem.stat(path)).toBeUndefined()
    nodeFileSystem.writeFile(path, new TextEncoder().encode('1\n'))
    const second = await lockDirectory(directory, silentLogger)
    expect(second.isReplaced).toBe(true)
    second.release()
    const third = await lockDirectory(directory, silentLogger)
    expect(third.isReplaced).toBe(false)
    third.release()
  })

  it('blocks whose chunks went past the page cache are the same, byte for byte', async () => {
    const chunks: string[] = []
    for (const fileSystem of [nodeFileSystem, uncachedFileSystem(isNewChunkFile)]) {
      const world = new World()
      if (uncachedFault(world.directory) !== undefined) return
      const database = await world.open({ fileSystem })
      await world.write(database, 200, 20)
      expect(database.stats().blocks).toBe(1)
      const block = nodeFileSystem.list(world.directory).find((name) => name.length === 26) ?? ''
      const path = join(world.directory, block)
      expect(() => verifyBlock(nodeFileSystem, path)).not.toThrow()
      chunks.push(Buffer.from(nodeFileSystem.readFile(join(path, 'chunks/000001'))).toString('hex'))
    }
    expect(chunks[0]).toBe(chunks[1])
  })
})
