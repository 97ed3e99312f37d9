import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../bench/seeded-random.ts'
import { ByteWriter } from '../../../src/base/byte-writer.ts'
import { crc32c } from '../../../src/base/crc32c.ts'
import {
  chunkScanKernelIsActive,
  chunkScanKernelReason,
  createChunkScan,
} from '../../../src/kernels/chunk-scan.ts'
import type { ChunkScanKernel } from '../../../src/kernels/chunk-scan-kernel.ts'
import { loadHeadChunks } from '../../../src/tsdb/head/chunk-file-loader.ts'
import { chunkFileHeader } from '../../../src/tsdb/head/chunk-record.ts'
import { SimFileSystem } from '../../sim/sim-file-system.ts'

type Random = () => number

const directory = '/data/chunks_head'
const path = `${directory}/000001`

/** One record of head_chunks.md, of any encoding, that holds `length` bytes of data. */
function addRecord(writer: ByteWriter, random: Random, length: number): void {
  const record = new ByteWriter(64)
  if (random() < 0.005) record.bytes(new Uint8Array(25))
  else {
    record.int64(random() < 0.02 ? 0 : Math.floor(random() * 2 ** 53))
    record.int64(Math.floor((random() - 0.5) * 2 ** 53))
    record.int64(Math.floor((random() - 0.5) * 2 ** 53))
    record.uint8(Math.floor(random() * 256))
  }
  record.uvarint(length)
  record.bytes(Uint8Array.from({ length }, () => random() * 256))
  writer.bytes(record.view())
  writer.uint32(crc32c(record.view()))
}

/** A file of such records, with space behind it that was never written to, or without. */
function anyFile(random: Random, records: number, lengthMax: number): Uint8Array {
  const writer = new ByteWriter(1024)
  writer.bytes(chunkFileHeader)
  for (let record = 0; record < records; record++) {
    addRecord(writer, random, 2 + Math.floor(random() ** 8 * lengthMax))
  }
  if (random() < 0.5) writer.bytes(new Uint8Array(random() * 200))
  return writer.view().slice()
}

/** Of a directory with this file and one behind it: what is loaded, and what is left there. */
function loadedOf(bytes: Uint8Array, kernel: ChunkScanKernel | null): string {
  const fileSystem = new SimFileSystem()
  fileSystem.makeDirectory(directory)
  fileSystem.writeFile(path, bytes)
  fileSystem.writeFile(`${directory}/000002`, bytes.subarray(0, bytes.length >>> 1))
  const { table, nextFile, damage } = loadHeadChunks({ fileSystem, directory }, kernel)
  const rows = Array.from({ length: table.count }, (_none, place) => table.at(place))
  return JSON.stringify([rows, nextFile, damage, fileSystem.list(directory)])
}

function expectEqualLoads(bytes: Uint8Array, kernel: ChunkScanKernel, what: string): string {
  const [own, twin] = [loadedOf(bytes, kernel), loadedOf(bytes, null)]
  if (own !== twin) expect.fail(`${what}: ${own.slice(-300)} is not ${twin.slice(-300)}`)
  return own
}

function newScan(): ChunkScanKernel {
  const kernel = createChunkScan()
  if (kernel === undefined) throw new Error(`no kernel of chunk scans: ${chunkScanKernelReason}`)
  return kernel
}

describe('the kernel that scans head chunk files', () => {
  it('is active: nothing here is about the twin alone', () => {
    expect(chunkScanKernelIsActive).toBe(true)
  })

  it('finds in 300 files, whole and damaged, what is found record by record', () => {
    const random = seededRandom(20_291)
    const kernel = newScan()
    let damaged = 0
    for (let seed = 0; seed < 300; seed++) {
      const bytes = anyFile(random, Math.floor(random() * 200), 3_000)
      expectEqualLoads(bytes, kernel, `seed ${seed}`)
      const flipped = bytes.slice()
      let at = 0
      for (let flips = 1 + Math.floor(random() * 3); flips > 0; flips--) {
        at = Math.floor(random() * bytes.length)
        flipped[at] = (flipped[at] ?? 0) ^ (1 << Math.floor(random() * 8))
      }
      const found = expectEqualLoads(flipped, kernel, `seed ${seed}, byte ${at}`)
      if (found.includes('a checksum is wrong')) damaged++
      expectEqualLoads(bytes.slice(0, at), kernel, `seed ${seed}, cut at ${at}`)
    }
    expect(damaged).toBeGreaterThan(100)
  })

  it('finds the same in files of several pieces, with records of all lengths over their ends', () => {
    const random = seededRandom(20_292)
    const kernel = newScan()
    for (const lengthMax of [900, 40_000, 1_500_000, 3_000_000]) {
      const bytes = anyFile(random, Math.ceil(50e6 / lengthMax), lengthMax)
      expect(bytes.length).toBeGreaterThan(2 ** 21)
      expectEqualLoads(bytes, kernel, `up to ${lengthMax}`)
    }
  })

  it('takes by itself what stands in the first piece of a usual file', () => {
    const kernel = newScan()
    const bytes = new ByteWriter(1024)
    for (let record = 0; record < 500; record++) addRecord(bytes, () => 0.3, 700)
    kernel.input.set(bytes.view())
    expect(kernel.scan(bytes.view().length)).toBe(500)
    expect(kernel.taken).toBe(bytes.view().length)
  })
})
