import { ByteReadError, ByteReader } from '../../base/byte-reader.ts'
import type { ByteWriter } from '../../base/byte-writer.ts'
import { uvarintOrInfinity, varintOrInfinity } from '../../base/wide-varint.ts'
import {
  customBucketsSchema,
  type NativeHistogram,
  type ResetHint,
  resetHint,
  schemaMaxReserved,
  schemaMinReserved,
} from '../../model/histogram.ts'
import { halvesOf } from '../../model/stale-nan.ts'
import { recordType } from './record.ts'
import { countOf } from './record-bytes.ts'
import { RowReader, RowWriter, rowStyle } from './record-rows.ts'

/** Bucket counts of integer histograms stand in records as distances to the bucket before. */

/** Which record a histogram goes into (rows T2.10 to T2.12). */
export function histogramRecordType(histogram: NativeHistogram, withStart: boolean): number {
  const isCustom = histogram.schema === customBucketsSchema
  if (histogram.isFloat) {
    if (withStart) return recordType.startFloatHistogramSamples
    return isCustom
      ? recordType.customBucketFloatHistogramSamples
      : recordType.floatHistogramSamples
  }
  if (withStart) return recordType.startHistogramSamples
  return isCustom ? recordType.customBucketHistogramSamples : recordType.histogramSamples
}

/** Encodes one record: begin it with the type that all of its histograms have. */
export class HistogramEncoder {
  readonly #writer: ByteWriter
  readonly #rows: RowWriter

  constructor(writer: ByteWriter) {
    this.#writer = writer
    this.#rows = new RowWriter(writer)
  }

  begin(type: number): void {
    const carriesStart = type >= recordType.startHistogramSamples
    this.#rows.begin(type, carriesStart ? rowStyle.withStart : rowStyle.plain)
  }

  get rows(): number {
    return this.#rows.rows
  }

