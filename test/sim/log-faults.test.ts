import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../bench/seeded-random.ts'
import { replayWal } from '../../src/tsdb/wal/replay.ts'
import { WalWriter } from '../../src/tsdb/wal/writer.ts'
import { samplesRecord, seriesRecord } from '../tsdb/wal/log-content.ts'
import { SimCrash, SimError, SimFileSystem } from './sim-file-system.ts'

const directory = '/data/wal'
const seriesCount = 3

function newDisk(): SimFileSystem {
  const fileSystem = new SimFileSystem()
  fileSystem.makeDirectory('/data')
  fileSystem.settle()
  return fileSystem
}

function open(fileSystem: SimFileSystem, syncEachBatch = false, pages = 1): WalWriter {
  return WalWriter.open({
    fileSystem,
    directory,
    segmentBytesMax: pages * 32_768,
    compression: 'none',
    syncEachBatch,
  })
}

/** Numbers of the batches that are in the log, in its order, of those whose series are there too. */
function batchesIn(fileSystem: SimFileSystem): number[] {
  const known = new Set<number>()
  const found: number[] = []
  replayWal({
    fileSystem,
    directory,
    handler: {
      series: (ref) => known.add(ref),
      samples: ({ refs, timestampsMs, values, count }) => {
        if (count !== seriesCount) throw new Error(`${count} samples in a record`)
        for (let row = 0; row < count; row++) {
          if (!known.has(refs[row] ?? 0)) return
          if (values[row] !== (timestampsMs[row] ?? 0) * 2 + row) throw new Error('another value')
        }
        found.push(timestampsMs[0] ?? 0)
      },
    },
  })
  return found
}

/** Series, samples of each, and text that makes the batch longer or shorter. */
function batch(number: number, random: () => number): Uint8Array[] {
  const series = Array.from({ length: seriesCount }, (_, index) =>
    seriesRecord(index + 1, 'series', String(index)),
  )
  const rows = series.map((_, index): [number, number, number] => [
    index + 1,
    number,
    number * 2 + index,
  ])
  const filler = seriesRecord(1000 + number, 'text', 'x'.repeat(random() ** 4 * 15_000))
  return [...series, filler, samplesRecord(...rows)]
}

/** Each batch once: one that was written again after a failed sync may stand there twice. */
function distinct(batches: readonly number[]): number[] {
  return [...new Set(batches)]
}

describe('the log on a disk that loses power', () => {
  it.each([
    ['synced with each batch', true],
    ['synced now and then', false],
  ])('%s keeps what was synced, and a prefix of the rest (500 seeds)', async (_, isAlways) => {
    for (let seed = 0; seed < 500; seed++) {
      const random = seededRandom(seed)
      const fileSystem = newDisk()
      let kept: number[] = []
      for (let life = 0; life < 3; life++) {
        const writer = open(fileSystem, isAlways)
        const written: number[] = []
        let synced = 0
        for (let step = Math.floor(random() * 40); step > 0; step--) {
          const number = life * 100 + written.length + 1
          writer.log(batch(number, random))
          written.push(number)
          if (isAlways) synced = written.length
          else if (random() < 0.1) {
            const before = written.length
            const syncing = writer.sync()
            // Batches may be logged, and segments become full, while a sync is under way.
            for (let ticks = Math.floor(random() * 4); ticks > 0; ticks--) {
              await Promise.resolve()
              writer.log(batch(life * 100 + written.length + 1, random))
              written.push(life * 100 + written.length + 1)
            }
            await syncing
            synced = before
          }
        }
        fileSystem.cutPower(random)
        const found = batchesIn(fileSystem)
        const where = `seed ${seed}, life ${life}`
        expect(found.slice(0, kept.length), where).toEqual(kept)
        const survivors = found.slice(kept.length)
        expect(survivors, where).toEqual(written.slice(0, survivors.length))
        expect(survivors.length, where).toBeGreaterThanOrEqual(synced)
        expect(batchesIn(fileSystem), where).toEqual(found)
        fileSystem.settle()
        kept = found
      }
    }
  })
})

