import { describe, expect, it } from 'vitest'
import { ByteWriter } from '../../../src/base/byte-writer.ts'
import { NativeHistogram } from '../../../src/model/histogram.ts'
import { writeCheckpoint } from '../../../src/tsdb/wal/checkpoint.ts'
import { HistogramEncoder } from '../../../src/tsdb/wal/histogram-record.ts'
import { addMetadata, beginMetadataRecord } from '../../../src/tsdb/wal/metadata-record.ts'
import { WalWriter } from '../../../src/tsdb/wal/writer.ts'
import { SimError, SimFileSystem } from '../../sim/sim-file-system.ts'
import { goldenRecords } from './golden-records.ts'
import { contentOf, samplesRecord, seriesRecord } from './log-content.ts'

const directory = '/wal'
const t = 1_700_000_000_000

function open(fileSystem: SimFileSystem): WalWriter {
  const segmentBytesMax = 2 * 32_768
  return WalWriter.open({ fileSystem, directory, segmentBytesMax, compression: 'snappy' })
}

/** Writes each list of records into a segment of its own. */
async function logOf(...segments: readonly (readonly Uint8Array[])[]): Promise<SimFileSystem> {
  const fileSystem = new SimFileSystem()
  for (const records of segments) {
    const writer = open(fileSystem)
    writer.log(records)
    await writer.close()
  }
  return fileSystem
}

function checkpoint(fileSystem: SimFileSystem, to: number, minTimeMs = 0, wanted = [1, 2, 3]) {
  return writeCheckpoint({
    fileSystem,
    directory,
    from: 0,
    to,
    keepSeries: (ref) => wanted.includes(ref),
    minTimeMs,
    compression: 'snappy',
  })
}

function golden(name: keyof typeof goldenRecords): Uint8Array {
  return Uint8Array.from(Buffer.from(goldenRecords[name], 'hex'))
}

function metadata(ref: number, help: string): Uint8Array {
  const writer = new ByteWriter()
  beginMetadataRecord(writer)
  addMetadata(writer, ref, 1, new Uint8Array(0), new TextEncoder().encode(help))
  return writer.copy()
}

