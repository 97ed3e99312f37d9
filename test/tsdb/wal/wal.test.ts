import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteWriter } from '../../../src/base/byte-writer.ts'
import { nodeFileSystem } from '../../../src/base/node-file-system.ts'
import { halvesOf } from '../../../src/model/stale-nan.ts'
import {
  addSeries,
  addText,
  beginSeriesRecord,
  decodeSamples,
  emptySampleRecord,
  encodeSamples,
} from '../../../src/tsdb/wal/record.ts'
import { replayWal } from '../../../src/tsdb/wal/replay.ts'
import { SegmentReader } from '../../../src/tsdb/wal/segment-reader.ts'
import { WalWriter } from '../../../src/tsdb/wal/writer.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const text = new TextEncoder()

function openWriter(
  directory: string,
  compression: 'none' | 'snappy' = 'none',
  segmentBytesMax = 32_768 * 4,
) {
  return WalWriter.open({ fileSystem: nodeFileSystem, directory, segmentBytesMax, compression })
}

function recordsOf(path: string): Uint8Array[] {
  const reader = new SegmentReader(nodeFileSystem, path)
  const records: Uint8Array[] = []
  for (let record = reader.next(); record !== undefined; record = reader.next())
    records.push(record.slice())
  reader.close()
  return records
}

describe('the log', () => {
  it('frames a record as tsdb/docs/format/wal.md draws it', () => {
    const directory = temporaryDirectory()
    const writer = openWriter(directory)
    writer.log([text.encode('123456789')])
    // type full, length 9, CRC-32C of "123456789" is e3069283 (the check value of the polynomial).
    expect(readFileSync(join(directory, '00000000')).toString('hex')).toBe(
      '010009e3069283313233343536373839',
    )
  })

  it.each(['none', 'snappy'] as const)(
    'gives back any records in their order (%s)',
    async (compression) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(
            fc.array(fc.uint8Array({ minLength: 1, maxLength: 90_000 }), {
              minLength: 1,
              maxLength: 5,
            }),
            { maxLength: 12 },
          ),
          async (batches) => {
            const directory = temporaryDirectory()
            const writer = openWriter(directory, compression)
            for (const batch of batches) writer.log(batch)
            await writer.close()
            const found = readdirSync(directory)
              .sort()
              .flatMap((name) => recordsOf(join(directory, name)))
            expect(found.map((record) => Buffer.from(record).toString('base64'))).toEqual(
              batches.flat().map((record) => Buffer.from(record).toString('base64')),
            )
            for (const name of readdirSync(directory)) {
              expect(statSync(join(directory, name)).size).toBeLessThanOrEqual(32_768 * 4)
            }
          },
        ),
        { numRuns: 40 },
      )
    },
  )

  it('starts a segment of its own each time it is opened', async () => {
    const directory = temporaryDirectory()
    for (let time = 0; time < 3; time++) {
      const writer = openWriter(directory)
      writer.log([Uint8Array.of(99)])
      await writer.close()
    }
    expect(readdirSync(directory).sort()).toEqual(['00000000', '00000001', '00000002'])
  })

  it('keeps every bit of a sample: stale markers, NaN payloads, minus zero, extremes', () => {
    const columns = emptySampleRecord()
    columns.refs.set([1, 2 ** 52, 3, 7])
    columns.timestampsMs.set([0, 8.64e15, -8.64e15, 1])
    const halves = halvesOf(columns.values)
    halves.set([2, 0x7ff00000, 0, 0x80000000, 0xdeadbeef, 0x7ff8dead, 1, 0])
    const writer = new ByteWriter()
    encodeSamples(writer, columns, 0, 4)
    const decoded = emptySampleRecord()
    decodeSamples(writer.view(), decoded)
    expect(decoded.count).toBe(4)
    expect(decoded.refs.slice(0, 4)).toEqual(columns.refs.slice(0, 4))
    expect(decoded.timestampsMs.slice(0, 4)).toEqual(columns.timestampsMs.slice(0, 4))
    expect([...halvesOf(decoded.values).slice(0, 8)]).toEqual([...halves.slice(0, 8)])
  })
})

