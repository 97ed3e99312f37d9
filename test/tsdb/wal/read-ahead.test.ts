import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../bench/seeded-random.ts'
import { crc32c } from '../../../src/base/crc32c.ts'
import { type ReadAhead, readSegmentsAhead } from '../../../src/tsdb/wal/read-ahead.ts'
import { RecordBatch } from '../../../src/tsdb/wal/record-batch.ts'
import { replayWalInTurns } from '../../../src/tsdb/wal/replay.ts'
import { WalWriter } from '../../../src/tsdb/wal/writer.ts'
import { SimFileSystem } from '../../sim/sim-file-system.ts'

import { ContentHandler, contentOf, seriesRecord } from './log-content.ts'
import { rowsRecord, verdictOf } from './long-log.ts'

/** Reads ahead in this thread: one batch at a time, as far as it is asked. */
class AheadHere implements ReadAhead {
  readonly #waiting: RecordBatch[] = []
  #free: ((batch: RecordBatch) => void) | undefined
  #done = false
  #wake: () => void = () => undefined
  handed = 0
  stops = 0
  readonly #dieAfter: number

  constructor(fileSystem: SimFileSystem, paths: readonly string[], dieAfter = Infinity) {
    this.#dieAfter = dieAfter
    const send = (batch: RecordBatch) => {
      const { message } = batch.toMessage()
      this.#waiting.push(new RecordBatch(structuredClone(message)))
      this.#wake()
      return new Promise<RecordBatch>((resolve) => {
        this.#free = resolve
      })
    }
    readSegmentsAhead(fileSystem, paths, send).finally(() => {
      this.#done = true
      this.#wake()
    })
  }

  async next(): Promise<RecordBatch | undefined> {
    if (this.handed === this.#dieAfter) return undefined
    while (this.#waiting.length === 0 && !this.#done) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    this.handed++
    return this.#waiting.shift()
  }

  release(batch: RecordBatch): void {
    this.#free?.(batch)
  }

  stop(): void {
    this.stops++
  }
}

/** Three segments of series and samples, among them stale markers and records of many rows. */
async function writeLog(fileSystem: SimFileSystem, seed: number): Promise<void> {
  const random = seededRandom(seed)
  const writer = WalWriter.open({
    fileSystem,
    directory: '/wal',
    segmentBytesMax: 65_536,
    compression: seed % 2 === 0 ? 'snappy' : 'none',
  })
  for (let record = 0; record < 60; record++) {
    if (record % 20 === 19) writer.startSegment()
    if (record % 7 === 0) writer.log([seriesRecord(record, 'name', 'x'.repeat(record * 9))])
    else writer.log([rowsRecord(random, Math.floor(random() ** 3 * 900))])
  }
  await writer.close()
}

async function replayAhead(fileSystem: SimFileSystem, dieAfter?: number) {
  const handler = new ContentHandler()
  let ahead: AheadHere | undefined
  const result = await replayWalInTurns(
    {
      fileSystem,
      directory: '/wal',
      handler,
      readAhead: (paths) => {
        ahead = new AheadHere(fileSystem, paths, dieAfter)
        return ahead
      },
    },
    async () => undefined,
  )
  return { lines: handler.lines, result, handed: ahead?.handed ?? 0, stops: ahead?.stops ?? 0 }
}

/** Every file with the sum of its bytes. */
function everythingOn(fileSystem: SimFileSystem, directory = '/wal'): readonly string[] {
  return fileSystem.list(directory).flatMap((name) => {
    const path = `${directory}/${name}`
    if (fileSystem.stat(path)?.kind === 'directory') return everythingOn(fileSystem, path)
    const bytes = fileSystem.readFile(path)
    return [`${path} ${bytes.length} ${crc32c(bytes)}`]
  })
}

describe('a log that another thread reads ahead', () => {
  it('is replayed as one that is read here', async () => {
    for (const seed of [1, 2, 3, 4]) {
      const fileSystem = new SimFileSystem()
      await writeLog(fileSystem, seed)
      const expected = contentOf(fileSystem, '/wal')
      const found = await replayAhead(fileSystem)
      expect(found.lines).toEqual(expected.lines)
      expect(verdictOf(found.result)).toEqual(verdictOf(expected.result))
      expect(found.handed).toBe(expected.result.segments)
      expect(found.lines.filter((line) => line.endsWith('stale')).length).toBeGreaterThan(100)
    }
  })

  it('has the same verdict, and the same repair, wherever a byte of it is wrong', {
    timeout: 60_000,
  }, async () => {
    const whole = new SimFileSystem()
    await writeLog(whole, 2)
    const random = seededRandom(7)
    let damaged = 0
    for (let round = 0; round < 24; round++) {
      const [here, there] = [whole.copy(), whole.copy()]
      const segment = `/wal/0000000${Math.floor(random() * 3)}`
      const bytes = whole.readFile(segment)
      const at = Math.floor(random() * bytes.length)
      for (const fileSystem of [here, there]) {
        const changed = bytes.slice()
        changed[at] = (changed[at] ?? 0) ^ (1 << (round % 8))
        if (round % 3 === 0) fileSystem.truncate(segment, at)
        else fileSystem.writeFile(segment, changed)
      }
      const expected = contentOf(here, '/wal')
      const found = await replayAhead(there)
      expect(found.lines.join('\n') === expected.lines.join('\n'), `${segment} ${at}`).toBe(true)
      expect(verdictOf(found.result), `${segment} ${at}`).toEqual(verdictOf(expected.result))
      expect(everythingOn(there)).toEqual(everythingOn(here))
      if (expected.result.corruptions.length > 0) damaged++
    }
    expect(damaged).toBeGreaterThan(16)
  })

  it('is read to its end where that thread dies', async () => {
    const fileSystem = new SimFileSystem()
    await writeLog(fileSystem, 1)
    const expected = contentOf(fileSystem, '/wal')
    for (const dieAfter of [0, 1, 2]) {
      const found = await replayAhead(fileSystem, dieAfter)
      expect(found.handed).toBe(dieAfter)
      expect(found.stops).toBeGreaterThan(0)
      expect(found.lines).toEqual(expected.lines)
      expect(verdictOf(found.result)).toEqual(verdictOf(expected.result))
    }
  })
})
