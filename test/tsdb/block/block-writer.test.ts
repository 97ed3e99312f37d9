import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { FileSystem } from '../../../src/base/file-system.ts'
import { nodeFileSystem } from '../../../src/base/node-file-system.ts'
import { BlockReader } from '../../../src/tsdb/block/block-reader.ts'
import { BlockWriter } from '../../../src/tsdb/block/block-writer.ts'
import { SimError, SimFileSystem } from '../../sim/sim-file-system.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { metaOf, writeSeries } from './sample-block.ts'

const symbols = ['a', 'b', 'x', 'y'].map((text) => Buffer.from(text))
const chunk = Buffer.from('000180a0abfef9624268bcfe56800000', 'hex')

function writer(fileSystem: FileSystem, directory: string): BlockWriter {
  return new BlockWriter({ fileSystem, directory, symbols })
}

describe('writing a block', () => {
  it('a series without a chunk is left out', () => {
    const directory = join(temporaryDirectory(), 'block')
    const one = writer(nodeFileSystem, directory)
    one.series(Uint32Array.of(0, 2))
    one.series(Uint32Array.of(0, 3))
    one.chunk(1, 5, 5, chunk, chunk.length)
    one.series(Uint32Array.of(1, 2))
    const { stats } = one.finish()
    expect([stats.series, stats.chunks, stats.samples]).toEqual([1, 1, 1])
  })

  it('nothing at all makes an index without series, and no segment', () => {
    const directory = join(temporaryDirectory(), 'block')
    const { stats, minTimeMs, maxTimeMs } = writeSeries(nodeFileSystem, directory, [])
    expect([stats.series, minTimeMs, maxTimeMs]).toEqual([0, 0, 0])
    expect(readdirSync(join(directory, 'chunks'))).toEqual([])
    const meta = metaOf({ stats, minTimeMs, maxTimeMs })
    nodeFileSystem.writeFile(
      join(directory, 'meta.json'),
      Buffer.from(JSON.stringify({ ulid: meta.ulid, version: 1 })),
    )
    const reader = BlockReader.open(nodeFileSystem, directory)
    expect([...reader.index.all()]).toEqual([])
    reader.close()
  })

  it.each<readonly [string, (one: BlockWriter) => void]>([
    [
      'series come in the order of their label sets',
      (one) => {
        one.series(Uint32Array.of(0, 3))
        one.chunk(1, 5, 5, chunk, chunk.length)
        one.series(Uint32Array.of(0, 3))
        one.chunk(1, 5, 5, chunk, chunk.length)
        one.finish()
      },
    ],
    ['labels 1,2,0,2, not by name', (one) => one.series(Uint32Array.of(1, 2, 0, 2))],
    ['labels 0,4, not by name or beyond the symbols', (one) => one.series(Uint32Array.of(0, 4))],
    ['a chunk from 6 to 5', (one) => one.chunk(1, 6, 5, chunk, chunk.length)],
    [
      'a chunk from 5 to 7, one before ends at 5',
      (one) => {
        one.series(Uint32Array.of(0, 3))
        one.chunk(1, 5, 5, chunk, chunk.length)
        one.chunk(1, 5, 7, chunk, chunk.length)
      },
    ],
  ])('what the caller has to keep is asserted: %s', (message, write) => {
    const one = writer(new SimFileSystem(), '/block')
    expect(() => write(one)).toThrow(message)
  })

  it('symbols that are not sorted are asserted', () => {
    const unsorted = [...symbols].reverse()
    const options = { fileSystem: new SimFileSystem(), directory: '/block', symbols: unsorted }
    expect(() => new BlockWriter(options)).toThrow('symbols come in the order of their bytes')
  })

  it('aborting removes everything, before finishing and after it', () => {
    for (const isFinished of [false, true]) {
      const directory = join(temporaryDirectory(), 'block')
      const one = writer(nodeFileSystem, directory)
      one.series(Uint32Array.of(0, 2))
      one.chunk(1, 5, 5, chunk, chunk.length)
      if (isFinished) one.finish()
      one.abort()
      one.abort()
      expect(existsSync(directory)).toBe(false)
    }
  })

  it('a disk that fails at any operation leaves nothing behind after an abort', () => {
    const operationsAtMost = 100
    let failures = 0
    for (let failing = 0; failing < operationsAtMost; failing++) {
      const disk = new SimFileSystem()
      disk.faults = {
        before(operation) {
          if (operation === failing) throw new SimError('ENOSPC')
        },
      }
      if (!writeAborting(disk)) break
      failures++
      expect(disk.stat('/block/index')).toBeUndefined()
      expect(disk.stat('/block/chunks/000001')).toBeUndefined()
    }
    expect(failures).toBeGreaterThan(8)
    expect(failures).toBeLessThan(operationsAtMost)
  })
})

/** Whether the disk failed. */
function writeAborting(disk: SimFileSystem): boolean {
  let one: BlockWriter | undefined
  try {
    one = writer(disk, '/block')
    one.series(Uint32Array.of(0, 2))
    one.chunk(1, 5, 5, chunk, chunk.length)
    one.finish()
    return false
  } catch (thrown) {
    if (!(thrown instanceof SimError)) throw thrown
    one?.abort()
    return true
  }
}