/** 40 batches with a sync after every fifth; what was acknowledged, and what of that was synced. */
async function workload(
  fileSystem: SimFileSystem,
  isAlways: boolean,
): Promise<{ acknowledged: number[]; synced: number[]; writer: WalWriter | undefined }> {
  const random = seededRandom(7)
  const acknowledged: number[] = []
  let synced: number[] = []
  let writer: WalWriter | undefined
  for (let number = 1; number <= 40; number++) {
    const records = batch(number, random)
    try {
      writer ??= open(fileSystem, isAlways)
      writer.log(records)
      acknowledged.push(number)
      if (isAlways) synced = acknowledged.slice()
    } catch (thrown) {
      if (!(thrown instanceof Error)) throw thrown
    }
    if (number % 5 > 0) continue
    const before = acknowledged.slice()
    const isSynced = await writer?.sync().then(
      () => true,
      () => false,
    )
    if (isSynced === true) synced = before
  }
  return { acknowledged, synced, writer }
}

describe('the log on a disk that fails', () => {
  it.each([false, true])(
    'an error at any one operation costs no batch that was acknowledged, and writing goes on (each synced: %s)',
    async (isAlways) => {
      const counted = newDisk()
      const first = counted.operations
      await workload(counted, isAlways)
      const total = counted.operations - first
      expect(total).toBeGreaterThan(60)
      for (let failAt = 0; failAt < total; failAt++) {
        for (const isCut of [false, true]) {
          const fileSystem = newDisk()
          fileSystem.faults.before = (operation) => {
            if (operation === first + failAt) throw new SimError('EIO')
          }
          const { acknowledged, synced } = await workload(fileSystem, isAlways)
          expect(acknowledged.length, `operation ${failAt}`).toBeGreaterThanOrEqual(33)
          fileSystem.faults = {}
          if (isCut) fileSystem.cutPower(seededRandom(failAt))
          const found = distinct(batchesIn(fileSystem))
          for (const number of isCut ? synced : acknowledged) {
            expect(found, `operation ${failAt}, power cut: ${isCut}`).toContain(number)
          }
          // Of a batch that was refused, at most a sync that failed came after it was written.
          const refused = found.filter((number) => !acknowledged.includes(number))
          expect(refused.length, `operation ${failAt}`).toBeLessThanOrEqual(
            isAlways || isCut ? 1 : 0,
          )
        }
      }
    },
  )

  it('writes that are short on every try, at random, leave whole batches (200 seeds)', async () => {
    for (let seed = 0; seed < 200; seed++) {
      const random = seededRandom(seed)
      const fileSystem = newDisk()
      fileSystem.faults.shortWrite = (_operation, length) =>
        random() < 0.5 ? Math.floor(random() * length) : undefined
      const { acknowledged, writer } = await workload(fileSystem, false)
      await writer?.close()
      fileSystem.faults = {}
      expect(batchesIn(fileSystem), `seed ${seed}`).toEqual(acknowledged)
    }
  })

  it('a failed sync stops acknowledging until the next has written what was unsynced elsewhere', async () => {
    const fileSystem = newDisk()
    const random = seededRandom(1)
    const writer = open(fileSystem)
    writer.log(batch(1, random))
    await writer.sync()
    const syncedBytes = writer.segmentBytes
    writer.log(batch(2, random))
    let failures = 0
    fileSystem.faults.before = (_operation, name) => {
      if (name === 'sync' && failures++ === 0) throw new SimError('EIO')
    }
    const recovery = writer.sync()
    await Promise.resolve()
    await Promise.resolve()
    await recovery
    expect(writer.segment).toBe(1)
    expect(fileSystem.stat(`${directory}/00000000`)?.sizeBytes).toBe(syncedBytes)
    writer.log(batch(3, random))
    await writer.sync()
    fileSystem.cutPower(() => 0)
    expect(batchesIn(fileSystem)).toEqual([1, 2, 3])
  })

  it('while the unsynced is written elsewhere nothing is acknowledged', async () => {
    const fileSystem = newDisk()
    const random = seededRandom(1)
    const writer = open(fileSystem, true)
    writer.log(batch(1, random))
    fileSystem.faults.before = (_operation, name) => {
      if (name === 'sync') throw new SimError('EIO')
    }
    expect(() => writer.log(batch(2, random))).toThrow('sync failed: EIO')
    fileSystem.faults = {}
    expect(() => writer.log(batch(3, random))).toThrow('sync failed: EIO')
    await writer.sync()
    writer.log(batch(4, random))
    await writer.close()
    expect(batchesIn(fileSystem)).toEqual([1, 4])
  })

  it('after three failed syncs in a row it is read-only, and what was acknowledged is in the log', async () => {
    const fileSystem = newDisk()
    const random = seededRandom(1)
    const writer = open(fileSystem)
    writer.log(batch(1, random))
    let syncs = 0
    fileSystem.faults.before = (_operation, name) => {
      if (name !== 'sync') return
      syncs++
      throw new SimError('EIO')
    }
    await expect(writer.sync()).rejects.toMatchObject({ code: 'TSDB_READ_ONLY' })
    expect(syncs).toBe(3)
    fileSystem.faults = {}
    await writer.sync()
    expect(() => writer.log(batch(2, random))).toThrow('sync failed: EIO')
    await writer.close()
    expect(batchesIn(fileSystem)).toEqual([1])
  })

  it('a full disk is no failure that counts: however many syncs it lasts, the log goes on when there is room', async () => {
    const fileSystem = newDisk()
    const random = seededRandom(1)
    const writer = open(fileSystem)
    writer.log(batch(1, random))
    fileSystem.faults.before = (_operation, name) => {
      if (name === 'sync' || name === 'append' || name === 'create') throw new SimError('ENOSPC')
    }
    for (let attempt = 0; attempt < 10; attempt++) {
      await expect(writer.sync()).rejects.toThrow('sync failed: ENOSPC')
      expect(() => writer.log(batch(2, random))).toThrow('sync failed: ENOSPC')
    }
    fileSystem.faults = {}
    await writer.sync()
    writer.log(batch(3, random))
    await writer.close()
    expect(batchesIn(fileSystem)).toEqual([1, 3])
  })

  it('a batch that fails after a segment was full with it is taken back whole', () => {
    const fileSystem = newDisk()
    const writer = open(fileSystem, false, 2)
    const big = (ref: number) => seriesRecord(ref, 'text', 'x'.repeat(30_000))
    writer.log([big(1)])
    let creates = 0
    fileSystem.faults.before = (_operation, name, path) => {
      if (name === 'create') creates++
      if (name === 'append' && path.endsWith('2')) throw new SimError('ENOSPC')
    }
    const records = [2, 3, 4, 5, 6].map(big)
    expect(() => writer.log(records)).toThrow('ENOSPC')
    expect(creates).toBe(2)
    expect(fileSystem.list(directory)).toEqual(['00000000'])
    fileSystem.faults = {}
    writer.log([big(7)])
    const refs: number[] = []
    replayWal({
      fileSystem,
      directory,
      handler: { series: (ref) => refs.push(ref), samples: () => undefined },
    })
    expect(refs).toEqual([1, 7])
  })

  it('a power cut after a sync costs nothing of the segments that were full by then', async () => {
    for (let seed = 0; seed < 50; seed++) {
      const random = seededRandom(seed)
      const fileSystem = newDisk()
      const writer = open(fileSystem)
      const synced = 5 + Math.floor(random() * 20)
      for (let number = 0; number < synced; number++) writer.log(batch(number, random))
      await writer.sync()
      for (let number = synced; number < 30; number++) writer.log(batch(number, random))
      fileSystem.cutPower(random)
      const found = batchesIn(fileSystem)
      expect(found.length, `seed ${seed}`).toBeGreaterThanOrEqual(synced)
      // And of what came behind it a prefix: no segment is on disk that one before it is not.
      expect(found, `seed ${seed}`).toEqual(found.map((_, index) => index))
    }
  })

  it('a process that dies at any operation leaves a log with all that was acknowledged', async () => {
    const counted = newDisk()
    const first = counted.operations
    await workload(counted, false)
    for (let crashAt = first; crashAt < counted.operations; crashAt++) {
      const fileSystem = newDisk()
      fileSystem.faults.before = (operation) => {
        if (operation >= crashAt) throw new SimCrash()
      }
      const { acknowledged } = await workload(fileSystem, false)
      fileSystem.faults = {}
      expect(distinct(batchesIn(fileSystem)), `operation ${crashAt}`).toEqual(
        expect.arrayContaining(acknowledged),
      )
    }
  })
})
