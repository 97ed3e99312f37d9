import { assert } from '../../base/assert.ts'
import { BucketSpans } from '../../model/bucket-spans.ts'
import {
  customBucketsSchema,
  HistogramLayout,
  NativeHistogram,
  type ResetHint,
  resetHint,
} from '../../model/histogram.ts'
import { ChunkBuffer } from './chunk-buffer.ts'
import {
  type HistogramEncoding,
  headerBytesOf,
  isFloatHistogram,
  isHistogramSt,
  samplesMaxOf,
} from './chunk-encoding.ts'
import { HistogramDecoder } from './histogram-decoder.ts'
import { layoutBytesMax, putLayout } from './histogram-layout.ts'
import {
  FloatSampleWriter,
  type HistogramSampleWriter,
  IntegerSampleWriter,
  sampleBytesMaxOf,
} from './histogram-sample-writer.ts'
import { bucketChange, compareBuckets, spreadHistogram, uniteSpans } from './histogram-spread.ts'
import { StartWriter } from './start-column.ts'
import type { StatePlace } from './state-place.ts'

export const appendOutcome = {
  /** Behind the others of the chunk. */
  appended: 0,
  /** The same, and all of the chunk has been written anew, with more buckets. */
  recoded: 1,
  /** It began a new chunk; the one before is in `closedBytes`. */
  cut: 2,
} as const

export type AppendOutcome = (typeof appendOutcome)[keyof typeof appendOutcome]

/** What a chunk is known by beside its state; its bytes stand elsewhere. */
export interface SavedChunk {
  readonly sampleCount: number
  readonly minTimeMs: number
  readonly maxTimeMs: number
  readonly bitLength: number
  /** Its data, asked for only where all of it is written anew. */
  bytes(): Uint8Array
}

/** Doubles of the state beside spans, bounds and the samples'. */
const ownStateDoubles = 9

/** The upper two bits of the flags, by hint. */
const headerOfHint = [0b00, 0b10, 0b01, 0b11] as const

const hints: readonly ResetHint[] = Object.values(resetHint)

// Only used within one call: one of each is enough for all writers.
const recoder = new HistogramDecoder()
const recoded = new NativeHistogram()
const spread = new NativeHistogram()
const empty = new NativeHistogram()
const wider = new HistogramLayout()
const united = new BucketSpans()

/** Buckets that the newest histogram of the chunk came with that save() put at this place. */
export function savedBuckets({ doubles, at }: StatePlace): number {
  return doubles[at + newestBucketsAt] ?? 0
}

/** Where save() puts their number. */
const newestBucketsAt = 8

/**
 * Writes histogram chunks of one encoding, one after the other, and decides as Prometheus does
 * when a histogram begins a new one and what its header then says (FEATURES T6.2, T6.4, T6.5).
 * What is appended has passed validation (model/histogram-validity.ts) and is of the encoding's
 * kind. How long and how large chunks become is the caller's to decide, with `cut`.
 */
export class HistogramChunkWriter {
  sampleCount = 0
  minTimeMs = 0
  maxTimeMs = 0
  /** The chunk before the open one; valid until the next cut. */
  closedBytes: Uint8Array = new Uint8Array(0)
  closedMinTimeMs = 0
  closedMaxTimeMs = 0
  readonly isFloat: boolean
  readonly #hasStarts: boolean
  readonly #layout = new HistogramLayout()
  readonly #samples: HistogramSampleWriter
  readonly #starts = new StartWriter()
  #buffer = new ChunkBuffer()
  #closedBuffer = new ChunkBuffer()
  #bit = 0
  /** Bit of the chunk that the buffer begins with: 0, but in a chunk that was loaded. */
  #originBit = 0
  #saved: SavedChunk | undefined
  /** As the newest histogram came: the chunk may have others, and of a stale one it has none. */
  #newestBuckets = 0
  /** What the header of the newest chunk says. */
  #header: ResetHint = resetHint.unknown
  /** The state is that of the chunk before, which the next histogram is compared with. */
  #continues = false
  /** How the buckets of the histogram compared last stand to the chunk's, bits of bucketChange. */
  #positiveChange = 0
  #negativeChange = 0

