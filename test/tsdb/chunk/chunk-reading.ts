import { NativeHistogram } from '../../../src/model/histogram.ts'
import { SpanCursor } from '../../../src/model/span-cursor.ts'
import { halvesOf } from '../../../src/model/stale-nan.ts'
import {
  type FloatEncoding,
  type HistogramEncoding,
  isFloatEncoding,
  sampleCountOf,
} from '../../../src/tsdb/chunk/chunk-encoding.ts'
import { FloatChunkDecoder } from '../../../src/tsdb/chunk/float-decode.ts'
import { HistogramColumns } from '../../../src/tsdb/chunk/histogram-columns.ts'
import { HistogramDecoder } from '../../../src/tsdb/chunk/histogram-decoder.ts'
import type { FloatSample } from './chunk-series.ts'

const floats = new FloatChunkDecoder()
const histograms = new HistogramDecoder()
const columns = new HistogramColumns()

export function readFloats(
  encoding: FloatEncoding,
  bytes: Uint8Array,
  minTimeMs = -Infinity,
  maxTimeMs = Infinity,
): FloatSample[] {
  const count = sampleCountOf(encoding, bytes)
  const target = {
    timestampsMs: new Float64Array(count),
    halves: new Uint32Array(count * 2),
    startsMs: new Float64Array(count),
  }
  const end = floats.decode(encoding, bytes, minTimeMs, maxTimeMs, target, 0)
  return Array.from({ length: end }, (_, index) => ({
    timestampMs: target.timestampsMs[index] ?? 0,
    startMs: target.startsMs[index] ?? 0,
    high: target.halves[index * 2 + 1] ?? 0,
    low: target.halves[index * 2] ?? 0,
  }))
}

/** What a histogram says, with bits as hex and only the buckets that count, by their places. */
export interface HistogramFacts {
  readonly timestampMs: number
  readonly startMs: number
  readonly sum: string
  readonly count: number
  readonly zeroCount: number
  readonly buckets: string
}

function bitsOf(value: Float64Array, index = 0): string {
  const halves = halvesOf(value)
  const [low, high] = [halves[index * 2] ?? 0, halves[index * 2 + 1] ?? 0]
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0')
}

const staleBits = '7ff0000000000002'

function bucketsOf(spans: Int32Array, count: number, counts: Float64Array, from: number): string {
  const cursor = new SpanCursor()
  const texts: string[] = []
  for (cursor.begin(spans, count); cursor.valid; cursor.next()) {
    const at = from + cursor.index
    if (counts[at] !== 0) texts.push(`${cursor.place}:${bitsOf(counts, at)}`)
  }
  return texts.join(' ')
}

export function factsOf(timestampMs: number, startMs: number, h: NativeHistogram): HistogramFacts {
  const sum = bitsOf(h.sum)
  if (sum === staleBits) return { timestampMs, startMs, sum, count: 0, zeroCount: 0, buckets: '' }
  const positive = bucketsOf(h.positiveSpans, h.positiveSpanCount, h.positiveBuckets, 0)
  const negative = bucketsOf(h.negativeSpans, h.negativeSpanCount, h.negativeBuckets, 0)
  const bounds = Array.from(h.customBounds.subarray(0, h.customBoundCount)).join(' ')
  const buckets = `${h.schema} ${h.zeroThreshold} [${bounds}] + ${positive} - ${negative}`
  return { timestampMs, startMs, sum, count: h.count, zeroCount: h.zeroCount, buckets }
}

/** By the cursor, one histogram at a time. */
export function readHistograms(
  encoding: HistogramEncoding,
  bytes: Uint8Array,
  decoder = histograms,
): HistogramFacts[] {
  decoder.open(encoding, bytes)
  const histogram = new NativeHistogram()
  const facts: HistogramFacts[] = []
  while (decoder.next()) {
    decoder.fill(histogram)
    facts.push(factsOf(decoder.timestampMs, decoder.startMs, histogram))
  }
  return facts
}

/** The same from the columns. */
export function readColumns(
  encoding: HistogramEncoding,
  bytes: Uint8Array,
  minTimeMs = -Infinity,
  maxTimeMs = Infinity,
): HistogramFacts[] {
  histograms.open(encoding, bytes)
  histograms.decode(minTimeMs, maxTimeMs, columns)
  const { layout } = histograms
  return Array.from({ length: columns.samples }, (_, index) => {
    const sum = bitsOf(columns.sums, index)
    const row = index * histograms.bucketCount
    const { positiveSpans, positiveSpanCount, negativeSpans, negativeSpanCount } = layout
    const negativeRow = row + layout.positiveBucketCount
    const positive = bucketsOf(positiveSpans, positiveSpanCount, columns.buckets, row)
    const negative = bucketsOf(negativeSpans, negativeSpanCount, columns.buckets, negativeRow)
    const bounds = Array.from(layout.customBounds.subarray(0, layout.customBoundCount)).join(' ')
    const buckets = `${layout.schema} ${layout.zeroThreshold} [${bounds}] + ${positive} - ${negative}`
    return {
      timestampMs: columns.timestampsMs[index] ?? 0,
      startMs: columns.startsMs[index] ?? 0,
      sum,
      count: columns.counts[index] ?? 0,
      zeroCount: columns.zeroCounts[index] ?? 0,
      buckets: sum === staleBits ? '' : buckets,
    }
  })
}

/** Reads a chunk whatever its encoding; for bytes that are none. */
export function readAny(encoding: FloatEncoding | HistogramEncoding, bytes: Uint8Array): number {
  if (isFloatEncoding(encoding)) return readFloats(encoding, bytes).length
  return readHistograms(encoding, bytes).length + readColumns(encoding, bytes).length
}