  /** `startMs` 0 = none; only records with start timestamps keep it. */
  add(ref: number, timestampMs: number, startMs: number, histogram: NativeHistogram): void {
    this.#rows.row(ref, timestampMs, startMs)
    writeHistogram(this.#writer, histogram)
  }
}

/** Everything but ref and time. */
export function writeHistogram(writer: ByteWriter, histogram: NativeHistogram): void {
  const { isFloat } = histogram
  writer.uint8(histogram.hint)
  writer.varint(histogram.schema)
  writeFloat(writer, histogram.zeroThreshold)
  if (isFloat) {
    writeFloat(writer, histogram.zeroCount)
    writeFloat(writer, histogram.count)
  } else {
    writer.uvarint(histogram.zeroCount)
    writer.uvarint(histogram.count)
  }
  writer.float64Halves(halvesOf(histogram.sum), 0)
  writeSpans(writer, histogram.positiveSpans, histogram.positiveSpanCount)
  writeSpans(writer, histogram.negativeSpans, histogram.negativeSpanCount)
  const writeBuckets = isFloat ? writeFloats : writeDistances
  writeBuckets(writer, histogram.positiveBuckets, histogram.positiveBucketCount)
  writeBuckets(writer, histogram.negativeBuckets, histogram.negativeBucketCount)
  if (histogram.schema === customBucketsSchema) {
    writeFloats(writer, histogram.customBounds, histogram.customBoundCount)
  }
}

function writeSpans(writer: ByteWriter, spans: Int32Array, count: number): void {
  writer.uvarint(count)
  for (let span = 0; span < count; span++) {
    writer.varint(spans[span * 2] ?? 0)
    writer.uvarint(spans[span * 2 + 1] ?? 0)
  }
}

function writeFloats(writer: ByteWriter, column: Float64Array, count: number): void {
  const halves = halvesOf(column)
  writer.uvarint(count)
  for (let index = 0; index < count; index++) writer.float64Halves(halves, index)
}

function writeDistances(writer: ByteWriter, column: Float64Array, count: number): void {
  writer.uvarint(count)
  let before = 0
  for (let index = 0; index < count; index++) {
    const value = column[index] ?? 0
    writer.varint(value - before)
    before = value
  }
}

const oneFloat = new Float64Array(1)
const oneFloatHalves = halvesOf(oneFloat)

function writeFloat(writer: ByteWriter, value: number): void {
  oneFloat[0] = value
  writer.float64Halves(oneFloatHalves, 0)
}

function readFloat(reader: ByteReader): number {
  reader.float64Into(oneFloatHalves, 0)
  return oneFloat[0] ?? 0
}

/** Takes the histograms of a record one by one; `startMs` 0 = none. */
export type HistogramVisitor = (
  ref: number,
  timestampMs: number,
  startMs: number,
  histogram: NativeHistogram,
) => void

/**
 * Decodes records 7 to 10, 12 and 13 into one histogram, used again for the next. Answers how many
 * were passed over, as upstream does with schemas that nobody knows: also counts beyond 2^53 and
 * spans that do not add up to the buckets. Schemas from 9 to 52 are handed on: their reader lowers
 * the resolution. Throws ByteReadError; what stands before the fault was handed on.
 */
export function decodeHistograms(
  record: Uint8Array,
  into: NativeHistogram,
  visit: HistogramVisitor,
): number {
  const reader = new ByteReader(record)
  const type = reader.uint8()
  into.isFloat =
    type === recordType.floatHistogramSamples ||
    type === recordType.customBucketFloatHistogramSamples ||
    type === recordType.startFloatHistogramSamples
  const carriesStart = type >= recordType.startHistogramSamples
  const rows = new RowReader(reader, carriesStart ? rowStyle.withStart : rowStyle.plain)
  let passedOver = 0
  while (reader.left > 0) {
    rows.next()
    if (readHistogram(reader, into)) visit(rows.ref, rows.timestampMs, rows.startMs, into)
    else passedOver++
  }
  return passedOver
}

/** False for one that is whole and cannot be used. */
function readHistogram(reader: ByteReader, into: NativeHistogram): boolean {
  into.clear()
  const hint = readHint(reader)
  into.hint = hint ?? resetHint.unknown
  into.schema = reader.varint()
  into.zeroThreshold = readFloat(reader)
  into.zeroCount = into.isFloat ? readFloat(reader) : uvarintOrInfinity(reader)
  into.count = into.isFloat ? readFloat(reader) : uvarintOrInfinity(reader)
  reader.float64Into(halvesOf(into.sum), 0)
  const positive = readSpans(reader)
  into.setPositiveSpans(spanScratch, positive.count)
  const negative = readSpans(reader)
  into.setNegativeSpans(spanScratch, negative.count)
  const bucketBytesMin = into.isFloat ? 8 : 1
  const readBuckets = into.isFloat ? readFloats : readDistances
  into.positiveBucketCount = countOf(reader, bucketBytesMin)
  into.reserveBuckets(into.positiveBucketCount, 0)
  const positiveHolds = readBuckets(reader, into.positiveBuckets, into.positiveBucketCount)
  into.negativeBucketCount = countOf(reader, bucketBytesMin)
  into.reserveBuckets(0, into.negativeBucketCount)
  const negativeHolds = readBuckets(reader, into.negativeBuckets, into.negativeBucketCount)
  if (into.schema === customBucketsSchema) readBounds(reader, into)
  const countsHold =
    into.isFloat || (Number.isFinite(into.zeroCount) && Number.isFinite(into.count))
  return (
    hint !== undefined &&
    isKnownSchema(into.schema) &&
    countsHold &&
    positiveHolds &&
    negativeHolds &&
    positive.buckets === into.positiveBucketCount &&
    negative.buckets === into.negativeBucketCount
  )
}

const hints: readonly ResetHint[] = Object.values(resetHint)

function readHint(reader: ByteReader): ResetHint | undefined {
  const byte = reader.uint8()
  return hints.find((hint) => hint === byte)
}

function isKnownSchema(schema: number): boolean {
  if (schema === customBucketsSchema) return true
  return schema >= schemaMinReserved && schema <= schemaMaxReserved
}

let spanScratch = new Int32Array(32)

function readSpans(reader: ByteReader): { count: number; buckets: number } {
  const count = countOf(reader, 2)
  if (spanScratch.length < count * 2) spanScratch = new Int32Array(count * 2)
  let buckets = 0
  for (let span = 0; span < count; span++) {
    const offset = reader.varint()
    const length = reader.uvarint()
    if (offset !== (offset | 0)) throw new ByteReadError(reader.offset, 'a span beyond 32 bits')
    buckets += length
    spanScratch[span * 2] = offset
    // A longer one does not add up to the buckets, which the record has room for.
    spanScratch[span * 2 + 1] = Math.min(length, 0x7fffffff)
  }
  return { count, buckets }
}

function readFloats(reader: ByteReader, column: Float64Array, count: number): boolean {
  const halves = halvesOf(column)
  for (let index = 0; index < count; index++) reader.float64Into(halves, index)
  return true
}

/** False where a count is below zero or beyond 2^53. */
function readDistances(reader: ByteReader, column: Float64Array, count: number): boolean {
  let value = 0
  let holds = true
  for (let index = 0; index < count; index++) {
    value += varintOrInfinity(reader)
    if (!(value >= 0 && value <= Number.MAX_SAFE_INTEGER)) holds = false
    column[index] = value
  }
  return holds
}

function readBounds(reader: ByteReader, into: NativeHistogram): void {
  const count = countOf(reader, 8)
  if (into.customBounds.length < count) into.customBounds = new Float64Array(count)
  readFloats(reader, into.customBounds, count)
  into.customBoundCount = count
}
