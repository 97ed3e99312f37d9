import { describe, expect, it } from 'vitest'
import { crc32c } from '../../src/base/crc32c.ts'
import { SegmentScan } from '../../src/tsdb/wal/segment-scan.ts'
import { WalWriter } from '../../src/tsdb/wal/writer.ts'
import { SimFileSystem } from '../sim/sim-file-system.ts'
import { contentOf, samplesRecord, seriesRecord } from '../tsdb/wal/log-content.ts'

const directory = '/wal'
const lengthMax = 96 * 1024

interface RecordTable {
  readonly whole: Uint8Array
  /** Where each record ends. */
  readonly ends: readonly number[]
  readonly sums: readonly number[]
}

function openWriter(fileSystem: SimFileSystem): WalWriter {
  const segmentBytesMax = 4 * 32_768
  return WalWriter.open({ fileSystem, directory, segmentBytesMax, compression: 'none' })
}

/** Records of 20 to 40,000 bytes, so that every kind of fragment is there, up to 96 KiB. */
function lastSegment(): RecordTable {
  const fileSystem = new SimFileSystem()
  const writer = openWriter(fileSystem)
  const ends: number[] = []
  const sums: number[] = []
  for (let ref = 1; ; ref++) {
    const length = [300, 20, 5_000, 700, 40_000, 90][ref % 6] ?? 0
    const record = seriesRecord(ref, 'text', String(ref).padEnd(length))
    writer.log([record])
    if (writer.segmentBytes > lengthMax) break
    ends.push(writer.segmentBytes)
    sums.push(crc32c(record))
  }
  return { whole: fileSystem.readFile(`${directory}/00000000`).slice(0, lengthMax), ends, sums }
}

describe('a last segment that is cut short', () => {
  it('at every byte gives every complete record, and one corruption unless a record ends there', () => {
    const { whole, ends, sums } = lastSegment()
    expect(whole.length).toBe(lengthMax)
    const fileSystem = new SimFileSystem()
    fileSystem.makeDirectory(directory)
    const path = `${directory}/00000000`
    let complete = 0
    for (let length = 0; length <= lengthMax; length++) {
      if (ends[complete] === length) complete++
      fileSystem.writeFile(path, whole.subarray(0, length))
      let wrong = 0
      let records = 0
      const scan = new SegmentScan({
        fileSystem,
        path,
        isLast: true,
        take: (record) => {
          // The sums of all records at every length would be most of the time.
          const isChecked = records >= complete - 3
          if (isChecked && crc32c(record) !== sums[records]) wrong++
          records++
        },
      })
      while (scan.advance(lengthMax));
      scan.close()
      const end = ends[complete - 1] ?? 0
      // Only padding may be cut without loss: fewer bytes than a header, all zero.
      const isClean = length === end || whole.subarray(end, length).every((byte) => byte === 0)
      const found = [records, wrong, scan.corruptions.length, scan.damage.length]
      const expected = isClean ? [complete, 0, 0, 0] : [complete, 0, 1, 1]
      if (String(found) !== String(expected)) expect(found, `length ${length}`).toEqual(expected)
    }
    expect(complete).toBe(ends.length)
  }, 120_000)

  it('is cut back to its last record; writing goes on, and the next start is clean', async () => {
    const { whole, ends } = lastSegment()
    for (let length = 0; length <= lengthMax; length += 64) {
      const fileSystem = new SimFileSystem()
      fileSystem.makeDirectory(directory)
      fileSystem.writeFile(`${directory}/00000000`, whole.subarray(0, length))
      const complete = ends.filter((end) => end <= length).length
      expect(contentOf(fileSystem, directory).lines).toHaveLength(complete)
      const writer = openWriter(fileSystem)
      writer.log([samplesRecord([1, 5, 6])])
      await writer.close()
      const { lines, result } = contentOf(fileSystem, directory)
      expect(result.corruptions, `length ${length}`).toEqual([])
      expect(result.findings).toEqual([])
      expect(lines).toHaveLength(complete + 1)
      expect(lines.at(-1)).toBe('sample 1 5 6')
    }
  })
})
