import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../bench/seeded-random.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { ReaderTeam } from '../../src/tsdb/wal/reader-team.ts'
import { replayWalInTurns } from '../../src/tsdb/wal/replay.ts'
import { WalWriter } from '../../src/tsdb/wal/writer.ts'
import { LogReaderThread } from '../../src/workers/log-reader-thread.ts'
import { logReaderWorker } from '../../src/workers/log-reader-worker.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { ContentHandler, contentOf, seriesRecord } from '../tsdb/wal/log-content.ts'
import { rowsRecord, verdictOf } from '../tsdb/wal/long-log.ts'

describe('threads that read a log ahead', () => {
  it.each([
    { readers: 1, pieceBytes: 2 ** 21 },
    { readers: 2, pieceBytes: 2 ** 16 },
    { readers: 3, pieceBytes: 2 ** 20 },
  ])(
    'hand it on bit for bit, more batches than are under way at once: $readers, pieces of $pieceBytes',
    async ({ readers, pieceBytes }) => {
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
          readAhead: (segments) => {
            const pieces = { segments, readers, pieceBytes }
            const readerOf = (_: unknown, reader: number) => {
              const thread = new LogReaderThread(logReaderWorker(source), silentLogger)
              thread.begin({ ...pieces, reader })
              return thread
            }
            return new ReaderTeam(Array.from({ length: readers }, readerOf))
          },
        },
        async () => undefined,
      )
      expect(handler.lines.length).toBe(expected.lines.length)
      expect(handler.lines.join('\n') === expected.lines.join('\n')).toBe(true)
      expect(verdictOf(result)).toEqual(verdictOf(expected.result))
    },
  )
})
