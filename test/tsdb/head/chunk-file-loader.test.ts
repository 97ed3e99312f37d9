import { describe, expect, it } from 'vitest'
import { loadHeadChunks } from '../../../src/tsdb/head/chunk-file-loader.ts'
import { chunkFileHeader } from '../../../src/tsdb/head/chunk-record.ts'
import { SimFileSystem } from '../../sim/sim-file-system.ts'

const directory = '/data/chunks_head'

/** Of a folder with a good file and one behind it of these bytes: what is told, and what is left. */
function loadedBeside(bytes: Uint8Array) {
  const fileSystem = new SimFileSystem()
  fileSystem.makeDirectory(directory)
  fileSystem.writeFile(`${directory}/000001`, chunkFileHeader)
  fileSystem.writeFile(`${directory}/000002`, bytes)
  const { nextFile, damage } = loadHeadChunks({ fileSystem, directory })
  const { sizeBytes } = fileSystem.stat(`${directory}/000002`) ?? {}
  return { nextFile, damage: damage.length, sizeBytes, names: fileSystem.list(directory) }
}

const names = ['000001', '000002']

describe('the last head chunk file', () => {
  it.each([
    ['is empty', 0],
    ['has zeros in place of its header', 8],
    ['has room that was never written to', 131_072],
  ])('is no damage where it %s', (_what, length) => {
    const found = loadedBeside(new Uint8Array(length))
    expect(found).toEqual({ nextFile: 3, damage: 0, sizeBytes: 8, names })
  })

  it.each([
    ['has another magic number', Uint8Array.of(1, 2, 3, 4, 1, 0, 0, 0)],
    ['breaks off within its magic number', Uint8Array.of(1, 2)],
    ['breaks off within its header', chunkFileHeader.subarray(0, 5)],
    ['has something behind zeros', Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 1)],
  ])('is damage, kept, and replaced by one without chunks, where it %s', (_what, bytes) => {
    const found = loadedBeside(bytes)
    expect(found).toEqual({ nextFile: 3, damage: 1, sizeBytes: 8, names: [...names, 'quarantine'] })
  })

  it('is read where it has its header', () => {
    const found = loadedBeside(chunkFileHeader)
    expect(found).toEqual({ nextFile: 3, damage: 0, sizeBytes: 8, names })
  })
})
