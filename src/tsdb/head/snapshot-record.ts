import { ByteReadError, ByteReader } from '../../base/byte-reader.ts'
import { ByteWriter } from '../../base/byte-writer.ts'
import { NativeHistogram } from '../../model/histogram.ts'
import { LabelTexts } from '../../model/label-texts.ts'
import { halvesOf } from '../../model/stale-nan.ts'
import { isFloatEncoding, isHistogramEncoding } from '../chunk/chunk-encoding.ts'
import { writeHistogram } from '../wal/histogram-record.ts'
import { readTexts } from '../wal/record.ts'
import type { TombstoneRecord } from '../wal/tombstone-record.ts'

/** First byte of a record (row T4.7, tsdb/docs/format/memory_snapshot.md). */
export const snapshotRecord = { series: 1, tombstones: 2, exemplars: 3 } as const

const tombstonesVersion = 1
/** Three samples of time and value stood here once. */
const unusedBytes = new Uint8Array(48)

/** The open chunk of a series, and its newest sample: a float's halves, or a histogram. */
export interface SnapshotChunk {
  encoding: number
  minTimeMs: number
  maxTimeMs: number
  /** From the sample count on. */
  bytes: Uint8Array
  readonly value: Float64Array<ArrayBuffer>
  readonly histogram: NativeHistogram
}

export function emptySnapshotChunk(): SnapshotChunk {
  const value = new Float64Array(1)
  const histogram = new NativeHistogram()
  return { encoding: 0, minTimeMs: 0, maxTimeMs: 0, bytes: new Uint8Array(0), value, histogram }
}

/** Behind the type, the ref and the labels of a series. */
export function writeSnapshotChunk(writer: ByteWriter, chunk: SnapshotChunk | undefined): void {
  writer.int64(0)
  writer.uvarint(chunk === undefined ? 0 : 1)
  if (chunk === undefined) return
  writer.int64(chunk.minTimeMs)
  writer.int64(chunk.maxTimeMs)
  writer.uint8(chunk.encoding)
  writer.uvarint(chunk.bytes.length)
  writer.bytes(chunk.bytes)
  if (isFloatEncoding(chunk.encoding)) {
    writer.bytes(unusedBytes)
    writer.int64(0)
    writer.float64Halves(halvesOf(chunk.value), 0)
  } else writeHistogram(writer, chunk.histogram)
}

/** Takes a series; the texts and the chunk are views, used again for the next. */
export type SnapshotSeriesVisitor = (
  ref: number,
  texts: LabelTexts,
  chunk: SnapshotChunk | undefined,
) => void

const texts = new LabelTexts()
const readChunk = emptySnapshotChunk()

/** Throws ByteReadError before the visit. The newest histogram is not read: its chunk has it. */
export function readSnapshotSeries(record: Uint8Array, visit: SnapshotSeriesVisitor): void {
  const reader = new ByteReader(record)
  reader.uint8()
  const ref = reader.int64()
  readTexts(reader, record, texts)
  reader.int64()
  if (reader.uvarint() === 0) {
    visit(ref, texts, undefined)
    return
  }
  readChunk.minTimeMs = reader.int64()
  readChunk.maxTimeMs = reader.int64()
  readChunk.encoding = reader.uint8()
  readChunk.bytes = reader.uvarintBytes()
  if (isFloatEncoding(readChunk.encoding)) {
    reader.bytes(unusedBytes.length)
    reader.int64()
    reader.float64Into(halvesOf(readChunk.value), 0)
  } else if (!isHistogramEncoding(readChunk.encoding)) {
    throw new ByteReadError(reader.offset, `a chunk of encoding ${readChunk.encoding}`)
  }
  visit(ref, texts, readChunk)
}

/** The one record of all tombstones: ref, first and last time of each in `rows`. */
export function writeSnapshotTombstones(writer: ByteWriter, rows: readonly number[]): void {
  const inner = new ByteWriter(rows.length * 8 + 1)
  inner.uint8(tombstonesVersion)
  for (let at = 0; at < rows.length; at += 3) {
    inner.uvarint(rows[at] ?? 0)
    inner.varint(rows[at + 1] ?? 0)
    inner.varint(rows[at + 2] ?? 0)
  }
  writer.reset()
  writer.uint8(snapshotRecord.tombstones)
  writer.uvarint(inner.length)
  writer.bytes(inner.view())
}

/** Throws ByteReadError. */
export function readSnapshotTombstones(
  record: Uint8Array,
  take: (record: TombstoneRecord) => void,
): void {
  const outer = new ByteReader(record)
  outer.uint8()
  const reader = new ByteReader(outer.uvarintBytes())
  if (reader.uint8() !== tombstonesVersion) {
    throw new ByteReadError(reader.offset, 'tombstones of another version')
  }
  const refs: number[] = []
  const minTimesMs: number[] = []
  const maxTimesMs: number[] = []
  while (reader.left > 0) {
    refs.push(reader.uvarint())
    minTimesMs.push(reader.varint())
    maxTimesMs.push(reader.varint())
  }
  take({
    refs: Float64Array.from(refs),
    minTimesMs: Float64Array.from(minTimesMs),
    maxTimesMs: Float64Array.from(maxTimesMs),
    count: refs.length,
  })
}
