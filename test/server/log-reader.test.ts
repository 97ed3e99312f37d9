import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../bench/seeded-random.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { replayWalInTurns } from '../../src/tsdb/wal/replay.ts'
import { WalWriter } from '../../src/tsdb/wal/writer.ts'
import { LogReaderThread } from '../../src/workers/log-reader-thread.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { ContentHandler, contentOf, seriesRecord } from '../tsdb/wal/log-content.ts'
import { rowsRecord, verdictOf } from '../tsdb/wal/long-log.ts'

describe('the thread that reads a log ahead', () => {
  it('hands it on bit for bit, more batches than are under way at once', async () => {
    const directory = join(temporaryDirectory(), 'wal')
    const random = seededRandom(5)
    const writer = WalWriter.open({
      fileSystem: nodeFileSystem,
      directory,
      segmentBytesMax: 2 ** 22,
      compression: 'snappy',
    })
    for (let record = 0; record < 40; record++) {
      writer.log([seriesRecord(record, 'n', String(record)), rowsRecord(random, 9_000)])
    }
    await writer.close()
    const expected = contentOf(nodeFileSystem, directory)
    const handler = new ContentHandler()
    const code = join(import.meta.dirname, '../../dist/log-reader-worker.cjs')
    const source = readFileSync(code, 'utf8')
    const result = await replayWalInTurns(
      {
        fileSystem: nodeFileSystem,
        directory,
        handler,
        readAhead: (paths, _, covered) =>
          new LogReaderThread(source, { paths, covered }, silentLogger),
      },
      async () => undefined,
    )
    expect(handler.lines.length).toBe(expected.lines.length)
    expect(handler.lines.join('\n') === expected.lines.join('\n')).toBe(true)
    expect(verdictOf(result)).toEqual(verdictOf(expected.result))
  })
})
