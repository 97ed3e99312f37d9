import { ByteReadError, ByteReader } from '../../base/byte-reader.ts'
import type { ByteWriter } from '../../base/byte-writer.ts'
import { LabelTexts } from '../../model/label-texts.ts'
import { halvesOf } from '../../model/stale-nan.ts'
import { readSampleRows } from './read-sample-rows.ts'
import { bigEndian, grownCapacity, skipTexts, varintEnd } from './record-bytes.ts'
import { sampleRowsMax } from './sample-rows.ts'

/** First byte of a record (tsdb/docs/format/wal.md; the last three stand in tsdb/record/record.go). */
export const recordType = {
  series: 1,
  samples: 2,
  tombstones: 3,
  exemplars: 4,
  mmapMarkers: 5,
  metadata: 6,
  histogramSamples: 7,
  floatHistogramSamples: 8,
  customBucketHistogramSamples: 9,
  customBucketFloatHistogramSamples: 10,
  startSamples: 11,
  startHistogramSamples: 12,
  startFloatHistogramSamples: 13,
} as const

export function nameOfRecordType(type: number): string {
  const entry = Object.entries(recordType).find(([, number]) => number === type)
  return entry?.[0] ?? `type ${type}`
}

export function beginSeriesRecord(writer: ByteWriter): void {
  writer.reset()
  writer.uint8(recordType.series)
}

/** Starts one series of the record; `pairCount` times name and value follow by addText. */
export function addSeries(writer: ByteWriter, ref: number, pairCount: number): void {
  writer.int64(ref)
  writer.uvarint(pairCount)
}

export function addText(writer: ByteWriter, bytes: Uint8Array, start: number, end: number): void {
  writer.uvarint(end - start)
  writer.bytes(bytes, start, end)
}

/** Samples as columns; `count` of them are valid. */
export interface SampleRecord {
  refs: Float64Array
  timestampsMs: Float64Array
  values: Float64Array
  count: number
}

export function emptySampleRecord(): SampleRecord {
  return {
    refs: new Float64Array(1024),
    timestampsMs: new Float64Array(1024),
    values: new Float64Array(1024),
    count: 0,
  }
}

/** Encodes samples `start` to `end` of the columns; refs are whole numbers below 2^53. */
export function encodeSamples(
  writer: ByteWriter,
  columns: Omit<SampleRecord, 'count'>,
  start: number,
  end: number,
): void {
  writer.reset()
  writer.uint8(recordType.samples)
  if (start === end) return
  const { refs, timestampsMs, values } = columns
  writer.int64(refs[start] ?? 0)
  writer.int64(timestampsMs[start] ?? 0)
  writer.sampleRows(refs, timestampsMs, halvesOf(values), start, end)
}

/** Decodes a samples record into reused columns, which grow. Throws ByteReadError. */
export function decodeSamples(record: Uint8Array, into: SampleRecord): void {
  into.count = 0
  growColumns(into, sampleRowsMax(record))
  into.count = readSampleRows(record, into, 0)
}

function growColumns(into: SampleRecord, capacity: number): void {
  if (into.refs.length >= capacity) return
  const size = grownCapacity(capacity, into.refs.length)
  into.refs = new Float64Array(size)
  into.timestampsMs = new Float64Array(size)
  into.values = new Float64Array(size)
}

/** Takes the series of a record one by one. */
export type SeriesVisitor = (ref: number, texts: LabelTexts) => void

/**
 * Throws ByteReadError before the first visit: a series that its reader takes in stands in a record
 * that holds. The texts handed to `visit` are used again for the next series.
 */
export function decodeSeries(record: Uint8Array, visit: SeriesVisitor): void {
  demandSeries(record)
  const reader = new ByteReader(record)
  reader.uint8()
  const texts = new LabelTexts()
  while (reader.left > 0) {
    const ref = reader.int64()
    readTexts(reader, record, texts)
    visit(ref, texts)
  }
}

/** The label set that the reader of these bytes stands at. Throws ByteReadError. */
export function readTexts(reader: ByteReader, bytes: Uint8Array, into: LabelTexts): void {
  into.begin(bytes)
  const pairCount = reader.uvarint()
  for (let text = 0; text < pairCount * 2; text++) {
    const length = reader.uvarint()
    const start = reader.offset
    reader.skip(length)
    into.add(start, start + length)
  }
}

/** How many texts the series of a record have, which holds. Throws ByteReadError. */
export function demandSeries(record: Uint8Array): number {
  let texts = 0
  for (let at = 1; at < record.length; ) {
    if (at + 8 > record.length) throw new ByteReadError(at, 'the end came before eight bytes')
    if (bigEndian(record, at) >= 2 ** 21) throw new ByteReadError(at, 'a number beyond 2^53')
    const countEnd = varintEnd(record, at + 8)
    let pairCount = 0
    for (let place = countEnd - 1; place >= at + 8; place--) {
      pairCount = pairCount * 128 + ((record[place] ?? 0) & 0x7f)
    }
    at = skipTexts(record, countEnd, pairCount * 2)
    texts += pairCount * 2
  }
  return texts
}
