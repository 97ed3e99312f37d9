import { describe, expect, it } from 'vitest'
import { ByteWriter } from '../../../src/base/byte-writer.ts'
import { limits } from '../../../src/base/limits.ts'
import { compressZstd } from '../../../src/base/zstd.ts'
import { truncateWal } from '../../../src/tsdb/wal/checkpoint.ts'
import { addMmapMarker, beginMmapMarkerRecord } from '../../../src/tsdb/wal/mmap-marker-record.ts'
import { type ReplayStatus, replayWal, replayWalInTurns } from '../../../src/tsdb/wal/replay.ts'
import { WalWriter, type WalWriterOptions } from '../../../src/tsdb/wal/writer.ts'
import { SimFileSystem } from '../../sim/sim-file-system.ts'
import { ContentHandler, contentOf, samplesRecord, seriesRecord } from './log-content.ts'

function open(
  fileSystem: SimFileSystem,
  directory: string,
  compression: WalWriterOptions['compression'] = 'none',
): WalWriter {
  const segmentBytesMax = 32_768
  return WalWriter.open({ fileSystem, directory, segmentBytesMax, compression })
}

function marker(ref: number, file: number, offset: number): Uint8Array {
  const writer = new ByteWriter()
  beginMmapMarkerRecord(writer)
  addMmapMarker(writer, ref, file, offset)
  return writer.copy()
}

describe('the log of out-of-order samples', () => {
  it('has samples and markers in their order, and is truncated without a checkpoint', async () => {
    const fileSystem = new SimFileSystem()
    const writer = open(fileSystem, '/data/wbl')
    writer.log([samplesRecord([1, 50, 1]), marker(1, 3, 8), samplesRecord([1, 40, 2])])
    writer.startSegment()
    writer.log([samplesRecord([2, 7, 3])])
    expect(contentOf(fileSystem, '/data/wbl').lines).toEqual([
      'sample 1 50 1',
      'marker 1 3 8',
      'sample 1 40 2',
      'sample 2 7 3',
    ])
    truncateWal(fileSystem, '/data/wbl', 0)
    await writer.close()
    const { lines, result } = contentOf(fileSystem, '/data/wbl')
    expect(lines).toEqual(['sample 2 7 3'])
    expect(result.findings).toEqual([])
    const next = open(fileSystem, '/data/wbl')
    expect(next.segment).toBe(2)
    await next.close()
  })

  it('that is damaged is repaired apart from the other log', async () => {
    const fileSystem = new SimFileSystem()
    for (const directory of ['/data/wal', '/data/wbl']) {
      const writer = open(fileSystem, directory)
      writer.log([samplesRecord([1, 50, 1]), samplesRecord([1, 60, 1])])
      await writer.close()
    }
    const before = fileSystem.readFile('/data/wal/00000000')
    fileSystem.truncate('/data/wbl/00000000', 50)
    expect(contentOf(fileSystem, '/data/wbl').result.corruptions).toHaveLength(1)
    expect(fileSystem.list('/data/wbl')).toEqual(['00000000', 'quarantine'])
    expect(contentOf(fileSystem, '/data/wbl').result.corruptions).toEqual([])
    expect(fileSystem.list('/data/wal')).toEqual(['00000000'])
    expect(fileSystem.readFile('/data/wal/00000000')).toEqual(before)
  })
})

