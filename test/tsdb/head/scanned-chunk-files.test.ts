import { describe, expect, it } from 'vitest'
import { at } from '../../../src/base/assert.ts'
import { loadHeadChunks } from '../../../src/tsdb/head/chunk-file-loader.ts'
import {
  type ScannedChunkFiles,
  scanChunkFiles,
} from '../../../src/tsdb/head/scanned-chunk-files.ts'
import { SimFileSystem } from '../../sim/sim-file-system.ts'
import { file, fill, open, samples } from './chunk-files-world.ts'

const directory = '/data/chunks_head'

/** A directory with chunks of two lives, the first of which left what the second has, too. */
async function killed(): Promise<SimFileSystem> {
  const fileSystem = new SimFileSystem()
  for (const life of [0, 1]) fill(await open(fileSystem), life * 700, 900 + life * 700)
  return fileSystem
}

function demandScan(fileSystem: SimFileSystem): ScannedChunkFiles {
  const scanned = scanChunkFiles({ fileSystem, directory })
  if (scanned === undefined) throw new Error('the files are whole')
  return scanned
}

/** All rows of the table, in the order of the files and in that of refs. */
function loadedOf(fileSystem: SimFileSystem, scanned?: ScannedChunkFiles) {
  const { table, nextFile, damage, wasScanned } = loadHeadChunks(
    { fileSystem, directory },
    undefined,
    scanned,
  )
  const places = Array.from({ length: table.count }, (_, place) => place)
  const rows = [places.map((row) => table.row(row)), places.map((place) => table.at(place))]
  return { wasScanned, content: { rows, nextFile, damage, spans: table.refs } }
}

describe('head chunk files that were scanned beforehand', () => {
  it('are loaded as if they were read now', async () => {
    const disk = await killed()
    const [before, now] = [loadedOf(disk, demandScan(disk)), loadedOf(disk)]
    expect([before.wasScanned, now.wasScanned]).toEqual([true, false])
    expect(before.content).toEqual(now.content)
    expect(at(now.content.rows, 0).length).toBeGreaterThan(30)
  })

  it('give a database all of its samples', async () => {
    const disk = await killed()
    const expected = await samples(await open(disk), disk)
    const scannedChunkFiles = Promise.resolve(demandScan(disk))
    expect(await samples(await open(disk, { scannedChunkFiles }), disk)).toEqual(expected)
    expect(expected.length).toBe(3 * 1_600)
  })

  it.each([
    ['longer', (disk: SimFileSystem) => disk.truncate(file, disk.readFile(file).length + 4_096)],
    ['shorter', (disk: SimFileSystem) => disk.truncate(file, disk.readFile(file).length >> 1)],
    ['gone', (disk: SimFileSystem) => disk.remove(file)],
    ['more', (disk: SimFileSystem) => disk.writeFile(`${directory}/000009`, disk.readFile(file))],
    ['others', (disk: SimFileSystem) => disk.rename(file, `${directory}/000007`)],
  ])('are read again where they are %s by now', async (_, change) => {
    const [disk, plain] = [await killed(), await killed()]
    const scanned = demandScan(disk)
    change(disk)
    change(plain)
    expect(loadedOf(disk, scanned)).toEqual(loadedOf(plain))
  })

  it('are left as they are, whatever is wrong with them', async () => {
    const disk = await killed()
    const whole = disk.readFile(file)
    const cut = whole.slice(0, whole.length - 3)
    const flipped = whole.slice()
    flipped[5_000] = (flipped[5_000] ?? 0) ^ 1
    for (const bytes of [cut, flipped, new Uint8Array(0), new Uint8Array(100)]) {
      disk.writeFile(file, bytes)
      expect(scanChunkFiles({ fileSystem: disk, directory })).toBeUndefined()
      expect(disk.readFile(file)).toEqual(bytes)
    }
    expect(disk.list(directory)).not.toContain('quarantine')
  })

  it('may not be there at all', () => {
    const disk = new SimFileSystem()
    expect(demandScan(disk).files).toEqual([])
    expect(loadedOf(disk, demandScan(disk)).content.nextFile).toBe(1)
  })
})
