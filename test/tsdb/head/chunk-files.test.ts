import { describe, expect, it } from 'vitest'
import type { FileSystem } from '../../../src/base/file-system.ts'
import { Pins } from '../../../src/base/pins.ts'
import { SharedColumns } from '../../../src/base/shared-columns.ts'
import { ChunkColumns } from '../../../src/tsdb/head/chunk-columns.ts'
import { ClosedChunks } from '../../../src/tsdb/head/closed-chunks.ts'
import { SimFileSystem } from '../../sim/sim-file-system.ts'

import { FullForChunks, file, fill, open, samples } from './chunk-files-world.ts'

describe('head chunk files', () => {
  it('hold the full chunks, which are read from there and from the log alike', async () => {
    const fileSystem = new SimFileSystem()
    const database = await open(fileSystem)
    fill(database, 0, 1_000)
    const before = await samples(database, fileSystem)
    expect(before).toHaveLength(3_000)
    const view = new DataView(fileSystem.readFile(file).slice().buffer)
    expect(view.getUint32(0)).toBe(0x0130bc91)
    // Eight full chunks each, of some 120 samples that hardly compress.
    expect(view.byteLength).toBeGreaterThan(20_000)
    await database.close()
    const reopened = await open(fileSystem)
    expect(await samples(reopened, fileSystem)).toEqual(before)
    fill(reopened, 1_000, 1_500)
    const more = await samples(reopened, fileSystem)
    expect(more).toHaveLength(4_500)
    expect(fileSystem.list('/data/chunks_head')).toEqual(['000001', '000002'])
    await reopened.close()
    const again = await open(fileSystem)
    expect(await samples(again, fileSystem)).toEqual(more)
  })

  it('that are damaged are set aside, and the log gives their samples', async () => {
    const fileSystem = new SimFileSystem()
    const database = await open(fileSystem)
    fill(database, 0, 1_000)
    const before = await samples(database, fileSystem)
    await database.close()
    const whole = fileSystem.readFile(file).slice()
    for (let at = 0; at < whole.length; at += 331) {
      const bytes = whole.slice()
      bytes[at] = (bytes[at] ?? 0) ^ 0x10
      for (const damaged of [bytes, whole.slice(0, at)]) {
        fileSystem.writeFile(file, damaged)
        const reopened = await open(fileSystem)
        expect(await samples(reopened, fileSystem), `byte ${at}`).toEqual(before)
        await reopened.close()
        for (const name of fileSystem.list('/data/chunks_head')) {
          const disk: FileSystem = fileSystem
          disk.remove(`/data/chunks_head/${name}`, { recursive: true })
        }
      }
    }
  })

  it('of one of several lives may be gone, as after a power cut: the log gives its samples', async () => {
    const fileSystem = new SimFileSystem()
    for (let life = 0; life < 3; life++) fill(await open(fileSystem), life * 300, life * 300 + 300)
    const files = fileSystem.list('/data/chunks_head')
    expect(files).toEqual(['000001', '000002', '000003'])
    for (const gone of files) {
      const disk = fileSystem.copy()
      const all = await samples(await open(disk), disk)
      expect(all).toHaveLength(2_700)
      disk.remove(`/data/chunks_head/${gone}`)
      expect(await samples(await open(disk), disk), gone).toEqual(all)
    }
  })

  it('that cannot be written cost no sample: their chunks stay in memory', async () => {
    const fileSystem = new FullForChunks()
    const database = await open(fileSystem)
    fill(database, 0, 300)
    fileSystem.isFailing = true
    fill(database, 300, 700)
    fileSystem.isFailing = false
    fill(database, 700, 1_000)
    expect(fileSystem.failures).toBeGreaterThan(2)
    const stored = await samples(database, fileSystem)
    expect(stored).toHaveLength(3_000)
    await database.close()
    expect(await samples(await open(fileSystem), fileSystem)).toEqual(stored)
  })

  it('that could not be written give their memory back when their chunks are gone', () => {
    const chunks = new ChunkColumns(new SharedColumns())
    const closed = new ClosedChunks(chunks, new Pins())
    const close = (round: number) => {
      const source = new Uint8Array(500).fill(round)
      const times = { minTimeMs: round, maxTimeMs: round + 1 }
      return closed.close({ ref: 1, encoding: 1, countField: 2, previous: 0, source, ...times }) - 1
    }
    const first = [close(1), close(2)]
    const taken = closed.arenaBytes
    expect(taken).toBeGreaterThan(1_000)
    for (let round = 3; round < 50; round++) {
      for (const entry of first.splice(0)) closed.free(entry)
      first.push(close(round), close(round + 1))
      expect(closed.arenaBytes).toBe(taken)
    }
    // One of them stays: what comes stands behind it.
    closed.free(first[0] ?? 0)
    close(50)
    expect(closed.arenaBytes).toBe(taken * 1.5)
  })
})