describe('a replay in turns', () => {
  it('hands on the same as one at once, and tells the segment numbers as it goes', async () => {
    const fileSystem = new SimFileSystem()
    for (let segment = 0; segment < 3; segment++) {
      const writer = open(fileSystem, '/wal')
      for (let ref = 0; ref < 9; ref++) {
        writer.log([seriesRecord(segment * 9 + ref, 'text', 'x'.repeat(3_000))])
      }
      await writer.close()
    }
    truncateWal(fileSystem, '/wal', 0)
    const handler = new ContentHandler()
    const told: ReplayStatus[] = []
    let turns = 0
    const result = await replayWalInTurns(
      { fileSystem, directory: '/wal', handler, status: (status) => told.push(status) },
      async () => {
        turns++
      },
    )
    expect(handler.lines).toEqual(contentOf(fileSystem, '/wal').lines)
    expect(result.records).toBe(18)
    expect(turns).toBeGreaterThan(2)
    expect(told).toEqual([
      { min: 1, max: 3, current: 1 },
      { min: 1, max: 3, current: 1 },
      { min: 1, max: 3, current: 2 },
      { min: 1, max: 3, current: 3 },
    ])
  })
})

describe('the quarantine', () => {
  it('takes no more than its limit; what it has no room for stays in its segment', async () => {
    const fileSystem = new SimFileSystem()
    const writer = open(fileSystem, '/wal')
    writer.log([samplesRecord([1, 1, 1]), samplesRecord([1, 2, 1])])
    writer.startSegment()
    writer.log([samplesRecord([1, 3, 1])])
    await writer.close()
    fileSystem.makeDirectory('/wal/quarantine')
    fileSystem.writeFile('/wal/quarantine/older', new Uint8Array(0))
    fileSystem.truncate('/wal/quarantine/older', limits.walQuarantineBytesMax)
    const bytes = fileSystem.readFile('/wal/00000000')
    bytes[20] = 99
    fileSystem.writeFile('/wal/00000000', bytes)
    for (let start = 0; start < 2; start++) {
      const { lines, result } = contentOf(fileSystem, '/wal')
      expect(lines).toEqual(['sample 1 3 1'])
      expect(result.corruptions).toHaveLength(1)
    }
    expect(fileSystem.list('/wal/quarantine')).toEqual(['older'])
    fileSystem.remove('/wal/quarantine/older')
    contentOf(fileSystem, '/wal')
    expect(fileSystem.list('/wal/quarantine')).toEqual(['00000000-0'])
    expect(contentOf(fileSystem, '/wal').result.corruptions).toEqual([])
  })
})

describe('what is told of a replay', () => {
  it('is how much of all bytes is read, up to all of them', async () => {
    const fileSystem = new SimFileSystem()
    const directory = '/wal'
    const writer = WalWriter.open({
      fileSystem,
      directory,
      segmentBytesMax: 1 << 19,
      compression: 'none',
    })
    const rows = Array.from({ length: 2_000 }, (_, row) => [row, row, row / 3] as const)
    for (let record = 0; record < 30; record++) writer.log([samplesRecord(...rows)])
    await writer.close()
    const handler = new ContentHandler()
    const { segments } = replayWal({ fileSystem, directory, handler })
    const { shares } = handler
    expect(segments).toBeGreaterThan(1)
    expect(shares.length).toBeGreaterThan(segments * 4)
    expect(shares).toEqual(shares.toSorted((a, b) => a - b))
    const steps = shares.map((share, index) => share - (shares[index - 1] ?? 0))
    expect(Math.max(...steps)).toBeLessThan(0.25)
    expect(shares.at(-1)).toBe(1)
  })
})

describe('compression by zstd', () => {
  it('is refused by name where this Node has none, and written and read where it has', async () => {
    const fileSystem = new SimFileSystem()
    if (compressZstd === undefined) {
      expect(() => open(fileSystem, '/wal', 'zstd')).toThrow(
        `zstd compression of the write-ahead log needs Node 22.15 or newer, this is ${process.version}`,
      )
      return
    }
    const writer = open(fileSystem, '/wal', 'zstd')
    const record = seriesRecord(1, 'text', 'x'.repeat(300))
    writer.log([record])
    expect(writer.segmentBytes).toBeLessThan(record.length)
    await writer.close()
    expect(contentOf(fileSystem, '/wal').lines).toEqual([`series 1 text,${'x'.repeat(300)}`])
  })
})
