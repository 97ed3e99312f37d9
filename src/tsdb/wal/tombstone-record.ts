import { ByteReader } from '../../base/byte-reader.ts'
import { ByteWriter } from '../../base/byte-writer.ts'
import { varintWithinSafe } from '../../base/wide-varint.ts'
import { recordType } from './record.ts'
import { grownCapacity } from './record-bytes.ts'

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

/** All time, as it is read: what upstream writes as the outermost 64-bit integers. */
export const everMs = { min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER } as const

/** Go's varints of the outermost 64-bit integers, which no double holds. */
const everBytes = {
  min: Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01),
  max: Uint8Array.of(0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01),
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
  if (minTimeMs === everMs.min) writer.bytes(everBytes.min)
  else writer.varint(minTimeMs)
  if (maxTimeMs === everMs.max) writer.bytes(everBytes.max)
  else writer.varint(maxTimeMs)
}

/** Tombstones over all time: all of these series is in blocks, and what comes back has another ref. */
export function evictionRecord(refs: readonly number[]): Uint8Array {
  const writer = new ByteWriter(refs.length * 32)
  beginTombstoneRecord(writer)
  for (const ref of refs) addTombstone(writer, ref, everMs.min, everMs.max)
  return writer.copy()
}

/**
 * The same of series that had out-of-order samples, none of any after this time. A Prometheus without
 * stale compaction hides by such a tombstone what comes back as well, so it ends there; a mark before it
 * says what it is, which is empty and taken up by it.
 */
export function lateEvictionRecord(refs: readonly number[], untilMs: number): Uint8Array {
  const writer = new ByteWriter(refs.length * 52)
  beginTombstoneRecord(writer)
  for (const ref of refs) {
    addTombstone(writer, ref, untilMs + 1, untilMs)
    addTombstone(writer, ref, everMs.min, untilMs)
  }
  return writer.copy()
}

/** Whether a row, which is no order mark, begins such an eviction, of two rows. */
export function isLateEviction(
  { refs, minTimesMs, maxTimesMs, count }: TombstoneRecord,
  index: number,
): boolean {
  const maxTimeMs = maxTimesMs[index] ?? 0
  return (
    index + 1 < count &&
    minTimesMs[index] === maxTimeMs + 1 &&
    refs[index + 1] === refs[index] &&
    maxTimesMs[index + 1] === maxTimeMs &&
    minTimesMs[index + 1] === everMs.min
  )
}

/**
 * One that hides samples in order only, as all of the series that end no later do from then on: out of
 * order there is none left of its time. A mark behind it says so, which is empty, so that other readers
 * pass over it, and ends when the tombstone does, so that checkpoints keep both or neither.
 */
export function addInOrderTombstone(
  writer: ByteWriter,
  ref: number,
  minTimeMs: number,
  maxTimeMs: number,
): void {
  addTombstone(writer, ref, minTimeMs, maxTimeMs)
  addTombstone(writer, ref, maxTimeMs + 1, maxTimeMs)
}

/** Whether a tombstone is such a mark. Prometheus writes empty ones, too, but one a series and record. */
export function isOrderMark(
  { refs, minTimesMs, maxTimesMs }: Omit<TombstoneRecord, 'count'>,
  index: number,
): boolean {
  const maxTimeMs = maxTimesMs[index] ?? 0
  return (
    index > 0 &&
    refs[index - 1] === refs[index] &&
    maxTimesMs[index - 1] === maxTimeMs &&
    minTimesMs[index] === maxTimeMs + 1
  )
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
    into.minTimesMs[count] = varintWithinSafe(reader)
    into.maxTimesMs[count] = varintWithinSafe(reader)
    count++
  }
  into.count = count
}

function growColumns(into: TombstoneRecord, capacity: number): void {
  if (into.refs.length >= capacity) return
  const size = grownCapacity(capacity, into.refs.length)
  into.refs = new Float64Array(size)
  into.minTimesMs = new Float64Array(size)
  into.maxTimesMs = new Float64Array(size)
}