describe('a checkpoint', () => {
  it('holds wanted series, samples from the minimum time on and the latest metadata, and replaces the segments', async () => {
    const fileSystem = await logOf(
      [seriesRecord(1, 'a', 'b'), seriesRecord(2, 'a', 'c'), seriesRecord(7, 'a', 'd')],
      [
        samplesRecord([1, t, 1], [2, t + 5, 2], [7, t + 5, 3]),
        metadata(1, 'old'),
        metadata(7, 'x'),
      ],
      [samplesRecord([1, t + 9, 4]), metadata(1, 'new')],
    )
    const { recordsWritten, notRemoved } = await checkpoint(fileSystem, 1, t + 5)
    expect({ recordsWritten, notRemoved }).toEqual({ recordsWritten: 4, notRemoved: undefined })
    expect(fileSystem.list(directory)).toEqual(['00000002', 'checkpoint.00000001'])
    const { lines, result } = contentOf(fileSystem, directory)
    expect(lines).toEqual([
      'series 1 a,b',
      'series 2 a,c',
      `sample 2 ${t + 5} 2`,
      `sample 7 ${t + 5} 3`,
      'metadata 1 1 ,old',
      `sample 1 ${t + 9} 4`,
      'metadata 1 1 ,new',
    ])
    expect(result.corruptions).toEqual([])
    expect(result.findings).toEqual([])
  })

  it('goes on from the last checkpoint, and drops what is no longer wanted', async () => {
    const fileSystem = await logOf(
      [seriesRecord(1, 'a', 'b'), seriesRecord(2, 'a', 'c')],
      [samplesRecord([1, t, 1], [2, t, 2])],
      [samplesRecord([1, t + 9, 4])],
      [],
    )
    await checkpoint(fileSystem, 1)
    await checkpoint(fileSystem, 2, t, [1])
    expect(fileSystem.list(directory)).toEqual(['00000003', 'checkpoint.00000002'])
    expect(contentOf(fileSystem, directory).lines).toEqual([
      'series 1 a,b',
      `sample 1 ${t} 1`,
      `sample 2 ${t} 2`,
      `sample 1 ${t + 9} 4`,
    ])
  })

  it('keeps records of every kind as they are when all of them is new enough', async () => {
    const names = Object.keys(goldenRecords) as (keyof typeof goldenRecords)[]
    const kinds = names.filter((name) => !/Empty|metadata|mmapMarkers|tombstones$/.test(name))
    const fileSystem = await logOf(kinds.map(golden), [])
    const before = contentOf(fileSystem, directory).lines
    const { recordsWritten } = await checkpoint(fileSystem, 0, 0, [1, 4_294_967_299, 9, 7])
    expect(recordsWritten).toBe(kinds.length)
    expect(contentOf(fileSystem, directory).lines).toEqual(before)
  })

  it('drops rows before the minimum time from records of every kind', async () => {
    const fileSystem = await logOf(
      [golden('startSamples'), golden('startHistograms'), golden('customFloatHistograms')],
      [golden('exemplars'), golden('tombstones'), golden('mmapMarkers'), golden('floatHistograms')],
      [],
    )
    const all = contentOf(fileSystem, directory).lines
    await checkpoint(fileSystem, 1, t + 1, [7])
    expect(contentOf(fileSystem, directory).lines).toEqual(
      all.filter((line) => {
        const [kind, ref, first, second] = line.split(' ')
        if (kind === 'marker' || (kind === 'tombstone' && ref !== '7')) return false
        return Number(kind === 'tombstone' ? second : first) >= t + 1
      }),
    )
  })

  it('moves custom buckets out of records of versions that had none of their own', async () => {
    const histogram = new NativeHistogram()
    const writer = new ByteWriter()
    const encoder = new HistogramEncoder(writer)
    encoder.begin(7)
    encoder.add(1, t, 0, histogram)
    histogram.schema = -53
    encoder.add(2, t, 0, histogram)
    const fileSystem = await logOf([writer.copy()], [])
    const { recordsWritten } = await checkpoint(fileSystem, 0)
    expect(recordsWritten).toBe(2)
    expect(contentOf(fileSystem, directory).lines).toEqual([
      `histogram 1 ${t} 0 0 false 0 `,
      `histogram 2 ${t} 0 -53 false 0 `,
    ])
  })

  it('reads what replay reads of a damaged segment, keeps the bad bytes, and tells it', async () => {
    const fileSystem = await logOf(
      [seriesRecord(1, 'a', 'b'), samplesRecord([1, t, 1]), samplesRecord([1, t + 1, 2])],
      [],
    )
    const path = `${directory}/00000000`
    const bytes = fileSystem.readFile(path)
    bytes[40] = (bytes[40] ?? 0) ^ 4
    fileSystem.writeFile(path, bytes)
    const { corruptions } = await checkpoint(fileSystem, 0)
    expect(corruptions).toHaveLength(1)
    expect(fileSystem.list(`${directory}/quarantine`)).toHaveLength(1)
    const { lines, result } = contentOf(fileSystem, directory)
    expect(result.corruptions).toEqual([])
    expect(lines).toEqual(['series 1 a,b'])
  })

  it('that cannot be written leaves the log as it was', async () => {
    const fileSystem = await logOf(
      [seriesRecord(1, 'a', 'b'), seriesRecord(2, 'a', 'c')],
      [samplesRecord([1, t, 1], [2, t, 2])],
      [],
    )
    await checkpoint(fileSystem, 0)
    const before = contentOf(fileSystem, directory).lines
    const counted = fileSystem.operations
    fileSystem.faults.before = () => undefined
    for (let failAt = 0; ; failAt++) {
      let operations = 0
      let isRenamed = false
      fileSystem.faults.before = (_operation, name) => {
        if (name === 'rename') isRenamed = true
        if (operations++ === failAt) throw new SimError('EIO')
      }
      const outcome = await checkpoint(fileSystem, 1).then(
        ({ notRemoved }) => notRemoved ?? 'done',
        (thrown: unknown) => String(thrown),
      )
      fileSystem.faults = {}
      expect(contentOf(fileSystem, directory).lines, `failed at ${failAt}: ${outcome}`).toEqual(
        before,
      )
      if (isRenamed) break
    }
    expect(fileSystem.operations).toBeGreaterThan(counted + 20)
  })

  it('that was interrupted anywhere is done again, or stands, and nothing is lost', async () => {
    for (let crashAt = 0; ; crashAt++) {
      const fileSystem = await logOf(
        [seriesRecord(1, 'a', 'b'), seriesRecord(2, 'a', 'c')],
        [samplesRecord([1, t, 1], [2, t, 2])],
        [],
      )
      await checkpoint(fileSystem, 0)
      const before = contentOf(fileSystem, directory).lines
      const first = fileSystem.operations
      fileSystem.faults.before = (operation) => {
        if (operation >= first + crashAt) throw new SimError('EIO')
      }
      const isDone = await checkpoint(fileSystem, 1).then(
        ({ notRemoved }) => notRemoved === undefined,
        () => false,
      )
      const isWhole = isDone && fileSystem.operations < first + crashAt
      fileSystem.faults = {}
      fileSystem.cutPower(() => crashAt / 100)
      expect(contentOf(fileSystem, directory).lines, `crash at ${crashAt}`).toEqual(before)
      await checkpoint(fileSystem, 1)
      expect(fileSystem.list(directory)).toEqual(['00000002', 'checkpoint.00000001'])
      expect(contentOf(fileSystem, directory).lines, `crash at ${crashAt}`).toEqual(before)
      if (isWhole) break
    }
  })

  it('lets other work go on', async () => {
    const rows = Array.from({ length: 2000 }, (_, row): [number, number, number] => [
      1,
      t + row,
      Math.sqrt(row),
    ])
    const records = Array.from({ length: 40 }, () => samplesRecord(...rows))
    const fileSystem = await logOf([seriesRecord(1, 'a', 'b'), ...records], [])
    let turns = 0
    const { bytesRead } = await writeCheckpoint({
      fileSystem,
      directory,
      from: 0,
      to: fileSystem.list(directory).length - 2,
      keepSeries: () => true,
      minTimeMs: 0,
      compression: 'none',
      turn: async () => {
        turns++
      },
    })
    expect(turns).toBeGreaterThan(bytesRead / (4 * 32_768))
  })
})
