import {
  customBucketsSchema,
  type HistogramLayout,
  schemaMaxReserved,
  schemaMinReserved,
} from '../../model/histogram.ts'
import type { BitReader } from './bit-reader.ts'
import { putBits, putHalves } from './bit-writing.ts'
import { ChunkCorruption } from './chunk-corruption.ts'
import { putVarbitInt, putVarbitUint } from './varbit-writing.ts'

/** The layout of a histogram chunk, in front of its samples (tsdb/docs/format/chunks.md). */

const double = new Float64Array(1)
const halves = new Uint32Array(double.buffer)

/** Bytes that putLayout takes at most: nine for each number. */
export function layoutBytesMax(layout: HistogramLayout): number {
  const spans = layout.positiveSpanCount + layout.negativeSpanCount
  return 9 * (5 + spans * 2 + layout.customBoundCount)
}

export function putLayout(view: DataView, startBit: number, layout: HistogramLayout): number {
  let bit = putZeroThreshold(view, startBit, layout.zeroThreshold)
  bit = putVarbitInt(view, bit, layout.schema)
  bit = putSpans(view, bit, layout.positiveSpans, layout.positiveSpanCount)
  bit = putSpans(view, bit, layout.negativeSpans, layout.negativeSpanCount)
  if (layout.schema !== customBucketsSchema) return bit
  bit = putVarbitUint(view, bit, layout.customBoundCount)
  for (let index = 0; index < layout.customBoundCount; index++) {
    bit = putCustomBound(view, bit, layout.customBounds[index] ?? 0)
  }
  return bit
}

/**
 * Reads a layout; throws ChunkCorruption for what cannot be. What it takes memory for has its bits
 * in the chunk.
 */
export function readLayout(reader: BitReader, layout: HistogramLayout): void {
  layout.zeroThreshold = readZeroThreshold(reader)
  layout.schema = reader.varbitInt() | 0
  const known = layout.schema >= schemaMinReserved && layout.schema <= schemaMaxReserved
  if (!known && layout.schema !== customBucketsSchema) {
    const bounds = `${schemaMinReserved} to ${schemaMaxReserved} or ${customBucketsSchema}`
    throw new ChunkCorruption(reader.bit >>> 3, `schema ${layout.schema} (${bounds})`)
  }
  let spans = readSpans(reader)
  layout.setPositiveSpans(spans, spans.length / 2)
  layout.positiveBucketCount = bucketsOf(reader, spans)
  spans = readSpans(reader)
  layout.setNegativeSpans(spans, spans.length / 2)
  layout.negativeBucketCount = bucketsOf(reader, spans)
  layout.customBoundCount = 0
  if (layout.schema !== customBucketsSchema) return
  const count = countWithin(reader, 5, 'custom bounds')
  if (layout.customBounds.length < count) layout.customBounds = new Float64Array(count)
  for (let index = 0; index < count; index++) readCustomBound(reader, layout.customBounds, index)
  layout.customBoundCount = count
}

function putSpans(view: DataView, startBit: number, spans: Int32Array, count: number): number {
  let bit = putVarbitUint(view, startBit, count)
  for (let span = 0; span < count; span++) {
    bit = putVarbitUint(view, bit, (spans[span * 2 + 1] ?? 0) >>> 0)
    bit = putVarbitInt(view, bit, spans[span * 2] ?? 0)
  }
  return bit
}

function readSpans(reader: BitReader): Int32Array {
  const count = countWithin(reader, 2, 'spans')
  const spans = new Int32Array(count * 2)
  for (let span = 0; span < count; span++) {
    spans[span * 2 + 1] = reader.varbitUint()
    spans[span * 2] = reader.varbitInt()
  }
  return spans
}

/** Each bucket of the first sample takes a bit at least. */
function bucketsOf(reader: BitReader, spans: Int32Array): number {
  let buckets = 0
  for (let span = 1; span < spans.length; span += 2) buckets += (spans[span] ?? 0) >>> 0
  if (buckets > reader.bitsLeft) {
    throw new ChunkCorruption(reader.bit >>> 3, `${buckets} buckets in ${reader.bitsLeft} bits`)
  }
  return buckets
}

function countWithin(reader: BitReader, bitsEach: number, what: string): number {
  const count = reader.varbitUint()
  if (count * bitsEach > reader.bitsLeft) {
    throw new ChunkCorruption(reader.bit >>> 3, `${count} ${what} in ${reader.bitsLeft} bits`)
  }
  return count
}

/** One byte for 0 and the powers of two from 2^-243 to 2^10; all others stand behind 255. */
function putZeroThreshold(view: DataView, bit: number, threshold: number): number {
  double[0] = threshold
  const high = halves[1] ?? 0
  const low = halves[0] ?? 0
  if (threshold === 0) return bit + 8
  const exponent = (high >>> 20) - 1022
  if (low === 0 && (high & 0xfffff) === 0 && exponent >= -242 && exponent <= 11) {
    putBits(view, bit, exponent + 243, 8)
    return bit + 8
  }
  putBits(view, bit, 255, 8)
  return putHalves(view, bit + 8, high, low)
}

function readZeroThreshold(reader: BitReader): number {
  const byte = reader.bits(8)
  if (byte === 0) return 0
  if (byte < 255) return 2 ** (byte - 244)
  reader.float64Into(halves, 0)
  return double[0] ?? 0
}

/** Thousandths up to 33554.430 as whole numbers from 1 on; all others as doubles behind a 0. */
function putCustomBound(view: DataView, bit: number, bound: number): number {
  const thousandths = bound * 1000
  const whole = Math.round(thousandths)
  if (thousandths >= 0 && thousandths <= 33_554_430 && whole / 1000 === bound) {
    return putVarbitUint(view, bit, whole + 1)
  }
  double[0] = bound
  return putHalves(view, bit + 1, halves[1] ?? 0, halves[0] ?? 0)
}

function readCustomBound(reader: BitReader, bounds: Float64Array, index: number): void {
  const whole = reader.varbitUint()
  if (whole !== 0) {
    bounds[index] = (whole - 1) / 1000
    return
  }
  reader.float64Into(halves, 0)
  bounds.set(double, index)
}
