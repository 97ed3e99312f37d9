import { ByteReader } from '../../base/byte-reader.ts'
import type { ByteWriter } from '../../base/byte-writer.ts'
import { recordType } from './record.ts'
import { grownCapacity, varintOrInfinity } from './record-bytes.ts'

/** Deleted time ranges of series (row T2.6), both ends inclusive; `count` of them are valid. */
export interface TombstoneRecord {
  refs: Float64Array
  minTimesMs: Float64Array
  maxTimesMs: Float64Array
  count: number
}

export function emptyTombstoneRecord(): TombstoneRecord {
  return {
    refs: new Float64Array(16),
    minTimesMs: new Float64Array(16),
    maxTimesMs: new Float64Array(16),
    count: 0,
  }
}

export function beginTombstoneRecord(writer: ByteWriter): void {
  writer.reset()
  writer.uint8(recordType.tombstones)
}

export function addTombstone(
  writer: ByteWriter,
  ref: number,
  minTimeMs: number,
  maxTimeMs: number,
): void {
  writer.int64(ref)
  writer.varint(minTimeMs)
  writer.varint(maxTimeMs)
}

/** Times beyond 2^53 mean "everything" and become the outermost safe integers. Throws ByteReadError. */
export function decodeTombstones(record: Uint8Array, into: TombstoneRecord): void {
  into.count = 0
  const reader = new ByteReader(record)
  reader.uint8()
  // Eight bytes of ref and two varints.
  growColumns(into, Math.ceil(reader.left / 10))
  let count = 0
  while (reader.left > 0) {
    into.refs[count] = reader.int64()
    into.minTimesMs[count] = clampedTime(varintOrInfinity(reader))
    into.maxTimesMs[count] = clampedTime(varintOrInfinity(reader))
    count++
  }
  into.count = count
}

function clampedTime(timeMs: number): number {
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, timeMs))
}

function growColumns(into: TombstoneRecord, capacity: number): void {
  if (into.refs.length >= capacity) return
  const size = grownCapacity(capacity, into.refs.length)
  into.refs = new Float64Array(size)
  into.minTimesMs = new Float64Array(size)
  into.maxTimesMs = new Float64Array(size)
}
