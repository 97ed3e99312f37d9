import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { limits } from '../../src/base/limits.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { Labels } from '../../src/model/labels.ts'
import { beginEarlyScan, takeEarlyScan } from '../../src/tool/early-scan.ts'
import { headChunksFolder } from '../../src/tsdb/head/chunk-file-list.ts'
import { scanChunkFiles } from '../../src/tsdb/head/scanned-chunk-files.ts'
import { instant } from '../support/api-client.ts'
import { startBuiltServer } from '../support/built-server.ts'
import { openDatabase } from '../support/open-database.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const steps = 480
const seriesCount = 5_000
const code = () =>
  readFileSync(join(import.meta.dirname, '../../dist/log-reader-worker.cjs'), 'utf8')

/** Data of a server that was killed, with more head chunks than are scanned without a thread; when it ends. */
async function killedDirectory(dataDirectory: string): Promise<number> {
  const database = await openDatabase(dataDirectory)
  const endMs = Math.floor(Date.now() / 1_000) * 1_000
  for (let step = 0; step < steps; step++) {
    const appender = database.appender()
    const ids = Uint32Array.from({ length: seriesCount }, (_, n) =>
      appender.series(Labels.of({ __name__: 'm', n: String(n) })),
    )
    const times = new Float64Array(seriesCount).fill(endMs - (steps - 1 - step) * 15_000)
    appender.append(
      ids,
      times,
      Float64Array.from(ids, (id) => Math.sin(id * 977 + step)),
      seriesCount,
    )
    appender.commit()
  }
  const folder = join(dataDirectory, headChunksFolder)
  const bytes = nodeFileSystem
    .list(folder)
    .reduce((sum, name) => sum + (nodeFileSystem.stat(join(folder, name))?.sizeBytes ?? 0), 0)
  expect(bytes).toBeGreaterThan(limits.earlyScanBytesMin)
  return endMs
}

describe('head chunk files that are scanned while the server is loaded', () => {
  it('are found in a thread as here, by both forms of the flag, and once', async () => {
    const dataDirectory = join(temporaryDirectory(), 'data')
    await killedDirectory(dataDirectory)
    const directory = join(dataDirectory, headChunksFolder)
    const expected = scanChunkFiles({ fileSystem: nodeFileSystem, directory })
    expect(expected?.columns.count).toBeGreaterThan(seriesCount)
    for (const args of [
      [`--storage.tsdb.path=${dataDirectory}`],
      ['--storage.tsdb.path=elsewhere', '--storage.tsdb.path', dataDirectory],
    ]) {
      beginEarlyScan(args, code)
      const early = takeEarlyScan(dataDirectory)
      onTestFinished(async () => {
        await early?.worker.terminate()
      })
      expect(await early?.scanned).toEqual(expected)
      expect(takeEarlyScan(dataDirectory)).toBeUndefined()
    }
    beginEarlyScan(['tsdb', `--storage.tsdb.path=${dataDirectory}`], code)
    expect(takeEarlyScan(dataDirectory)).toBeUndefined()
    beginEarlyScan([`--storage.tsdb.path=${dataDirectory}`], () => 'process.exit(1)')
    expect(await takeEarlyScan(dataDirectory)?.scanned).toBeUndefined()
  }, 60_000)

  it('are not scanned where there are few of them, nor those of another directory', async () => {
    const dataDirectory = join(temporaryDirectory(), 'data')
    beginEarlyScan([`--storage.tsdb.path=${dataDirectory}`], code)
    expect(takeEarlyScan(dataDirectory)).toBeUndefined()
    await killedDirectory(dataDirectory)
    beginEarlyScan([`--storage.tsdb.path=${dataDirectory}`], code)
    expect(takeEarlyScan(`${dataDirectory}/`)).toBeUndefined()
  }, 60_000)

  it('let the built server start with all samples, by what the thread has found', async () => {
    const directory = temporaryDirectory()
    const endMs = await killedDirectory(join(directory, 'data'))
    const server = await startBuiltServer({ directory, flags: ['--log.level=debug'] })
    const [found] = await instant(server.url, 'sum(count_over_time(m[3h]))', endMs / 1_000)
    expect(found?.value[1]).toBe(String(steps * seriesCount))
    // A single executable has no launcher that would begin it.
    const isScanned = server.said.includes('scanned while the server started')
    expect(isScanned).toBe(process.env.NARTHEX_BINARY === undefined)
  }, 60_000)
})
