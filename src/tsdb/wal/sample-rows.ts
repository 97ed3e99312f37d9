import { ByteReadError, ByteReader } from '../../base/byte-reader.ts'
import { halvesOf } from '../../model/stale-nan.ts'
import { type CoveredTimes, coveredUntil, newCoveredTimes } from './covered-times.ts'
import { varintEnd, zigzag } from './record-bytes.ts'
import { demandPlace } from './record-rows.ts'

/** Columns that rows of samples are decoded into. */
export interface SampleColumns {
  readonly refs: Float64Array
  readonly timestampsMs: Float64Array
  readonly values: Float64Array
}

/** Two varints of at least one byte and eight bytes of value. */
const rowBytesMin = 10
const valueBytes = 8
/** Two varints of four bytes and the value: where so much is left, their ends need no checks. */
const shortRowBytesMax = 16

/** A record has at most so many rows. */
export function sampleRowsMax(record: Uint8Array): number {
  return Math.ceil(record.length / rowBytesMin)
}

/**
 * Decodes the rows of a samples record into columns from `start` on, which have room for them;
 * answers where they end. Rows that are covered are read and left out. Throws ByteReadError. There is
 * a row for every sample of a log: short varints are read in place.
 */
export function decodeSampleRows(
  record: Uint8Array,
  { refs, timestampsMs, values }: SampleColumns,
  start: number,
  covered: CoveredTimes = nothingCovered,
): number {
  if (record.length === 1) return start
  const reader = new ByteReader(record)
  reader.uint8()
  const firstRef = reader.int64()
  const firstTimestampMs = reader.int64()
  if (reader.left === 0) throw new ByteReadError(reader.offset, 'the end came before a row')
  const halves = halvesOf(values)
  const view = new DataView(record.buffer, record.byteOffset, record.length)
  const shortEnd = record.length - shortRowBytesMax
  const isNear = firstRef < nearMax && Math.abs(firstTimestampMs) < nearMax
  let row = start
  // Rows of one series often stand side by side: what its ref says is looked up once.
  let [bitsBefore, ref, coveredMs] = [-2, 0, Number.NEGATIVE_INFINITY]
  for (let at = reader.offset; at < record.length; at += valueBytes) {
    const rowStart = at
    const refBits = at <= shortEnd ? shortVarint(record, at) : -1
    const timeStart = at + (refBits >>> 28) + 1
    const timeBits = refBits < 0 ? -1 : shortVarint(record, timeStart)
    let timestampMs = firstTimestampMs
    if (timeBits >= 0) {
      if (refBits !== bitsBefore) {
        bitsBefore = refBits
        ref = firstRef + signed(refBits & varintBits)
        coveredMs = coveredUntil(covered, ref)
      }
      timestampMs += signed(timeBits & varintBits)
      at = timeStart + (timeBits >>> 28) + 1
    } else {
      bitsBefore = -2
      const refEnd = varintEnd(record, at)
      at = varintEnd(record, refEnd)
      if (at + valueBytes > record.length) {
        throw new ByteReadError(rowStart, 'the end came before a float')
      }
      ref = firstRef + zigzag(record, rowStart, refEnd)
      timestampMs += zigzag(record, refEnd, at)
      coveredMs = coveredUntil(covered, ref)
    }
    if (!isNear || ref < 0 || timeBits < 0) demandPlace(ref, timestampMs, rowStart)
    if (timestampMs < coveredMs) continue
    refs[row] = ref
    timestampsMs[row] = timestampMs
    halves[row * 2 + 1] = view.getInt32(at)
    halves[row * 2] = view.getInt32(at + 4)
    row++
  }
  return row
}

const nothingCovered: CoveredTimes = newCoveredTimes(0, -1, 0)
const varintBits = 2 ** 28 - 1
/** A number of up to four bytes on top of less than this is a whole double. */
const nearMax = 2 ** 52

/** The bits of a varint of up to four bytes, with its length - 1 above them; -1 where it is longer. */
function shortVarint(record: Uint8Array, at: number): number {
  const first = record[at] ?? 0
  if (first < 0x80) return first
  const second = record[at + 1] ?? 0
  const two = (first & 0x7f) | ((second & 0x7f) << 7)
  if (second < 0x80) return two | (1 << 28)
  const third = record[at + 2] ?? 0
  const three = two | ((third & 0x7f) << 14)
  if (third < 0x80) return three | (2 << 28)
  const fourth = record[at + 3] ?? 0
  return fourth < 0x80 ? three | (fourth << 21) | (3 << 28) : -1
}

/** Go's zigzag. */
function signed(bits: number): number {
  return (bits >>> 1) ^ -(bits & 1)
}