/** A segment of one-series and one-sample records, and where each of them ends. */
async function damagedLog(
  directory: string,
): Promise<{ path: string; ends: number[]; refs: number[] }> {
  const writer = openWriter(directory, 'none', 32_768 * 3)
  const bytes = new ByteWriter()
  const columns = emptySampleRecord()
  const ends: number[] = []
  const refs: number[] = []
  for (let ref = 1; ref <= 1500; ref++) {
    if (ref % 2 === 1) {
      beginSeriesRecord(bytes)
      addSeries(bytes, ref, 1)
      for (const word of ['name', `value ${ref}`.padEnd(ref % 7 === 0 ? 300 : 20)])
        addText(bytes, text.encode(word), 0, text.encode(word).length)
    } else {
      columns.refs[0] = ref
      columns.timestampsMs[0] = ref
      encodeSamples(bytes, columns, 0, 1)
    }
    const sizeBefore = writer.segment
    writer.log([bytes.copy()])
    if (writer.segment !== sizeBefore) break
    ends.push(writer.segmentBytes)
    refs.push(ref)
  }
  await writer.close()
  return { path: join(directory, '00000000'), ends, refs }
}

function replayedRefs(directory: string): { refs: number[]; corruptions: string[] } {
  const refs: number[] = []
  const result = replayWal({
    fileSystem: nodeFileSystem,
    directory,
    handler: {
      series: (ref) => refs.push(ref),
      samples: ({ refs: column, count }) => refs.push(...column.slice(0, count)),
    },
  })
  return { refs, corruptions: result.corruptions.map((found) => found.reason) }
}

describe('damage', () => {
  it('a segment cut short anywhere loses only the torn record, once, and the next start is clean', async () => {
    const source = temporaryDirectory()
    const { path, ends, refs } = await damagedLog(source)
    const whole = readFileSync(path)
    const directory = temporaryDirectory()
    const file = join(directory, '00000000')
    for (let length = 0; length <= whole.length; length += length % 4001 < 40 ? 1 : 311) {
      writeFileSync(file, whole)
      truncateSync(file, length)
      const complete = ends.filter((end) => end <= length).length
      const first = replayedRefs(directory)
      expect(first.refs).toEqual(refs.slice(0, complete))
      // Padding at a page's end may be cut without loss.
      const onBoundary = length === 0 || ends.includes(length)
      expect(first.corruptions.length).toBeLessThanOrEqual(onBoundary ? 0 : 1)
      expect(replayedRefs(directory)).toEqual({ refs: refs.slice(0, complete), corruptions: [] })
    }
  })

  it('a flipped bit costs the records of its page behind it at most, and what was cut is kept', async () => {
    const source = temporaryDirectory()
    const { path, refs, ends } = await damagedLog(source)
    const whole = readFileSync(path)
    for (let at = 3; at < whole.length; at += 1291) {
      const directory = temporaryDirectory()
      const bytes = Buffer.from(whole)
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8))
      writeFileSync(join(directory, '00000000'), bytes)
      const { refs: found, corruptions } = replayedRefs(directory)
      expect(corruptions.length, `flip at ${at}`).toBe(1)
      const pageEnd = (Math.floor(at / 32_768) + 1) * 32_768
      const kept = refs.filter(
        (_, index) => (ends[index] ?? 0) <= at || (ends[index - 1] ?? 0) >= pageEnd,
      )
      for (const ref of kept) expect(found, `flip at ${at}`).toContain(ref)
      expect(found.every((ref) => refs.includes(ref))).toBe(true)
      expect(readdirSync(join(directory, 'quarantine'))).toHaveLength(1)
    }
  })
})

describe('pages', () => {
  it('with room for just a header take an empty first fragment, as upstream fills them', async () => {
    const directory = temporaryDirectory()
    const writer = openWriter(directory)
    const records = [32_768 - 7 - 7, 100, 32_768, 5].map((length) => new Uint8Array(length).fill(1))
    writer.log(records)
    await writer.close()
    const path = join(directory, '00000000')
    expect(readFileSync(path).subarray(32_761, 32_768).toString('hex')).toBe('02000000000000')
    expect(recordsOf(path).map(({ length }) => length)).toEqual(records.map(({ length }) => length))
  })

  it('that end before they are full have lost something, unless nothing comes behind', async () => {
    const directory = temporaryDirectory()
    const writer = openWriter(directory)
    for (let count = 0; count < 40; count++) writer.log([new Uint8Array(1500).fill(count + 1)])
    await writer.close()
    const path = join(directory, '00000000')
    const bytes = readFileSync(path)
    const hole = 15_070
    bytes.fill(0, hole, 32_768)
    writeFileSync(path, bytes)
    const reader = new SegmentReader(nodeFileSystem, path)
    for (let count = 0; count < 10; count++) expect(reader.next()?.[0]).toBe(count + 1)
    expect(() => reader.next()).toThrow('a page ends before it is full')
    reader.resume()
    expect(reader.next()?.[0]).toBe(23)
    reader.close()
    bytes.fill(0, hole)
    writeFileSync(path, bytes)
    expect(recordsOf(path)).toHaveLength(10)
  })
})
