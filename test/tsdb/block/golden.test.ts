import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nodeFileSystem } from '../../../src/base/node-file-system.ts'
import { BlockReader } from '../../../src/tsdb/block/block-reader.ts'
import { BlockWriter } from '../../../src/tsdb/block/block-writer.ts'
import { Tombstones, writeTombstones } from '../../../src/tsdb/block/tombstones.ts'
import { conformanceDirectory, conformanceIsAbsent } from '../../support/conformance-data.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { goldenBlock, rewrittenSums } from './golden-block.ts'
import { rewriteBlock } from './rewrite-block.ts'

describe('bytes of a block', () => {
  it('a small block is what Prometheus 3.14 writes, in every file', () => {
    const directory = join(temporaryDirectory(), 'block')
    const { symbols, series, segmentBytesMax, deleted, files } = goldenBlock
    const writer = new BlockWriter({
      fileSystem: nodeFileSystem,
      directory,
      symbols: symbols.map((text) => (typeof text === 'string' ? Buffer.from(text) : text)),
      segmentBytesMax,
    })
    for (const { labels, chunks } of series) {
      writer.series(Uint32Array.from(labels))
      for (const { times, hex } of chunks) {
        const bytes = Buffer.from(hex, 'hex')
        writer.chunk(1, times[0], times[1], bytes, bytes.length)
      }
    }
    const result = writer.finish()
    const tombstones = new Tombstones()
    for (const [minTimeMs, maxTimeMs] of deleted) tombstones.add(7, minTimeMs, maxTimeMs)
    writeTombstones(nodeFileSystem, directory, tombstones)
    for (const [file, bytes] of Object.entries(files)) {
      expect([file, readFileSync(join(directory, file)).toString('base64')]).toEqual([file, bytes])
    }
    expect(result).toEqual({
      stats: {
        samples: 18,
        floatSamples: 18,
        histogramSamples: 0,
        series: 4,
        chunks: 8,
        tombstones: 0,
      },
      sizeBytes: 77 + 74 + 61 + 347 + 9,
      minTimeMs: -5,
      maxTimeMs: 9007199254740991,
    })
  })

  it.skipIf(conformanceIsAbsent).each([
    ['whole', 'blocks/01M7XPXJ50MRNHH0E5Y5YXGVX2', undefined],
    ['cut', 'blocks/01M7XPXJ50MRNHH0E5Y5YXGVX2', 10_000],
    ['version1', 'index_format_v1', undefined],
  ] as const)(
    'a given block written anew (%s) is what Prometheus 3.14 writes of it',
    (name, block, segmentBytesMax) => {
      const reader = BlockReader.open(nodeFileSystem, join(conformanceDirectory, 'tsdb', block))
      const directory = join(temporaryDirectory(), 'block')
      rewriteBlock(reader, nodeFileSystem, directory, segmentBytesMax)
      reader.close()
      const wanted = rewrittenSums[name]
      const found = Object.keys(wanted).map((file) => [file, sha256(join(directory, file))])
      expect(Object.fromEntries(found)).toEqual(wanted)
    },
  )
})

function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex')
}
