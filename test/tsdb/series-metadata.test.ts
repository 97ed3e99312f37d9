import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { readOnly } from '../../src/base/read-only-file-system.ts'
import { Labels } from '../../src/model/labels.ts'
import type { MetricMetadata } from '../../src/storage/metadata.ts'
import { Database } from '../../src/tsdb/db.ts'
import { HeadMetadata } from '../../src/tsdb/head/head-metadata.ts'
import { replayWal } from '../../src/tsdb/wal/replay.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { ContentHandler } from './wal/log-content.ts'

const gauge: MetricMetadata = { type: 'gauge', unit: 'seconds', help: 'Hélp.' }

async function open(directory: string, logsMetadata = true): Promise<Database> {
  const database = await Database.open({
    directory,
    fileSystem: nodeFileSystem,
    clock: systemClock,
    logger: silentLogger,
    lock: async () => ({ release: () => undefined }),
    logsMetadata,
  })
  onTestFinished(() => database.close())
  return database
}

function write(database: Database, n: number, timeMs: number, ...all: MetricMetadata[]): void {
  const appender = database.appender()
  const id = appender.series(Labels.of({ __name__: 'm', n: String(n) }))
  appender.append(Uint32Array.of(id), Float64Array.of(timeMs), Float64Array.of(1), 1)
  for (const metadata of all) appender.appendMetadata(id, metadata)
  appender.commit()
}

/** Metadata and tombstones aside, nothing else of the log matters here. */
function metadataLines(directory: string): readonly string[] {
  const handler = new ContentHandler()
  replayWal({ fileSystem: readOnly(nodeFileSystem), directory: join(directory, 'wal'), handler })
  return handler.lines.filter((line) => line.startsWith('metadata'))
}

describe('metadata of series', () => {
  it('is logged when it is new or another, and known again after a restart', async () => {
    const directory = temporaryDirectory()
    const first = await open(directory)
    for (const timeMs of [1_000, 2_000, 3_000]) write(first, 1, timeMs, gauge)
    write(first, 1, 4_000, { ...gauge, type: 'counter' })
    write(first, 2, 4_000, gauge, { type: 'unknown', unit: '', help: '' })
    const lines = [
      'metadata 1 2 seconds,Hélp.',
      'metadata 1 1 seconds,Hélp.',
      'metadata 2 2 seconds,Hélp.',
    ]
    expect(metadataLines(directory)).toEqual(lines)
    const second = await open(directory)
    write(second, 2, 5_000, gauge)
    write(second, 1, 5_000, { ...gauge, type: 'counter' })
    expect(metadataLines(directory)).toEqual(lines)
    write(second, 1, 6_000, gauge)
    expect(metadataLines(directory)).toEqual([...lines, 'metadata 1 2 seconds,Hélp.'])
  })

  it('is not logged without the feature', async () => {
    const directory = temporaryDirectory()
    const database = await open(directory, false)
    expect(database.appender().takesMetadata).toBe(false)
    write(database, 1, 1_000, gauge)
    expect(metadataLines(directory)).toEqual([])
  })

  it('stays through a checkpoint, and belongs to the series that has an id, not to its next one', async () => {
    const directory = temporaryDirectory()
    const database = await open(directory)
    const minuteMs = 60_000
    write(database, 1, 0, gauge)
    for (let n = 0; n < 520; n++) write(database, 2, n * 2 * minuteMs, gauge)
    await database.maintain()
    expect(database.stats().series).toBe(1)
    expect(metadataLines(directory)).toContain('metadata 2 2 seconds,Hélp.')
    // The id of the first series is free by now.
    write(database, 3, 1_040 * minuteMs, gauge)
    expect(metadataLines(directory).at(-1)).toBe('metadata 3 2 seconds,Hélp.')
  })

  it('in memory keeps each distinct one once, and forgets those that no series has', () => {
    const metadata = new HeadMetadata()
    const of = (text: string) => ({ type: 1, unit: Buffer.of(), help: Buffer.from(text) })
    for (let n = 0; n < 50_000; n++) metadata.set(n % 10, of(`help ${n}`))
    for (let series = 0; series < 10; series++) {
      expect(metadata.has(series, of(`help ${49_990 + series}`))).toBe(true)
    }
    metadata.clear(3)
    expect(metadata.of(3)).toBeUndefined()
    expect(metadata.of(1_000_000)).toBeUndefined()
  })
})
