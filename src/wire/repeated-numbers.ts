import type protobuf from 'protobufjs/minimal.js'
import type { NativeHistogram } from '../model/histogram.ts'
import { halvesOf } from '../model/stale-nan.ts'
import { cutOff, endOf, int64, invalid, skip } from './proto-fields.ts'

type Reader = protobuf.Reader

const spanTags = { offset: 8, length: 16 } as const

/** Numbers of one repeated field, used again. */
export class Numbers {
  column = new Float64Array(64)
  halves = halvesOf(this.column)
  count = 0

  add(value: number): void {
    const at = this.next()
    this.column[at] = value
  }

  /** The place of one more; the columns may be others then. */
  next(): number {
    if (this.count === this.column.length) {
      const larger = new Float64Array(this.count * 2)
      larger.set(this.column)
      this.column = larger
      this.halves = halvesOf(larger)
    }
    return this.count++
  }
}

/** Where the numbers of a repeated field go. */
export interface RepeatedField {
  readonly into: Numbers
  readonly add: (reader: Reader, into: Numbers) => void
  readonly isPacked: boolean
}

/** The numbers of a packed field. */
export function readPacked(reader: Reader, { into, add }: RepeatedField): void {
  const end = endOf(reader)
  while (reader.pos < end) add(reader, into)
  if (reader.pos !== end) throw invalid('packed numbers are longer than they say')
}

/** A double, by its bits. */
export function addDouble(reader: Reader, into: Numbers): void {
  const at = into.next()
  into.halves[at * 2] = reader.fixed32()
  into.halves[at * 2 + 1] = reader.fixed32()
}

/** A zigzag number of 64 bits: its sign is the lowest bit of the first byte. */
export function addDelta(reader: Reader, into: Numbers): void {
  const first = byteOf(reader)
  let magnitude = (first & 0x7f) >>> 1
  let scale = 64
  for (let byte = first; byte >= 0x80; scale *= 128) {
    if (scale > 2 ** 62) throw invalid('a number of more than ten bytes')
    byte = byteOf(reader)
    magnitude += (byte & 0x7f) * scale
  }
  if (magnitude > Number.MAX_SAFE_INTEGER) throw invalid('a distance of buckets beyond 2^53')
  into.add((first & 1) === 0 ? magnitude : -magnitude - 1)
}

/** A BucketSpan: its offset and its length. */
export function addSpan(reader: Reader, into: Numbers): void {
  const end = endOf(reader)
  let offset = 0
  let length = 0
  while (reader.pos < end) {
    const tag = reader.uint32()
    if (tag === spanTags.offset) offset = reader.sint32()
    else if (tag === spanTags.length) length = reader.uint32()
    else skip(reader, tag, spanTags)
  }
  if (reader.pos !== end) throw invalid('a span is longer than it says')
  into.add(offset)
  into.add(length)
}

/** Counts of both sides, absolute. */
export function fillBuckets(into: NativeHistogram, positive: Numbers, negative: Numbers): void {
  into.reserveBuckets(positive.count, negative.count)
  into.positiveBucketCount = positive.count
  into.negativeBucketCount = negative.count
  into.positiveBuckets.set(positive.column.subarray(0, positive.count))
  into.negativeBuckets.set(negative.column.subarray(0, negative.count))
}

/** What addSpan added for both sides. */
export function fillSpans(into: NativeHistogram, positive: Numbers, negative: Numbers): void {
  into.setPositiveSpans(spansOf(positive), positive.count / 2)
  into.setNegativeSpans(spansOf(negative), negative.count / 2)
}

function spansOf({ column, count }: Numbers): Int32Array {
  return Int32Array.from(column.subarray(0, count))
}

/** Counts out of the distances between them, in place. */
export function summed(deltas: Numbers): Numbers {
  let count = 0
  for (let index = 0; index < deltas.count; index++) {
    count += deltas.column[index] ?? 0
    if (Math.abs(count) > Number.MAX_SAFE_INTEGER) throw invalid('a bucket counts beyond 2^53')
    deltas.column[index] = count
  }
  return deltas
}

/** A count of up to 2^53. */
export function uint64(reader: Reader): number {
  const value = int64(reader)
  if (value < 0 || value > Number.MAX_SAFE_INTEGER) throw invalid('a count beyond 2^53')
  return value
}

function byteOf(reader: Reader): number {
  const byte = reader.pos < reader.len ? reader.buf[reader.pos++] : undefined
  if (byte === undefined) throw cutOff()
  return byte
}
