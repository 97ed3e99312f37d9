import { ByteReader } from '../../base/byte-reader.ts'
import type { ByteWriter } from '../../base/byte-writer.ts'
import { halvesOf } from '../../model/stale-nan.ts'
import { recordType, type SampleRecord } from './record.ts'
import { grownCapacity } from './record-bytes.ts'
import { RowReader, RowWriter, rowStyle } from './record-rows.ts'

/** Samples with their start timestamps (row T2.12), 0 where there is none. */
export interface StartSampleRecord extends SampleRecord {
  startsMs: Float64Array
}

export function emptyStartSampleRecord(): StartSampleRecord {
  return {
    refs: new Float64Array(64),
    timestampsMs: new Float64Array(64),
    startsMs: new Float64Array(64),
    values: new Float64Array(64),
    count: 0,
  }
}

/** Encodes samples `start` to `end` of the columns as record type 11. */
export function encodeStartSamples(
  writer: ByteWriter,
  columns: Omit<StartSampleRecord, 'count'>,
  start: number,
  end: number,
): void {
  const { refs, timestampsMs, startsMs, values } = columns
  const rows = new RowWriter(writer)
  const halves = halvesOf(values)
  rows.begin(recordType.startSamples, rowStyle.withStart)
  for (let index = start; index < end; index++) {
    rows.row(refs[index] ?? 0, timestampsMs[index] ?? 0, startsMs[index] ?? 0)
    writer.float64Halves(halves, index)
  }
}

/** Decodes record type 11 into reused columns, which grow. Throws ByteReadError. */
export function decodeStartSamples(record: Uint8Array, into: StartSampleRecord): void {
  into.count = 0
  const reader = new ByteReader(record)
  reader.uint8()
  // Two varints and a mark of at least one byte and eight bytes of value; the first row is longer.
  growColumns(into, Math.ceil(reader.left / 11))
  const halves = halvesOf(into.values)
  const rows = new RowReader(reader, rowStyle.withStart)
  let count = 0
  while (reader.left > 0) {
    rows.next()
    into.refs[count] = rows.ref
    into.timestampsMs[count] = rows.timestampMs
    into.startsMs[count] = rows.startMs
    reader.float64Into(halves, count)
    count++
  }
  into.count = count
}

function growColumns(into: StartSampleRecord, capacity: number): void {
  if (into.refs.length >= capacity) return
  const size = grownCapacity(capacity, into.refs.length)
  into.refs = new Float64Array(size)
  into.timestampsMs = new Float64Array(size)
  into.startsMs = new Float64Array(size)
  into.values = new Float64Array(size)
}
