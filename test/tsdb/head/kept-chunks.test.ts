import { describe, expect, it } from 'vitest'
import { limits } from '../../../src/base/limits.ts'
import { GrowingColumns } from '../../../src/model/growing-columns.ts'
import { Labels } from '../../../src/model/labels.ts'
import { Matcher } from '../../../src/model/matcher.ts'
import { DecodedMemory } from '../../../src/tsdb/chunk/decoded-chunks.ts'
import type { Database } from '../../../src/tsdb/db.ts'
import { HeadReader } from '../../../src/tsdb/head/head-reader.ts'
import { SimFileSystem } from '../../sim/sim-file-system.ts'
import { nowMs, open } from './chunk-files-world.ts'
import { allTime } from './head-reading.ts'

/** Two full chunks in files, and an open one. */
const samplesEach = 250
const chunksEach = 2

/** What no chunk of a file is known by. */
const otherKey = 2 ** 48

interface Loaded {
  readonly fileSystem: SimFileSystem
  readonly database: Database
}

async function loaded(seriesCount: number): Promise<Loaded> {
  const fileSystem = new SimFileSystem()
  const database = await open(fileSystem)
  const first = database.appender()
  const ids = Uint32Array.from({ length: seriesCount }, (_, series) =>
    first.series(Labels.of({ __name__: 'm', series: String(series).padStart(5, '0') })),
  )
  first.commit()
  for (let step = 0; step < samplesEach; step++) {
    const appender = database.appender()
    const times = new Float64Array(seriesCount).fill(nowMs + step * 1_000)
    const values = Float64Array.from(ids, (_, series) => series + Math.sin(step))
    appender.append(ids, times, values, seriesCount)
    appender.commit()
  }
  return { fileSystem, database }
}

/** The sums of each series, as a query over all of them reads them. */
async function sumsOf(database: Database, reader: HeadReader): Promise<number[]> {
  reader.apply(database.updateSince(reader.version).head)
  const { inOrder } = reader.queriers({
    snapshot: async (ids, count, since) => database.snapshot(ids, count, since),
  })
  const matchers = [new Matcher('=', '__name__', 'm')]
  const set = await inOrder.select({ matchers, ...allTime, sorted: true })
  const columns = new GrowingColumns(256)
  return Array.from({ length: set.seriesCount }, (_, series) => {
    const end = set.readFloats(series, allTime.minTimeMs, allTime.maxTimeMs, columns)
    expect(end).toBe(samplesEach)
    return columns.values.subarray(0, end).reduce((sum, value) => sum + value, 0)
  })
}

function readerWith({ fileSystem }: Loaded, memory: DecodedMemory | undefined): HeadReader {
  return new HeadReader({ fileSystem, directory: '/data/chunks_head' }, memory)
}

describe('decoded chunks of a select in the head', () => {
  const most = limits.decodedSelectChunksMax / chunksEach
  it.each([
    ['are kept where there are few of them, of however many series', most, true],
    ['are not kept where they would drive out all others', most + 1, false],
  ])('%s', async (_name, seriesCount, areKept) => {
    const world = await loaded(seriesCount)
    const memory = new DecodedMemory(limits.decodedSelectChunksMax)
    const reader = readerWith(world, memory)
    const sums = await sumsOf(world.database, readerWith(world, undefined))
    expect(sums).toHaveLength(seriesCount)
    for (let read = 0; read < 2; read++) {
      expect(await sumsOf(world.database, reader)).toEqual(sums)
      // A memory whose cells are all taken does not want what was never read.
      expect(memory.wants(otherKey + read)).toBe(!areKept)
    }
  })
})