  constructor(readonly encoding: HistogramEncoding) {
    this.isFloat = isFloatHistogram(encoding)
    this.#hasStarts = isHistogramSt(encoding)
    this.#samples = this.isFloat ? new FloatSampleWriter() : new IntegerSampleWriter()
  }

  get byteLength(): number {
    return this.sampleCount === 0 ? headerBytesOf(this.encoding) : Math.ceil(this.#bit / 8)
  }

  get bitLength(): number {
    return this.#bit
  }

  get stateDoubles(): number {
    const { positiveSpanCount, negativeSpanCount, customBoundCount } = this.#layout
    const layout = positiveSpanCount + negativeSpanCount + customBoundCount
    const starts = this.#hasStarts ? StartWriter.stateDoubles : 0
    return ownStateDoubles + layout + starts + this.#samples.stateDoubles
  }

  /** Puts down what the open chunk goes on from, in stateDoubles doubles; see load. */
  save(place: StatePlace): void {
    assert(this.sampleCount > 0, 'only open chunks are saved')
    const layout = this.#layout
    place.put(this.#header)
    place.put(layout.schema)
    place.put(layout.zeroThreshold)
    place.put(layout.positiveSpanCount)
    place.put(layout.negativeSpanCount)
    place.put(layout.positiveBucketCount)
    place.put(layout.negativeBucketCount)
    place.put(layout.customBoundCount)
    place.put(this.#newestBuckets)
    putSpans(place, layout.positiveSpans, layout.positiveSpanCount)
    putSpans(place, layout.negativeSpans, layout.negativeSpanCount)
    place.putNumbers(layout.customBounds, layout.customBoundCount)
    if (this.#hasStarts) this.#starts.save(place)
    this.#samples.save(place)
  }

  /**
   * Goes on with a chunk that was saved. Of its bytes, those that the next append writes are in
   * tail(); closedBytes does not have it.
   */
  load(place: StatePlace, chunk: SavedChunk): void {
    const layout = this.#layout
    this.#header = hints[place.take()] ?? resetHint.unknown
    layout.schema = place.take()
    layout.zeroThreshold = place.take()
    const positiveSpans = place.take()
    const negativeSpans = place.take()
    layout.positiveBucketCount = place.take()
    layout.negativeBucketCount = place.take()
    const bounds = place.take()
    this.#newestBuckets = place.take()
    layout.setPositiveSpans(takeSpans(place, positiveSpans), positiveSpans)
    layout.setNegativeSpans(takeSpans(place, negativeSpans), negativeSpans)
    if (layout.customBounds.length < bounds) layout.customBounds = new Float64Array(bounds)
    place.takeNumbers(layout.customBounds, bounds)
    layout.customBoundCount = bounds
    if (this.#hasStarts) this.#starts.load(place)
    this.#samples.load(place)
    this.sampleCount = chunk.sampleCount
    this.minTimeMs = chunk.minTimeMs
    this.maxTimeMs = chunk.maxTimeMs
    this.#continues = false
    this.#bit = chunk.bitLength
    this.#originBit = chunk.bitLength & ~7
    this.#saved = chunk
    this.#buffer.clear()
  }

  /** The newest histogram of the open chunk, with all of the chunk's buckets. */
  newest(into: NativeHistogram): void {
    const samples = this.#samples
    into.clear()
    into.isFloat = this.isFloat
    samples.copySum(into.sumHalves)
    if (samples.stale) return
    into.copyLayout(this.#layout)
    into.count = samples.count
    into.zeroCount = samples.zeroCount
    const { positiveBucketCount: positive, negativeBucketCount: negative } = this.#layout
    into.reserveBuckets(positive, negative)
    into.positiveBuckets.set(samples.bucketCounts.subarray(0, positive))
    into.negativeBuckets.set(samples.bucketCounts.subarray(positive, positive + negative))
  }

  /** First byte of the chunk that tail() has: 0, or where a loaded chunk ended, bits and all. */
  get tailStart(): number {
    return this.#originBit >>> 3
  }

  /** The chunk's bytes from tailStart on, zeros in place of a loaded chunk's last bits. */
  tail(): Uint8Array {
    if (this.#originBit === 0) return this.bytes()
    return this.#buffer.bytes.subarray(0, this.byteLength - this.tailStart)
  }

  /** The open chunk's data, with its header; valid until the next call. */
  bytes(): Uint8Array {
    if (this.#originBit > 0) return this.#saved?.bytes() ?? new Uint8Array(0)
    const { bytes, view } = this.#buffer
    view.setUint16(0, this.countField)
    view.setUint8(2, this.thirdByte)
    return bytes.subarray(0, this.byteLength)
  }

  /** What the chunk's first two bytes say. */
  get countField(): number {
    const flags = headerOfHint[this.#header] << 6
    return this.sampleCount | (this.#hasStarts ? flags << 8 : 0)
  }

  /** The header of the start timestamps, which may still change, or the flags. */
  get thirdByte(): number {
    return this.#hasStarts ? this.#starts.header : headerOfHint[this.#header] << 6
  }

  /** startMs is 0 for none; chunks without start timestamps do not keep it. */
  append(timestampMs: number, startMs: number, histogram: NativeHistogram): AppendOutcome {
    assert(histogram.isFloat === this.isFloat, 'a histogram of the other kind')
    this.#newestBuckets = histogram.positiveBucketCount + histogram.negativeBucketCount
    const full = this.sampleCount === samplesMaxOf(this.encoding)
    if (full) this.cut()
    if (this.sampleCount === 0) {
      this.#begin(this.#firstHeader(histogram), timestampMs, startMs, histogram)
      return full ? appendOutcome.cut : appendOutcome.appended
    }
    const gauge = histogram.hint === resetHint.gauge
    const refusal = gauge ? this.#gaugeRefusal(histogram) : this.#counterRefusal(histogram)
    if (refusal !== undefined) {
      this.cut()
      let header: ResetHint = gauge ? resetHint.gauge : refusal
      // Of floats Prometheus says no more than that there was a reset.
      if (this.isFloat && header === resetHint.notReset) header = resetHint.unknown
      this.#begin(header, timestampMs, startMs, histogram)
      return appendOutcome.cut
    }
    if (histogram.isStale) {
      this.#put(timestampMs, startMs, histogram)
      return appendOutcome.appended
    }
    return this.#putFitted(timestampMs, startMs, histogram, gauge)
  }

  /**
   * Closes the open chunk, if it has samples; the next histogram begins one whose header says how
   * it goes on from there.
   */
  cut(): void {
    if (this.sampleCount === 0) return
    if (this.#originBit === 0) {
      this.closedBytes = this.bytes()
      const buffer = this.#closedBuffer
      this.#closedBuffer = this.#buffer
      this.#buffer = buffer
    }
    this.closedMinTimeMs = this.minTimeMs
    this.closedMaxTimeMs = this.maxTimeMs
    this.sampleCount = 0
    this.#continues = true
  }

  /** Forgets everything, for the next series. */
  clear(): void {
    this.sampleCount = 0
    this.#continues = false
    this.#header = resetHint.unknown
  }

  #firstHeader(histogram: NativeHistogram): ResetHint {
    if (histogram.hint === resetHint.gauge || histogram.hint === resetHint.reset) {
      return histogram.hint
    }
    if (!this.#continues) return resetHint.unknown
    const refusal = this.#counterRefusal(histogram) ?? resetHint.notReset
    return this.isFloat && refusal !== resetHint.reset ? resetHint.notReset : refusal
  }

  /** Why a counter does not go on in this chunk, as its next one's header says it. */
  #counterRefusal(histogram: NativeHistogram): ResetHint | undefined {
    const samples = this.#samples
    if (this.#header === resetHint.gauge) return resetHint.notReset
    if (histogram.hint === resetHint.reset) return resetHint.reset
    if (histogram.isStale) return undefined
    if (samples.stale) return resetHint.unknown
    if (histogram.count < samples.count) return resetHint.reset
    if (this.#differsInScale(histogram)) return resetHint.unknown
    if (this.#differsInBounds(histogram)) return resetHint.reset
    if (histogram.zeroCount < samples.zeroCount) return resetHint.reset
    this.#compare(histogram, false)
    const change = this.#positiveChange | this.#negativeChange
    return (change & bucketChange.reset) === 0 ? undefined : resetHint.reset
  }

  #gaugeRefusal(histogram: NativeHistogram): ResetHint | undefined {
    if (this.#header !== resetHint.gauge) return resetHint.gauge
    if (histogram.isStale) return undefined
    if (this.#samples.stale || this.#differsInScale(histogram)) return resetHint.gauge
    if (this.#differsInBounds(histogram)) return resetHint.gauge
    this.#compare(histogram, true)
    return undefined
  }

  #differsInScale({ schema, zeroThreshold }: NativeHistogram): boolean {
    return schema !== this.#layout.schema || zeroThreshold !== this.#layout.zeroThreshold
  }

  #differsInBounds({ schema, customBounds, customBoundCount }: NativeHistogram): boolean {
    if (schema !== customBucketsSchema) return false
    const layout = this.#layout
    if (customBoundCount !== layout.customBoundCount) return true
    for (let index = 0; index < customBoundCount; index++) {
      if (customBounds[index] !== layout.customBounds[index]) return true
    }
    return false
  }

  #compare(histogram: NativeHistogram, gauge: boolean): void {
    const layout = this.#layout
    const { bucketCounts } = this.#samples
    this.#positiveChange = compareBuckets(
      layout.positiveSpans,
      layout.positiveSpanCount,
      bucketCounts,
      0,
      histogram.positiveSpans,
      histogram.positiveSpanCount,
      histogram.positiveBuckets,
      gauge,
    )
    this.#negativeChange = compareBuckets(
      layout.negativeSpans,
      layout.negativeSpanCount,
      bucketCounts,
      layout.positiveBucketCount,
      histogram.negativeSpans,
      histogram.negativeSpanCount,
      histogram.negativeBuckets,
      gauge,
    )
  }

  /** Appends a histogram that fits but for its buckets: it, the chunk or both are made wider. */
  #putFitted(
    timestampMs: number,
    startMs: number,
    histogram: NativeHistogram,
    gauge: boolean,
  ): AppendOutcome {
    const positive = this.#positiveChange
    const negative = this.#negativeChange
    const change = positive | negative
    if ((change & bucketChange.added) === 0) {
      let fitted = histogram
      if (change !== 0) {
        spreadHistogram(histogram, this.#layout, spread)
        fitted = spread
      }
      this.#put(timestampMs, startMs, fitted)
      return appendOutcome.appended
    }
    // The chunk gets the histogram's own spans where these have all of its buckets. Gauges unite
    // both sides or none.
    const { missing } = bucketChange
    wider.copyLayout(histogram)
    if (((gauge ? change : positive) & missing) !== 0) {
      const { positiveSpans, positiveSpanCount } = this.#layout
      const { positiveSpans: spans, positiveSpanCount: spanCount } = histogram
      uniteSpans(positiveSpans, positiveSpanCount, spans, spanCount, united)
      wider.setPositiveSpans(united.spans, united.spanCount)
      wider.positiveBucketCount = united.bucketCount
    }
    if (((gauge ? change : negative) & missing) !== 0) {
      const { negativeSpans, negativeSpanCount } = this.#layout
      const { negativeSpans: spans, negativeSpanCount: spanCount } = histogram
      uniteSpans(negativeSpans, negativeSpanCount, spans, spanCount, united)
      wider.setNegativeSpans(united.spans, united.spanCount)
      wider.negativeBucketCount = united.bucketCount
    }
    this.#rewrite(this.bytes(), this.#header, wider)
    spreadHistogram(histogram, wider, spread)
    this.#put(timestampMs, startMs, spread)
    return appendOutcome.recoded
  }

  /** Goes on with a chunk of its encoding, from its data. Throws ChunkCorruption. */
  restore(bytes: Uint8Array): void {
    const flags = ((this.#hasStarts ? bytes[0] : bytes[2]) ?? 0) >>> 6
    const header = hints.find((hint) => headerOfHint[hint] === flags) ?? resetHint.unknown
    this.#rewrite(bytes, header, undefined)
    const { positiveBucketCount, negativeBucketCount } = this.#layout
    this.#newestBuckets = this.#samples.stale ? 0 : positiveBucketCount + negativeBucketCount
  }

  /** Writes the samples of a chunk anew, with this layout or with that of its first sample. */
  #rewrite(bytes: Uint8Array, header: ResetHint, layout: HistogramLayout | undefined): void {
    recoder.open(this.encoding, bytes)
    for (let first = true; recoder.next(); first = false) {
      recoder.fill(recoded)
      if (first && layout === undefined) wider.copyLayout(recoded)
      spreadHistogram(recoded, layout ?? wider, spread)
      const { timestampMs, startMs } = recoder
      if (first) this.#begin(header, timestampMs, startMs, spread)
      else this.#put(timestampMs, startMs, spread)
    }
  }

  #begin(
    header: ResetHint,
    timestampMs: number,
    startMs: number,
    histogram: NativeHistogram,
  ): void {
    let first = histogram
    if (histogram.isStale) {
      empty.clear()
      empty.sum.set(histogram.sum)
      first = empty
    }
    const buffer = this.#buffer
    buffer.clear()
    this.#originBit = 0
    this.#saved = undefined
    const headerBytes = headerBytesOf(this.encoding)
    buffer.reserve(headerBytes + layoutBytesMax(first) + sampleBytesMaxOf(first))
    this.#layout.copyLayout(first)
    this.#header = header
    this.#continues = false
    this.sampleCount = 1
    this.minTimeMs = timestampMs
    this.maxTimeMs = timestampMs
    const bit = putLayout(buffer.view, headerBytes * 8, first)
    this.#bit = this.#samples.putFirst(buffer.view, bit, timestampMs, first)
    this.#starts.clear()
    if (this.#hasStarts) {
      this.#bit = this.#starts.putFirst(buffer.view, this.#bit, timestampMs, startMs)
    }
  }

  #put(timestampMs: number, startMs: number, histogram: NativeHistogram): void {
    const buffer = this.#buffer
    const origin = this.#originBit
    buffer.reserve(this.byteLength - (origin >>> 3) + sampleBytesMaxOf(this.#layout))
    const { view } = buffer
    let bit = this.#samples.put(view, this.#bit - origin, timestampMs, histogram)
    if (this.#hasStarts) {
      bit = this.#starts.put(view, bit, this.sampleCount, this.maxTimeMs, startMs)
    }
    this.#bit = bit + origin
    this.maxTimeMs = timestampMs
    this.sampleCount++
  }
}

let spanScratch = new Int32Array(16)

function putSpans(place: StatePlace, spans: Int32Array, count: number): void {
  for (let span = 0; span < count * 2; span += 2) {
    place.putPair(spans[span] ?? 0, spans[span + 1] ?? 0)
  }
}

/** Valid until the next call. */
function takeSpans(place: StatePlace, count: number): Int32Array {
  if (spanScratch.length < count * 2) spanScratch = new Int32Array(count * 2)
  for (let span = 0; span < count * 2; span += 2) place.takePair(spanScratch, span)
  return spanScratch
}
