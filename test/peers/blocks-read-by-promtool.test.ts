import { execFileSync } from 'node:child_process'
import { readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { labelsText } from '../../src/model/labels-text.ts'
import { BlockReader } from '../../src/tsdb/block/block-reader.ts'
import { sealFile } from '../../src/tsdb/block/seal.ts'
import { verifyBlock } from '../../src/tsdb/block/verify.ts'
import { peer, peersAreAbsent } from '../support/peers.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { plainSeries, writeBlock } from '../tsdb/block/sample-block.ts'

describe.skipIf(peersAreAbsent)('a block of ours under the real promtool', () => {
  it('is listed, analysed and dumped, the seal beside it notwithstanding', () => {
    const { data, ulid } = dataDirectory()
    const list = promtool('list', data).split('\n')
    expect(list[1]?.split(/\s+/).slice(0, 3)).toEqual([ulid, '1700000000000', '1700005385001'])
    expect(list[1]?.split(/\s+/).slice(4, 7)).toEqual(['14400', '120', '40'])
    const analysis = promtool('analyze', data, ulid)
    expect(analysis).toContain('Total Series: 40\nLabel names: 3\n')
    expect(analysis).toContain('20 __name__=requests_total\n')

    const dumped = promtool('dump', data).trimEnd().split('\n').sort()
    const wanted = plainSeries(40, 3, 120).flatMap(({ labels, chunks }) =>
      chunks.flatMap((chunk) =>
        Array.from({ length: chunk.length / 2 }, (_, at) =>
          [labelsText(labels), chunk[at * 2 + 1], chunk[at * 2]].join(' '),
        ),
      ),
    )
    expect(dumped).toEqual(wanted.sort())
    verifyBlock(nodeFileSystem, join(data, ulid))
  })

  it('a block of promtool has the size that we count', () => {
    const directory = temporaryDirectory()
    const page = Array.from(
      { length: 50 },
      (_, at) => `a{b="${at % 7}"} ${at} ${1_700_000_000 + at}`,
    )
    const input = join(directory, 'page')
    nodeFileSystem.writeFile(input, Buffer.from(`${page.join('\n')}\n# EOF\n`))
    promtool('create-blocks-from', 'openmetrics', input, join(directory, 'data'))
    const [line = ''] = promtool('list', join(directory, 'data')).split('\n').slice(1)
    const [ulid = '', , , , samples, chunks, series, size] = line.split(/\s+/)
    const reader = BlockReader.open(nodeFileSystem, join(directory, 'data', ulid))
    const { stats } = reader.meta
    expect([stats.samples, stats.chunks, stats.series, reader.sizeBytes].map(String)).toEqual([
      samples,
      chunks,
      series,
      size,
    ])
    reader.close()
  })
})

function dataDirectory(): { readonly data: string; readonly ulid: string } {
  const data = temporaryDirectory()
  // Without a log promtool dumps nothing.
  nodeFileSystem.makeDirectory(join(data, 'wal'))
  const meta = writeBlock(nodeFileSystem, join(data, 'new'), plainSeries(40, 3, 120))
  renameSync(join(data, 'new'), join(data, meta.ulid))
  expect(readFileSync(join(data, meta.ulid, sealFile)).length).toBeGreaterThan(0)
  return { data, ulid: meta.ulid }
}

function promtool(...command: readonly string[]): string {
  return execFileSync(peer('promtool'), ['tsdb', ...command], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
}
