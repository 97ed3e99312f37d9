import { NativeHistogram } from '../../model/histogram.ts'
import { compactHistogram } from '../../model/histogram-compaction.ts'
import { equalHistograms } from '../../model/histogram-equality.ts'
import { samplesOfField } from '../chunk/chunk-encoding.ts'
import { encoding } from '../chunk/encoding.ts'
import {
  appendOutcome,
  HistogramChunkWriter,
  type SavedChunk,
  savedBuckets,
} from '../chunk/histogram-writer.ts'
import { StatePlace } from '../chunk/state-place.ts'
import { endEstimated, kindBits, lineDouble, lineWord, newestStale } from '../chunk/xor-line.ts'
import { type ChunkColumns, sizeClassOf, slotUnitBytes, slotUnits } from './chunk-columns.ts'
import { estimatedEnd, rangeEnd } from './chunk-ends.ts'
import type { HeadEncodings } from './head-encodings.ts'
import { HistogramStates } from './histogram-states.ts'
import { copyOpenChunk, countBytes } from './open-chunk-bytes.ts'
import type { SeriesColumns } from './series-columns.ts'
import type { SlotAllocator } from './slot-allocator.ts'
import type { StaleSeries } from './stale-series.ts'

/** Upstream's rules for the end of a chunk of histograms (tsdb/head_append.go). */
const chunkBytesAimed = 1024
const samplesMin = 10
/** A chunk is not written anew with more buckets times samples than this: it would outgrow a slot. */
const recodedCellsMax = 1 << 20

export interface OpenHistogramsOptions {
  readonly series: SeriesColumns
  readonly chunks: ChunkColumns
  readonly slots: SlotAllocator
  readonly rangeMs: number
  readonly encodings: HeadEncodings
  readonly stale: StaleSeries
  /** Closes the open chunk of a series, of whatever kind. */
  readonly close: (series: number) => void
}

/**
 * Appends histograms to the open chunks of series. Chunks are bytes in slots from the flags behind
 * the sample count on, with the same line as those of floats; one writer for each kind serves all
 * series in turn, whose states it takes from a slab and puts back. What a snapshot may name is never
 * written over: appends go on behind it, and a chunk with more buckets gets another slot.
 */
export class OpenHistograms {
  readonly states = new HistogramStates()
  /** Open chunks, of a series each, and the buckets of their newest histograms (row A9.12). */
  openCount = 0
  bucketCount = 0
  readonly #options: OpenHistogramsOptions
  readonly #integers: HistogramChunkWriter
  readonly #floats: HistogramChunkWriter
  readonly #place = new StatePlace()
  readonly #open: OpenChunk
  readonly #newest = new NativeHistogram()
  readonly #other = new NativeHistogram()

  constructor(options: OpenHistogramsOptions) {
    this.#options = options
    this.#open = new OpenChunk(options.chunks)
    const { histogramStarts } = options.encodings
    this.#integers = new HistogramChunkWriter(
      histogramStarts ? encoding.histogramStart : encoding.histogram,
    )
    this.#floats = new HistogramChunkWriter(
      histogramStarts ? encoding.floatHistogramStart : encoding.floatHistogram,
    )
  }

  /** Appends a histogram that is newer than the newest; answers whether a chunk was opened for it. */
  append(
    series: number,
    timestampMs: number,
    startMs: number,
    histogram: NativeHistogram,
  ): boolean {
    const columns = this.#options.series
    const words = columns.words(series)
    const doubles = columns.doubles(series)
    const double = columns.lineAt(series)
    const word = double * 2
    const writer = histogram.isFloat ? this.#floats : this.#integers
    writer.clear()
    this.#resume(series, words, word, doubles, double, timestampMs, histogram)
    const outcome = writer.append(timestampMs, startMs, histogram)
    if (outcome === appendOutcome.cut && !isEmpty(words, word)) this.#options.close(series)
    const opened = writer.sampleCount === 1
    if (opened) {
      doubles[double + lineDouble.minTimeMs] = timestampMs
      doubles[double + lineDouble.cutAtMs] = rangeEnd(timestampMs, this.#options.rangeMs)
      if (words[word + lineWord.chain] === 0) columns.oldestMs.set(series, timestampMs)
    }
    this.#store(writer, words, word)
    this.#save(writer, words, word)
    doubles[double + lineDouble.timestampMs] = timestampMs
    words[word + lineWord.bits] = writer.bitLength - countBytes * 8
    words[word + lineWord.counts] = writer.countField
    this.#options.stale.mark(words, word, histogram.isStale)
    return opened
  }

  /**
   * Has the writer go on with the open chunk, or begin one where there is none, where that is of
   * another kind, or full.
   */
  #resume(
    series: number,
    words: Uint32Array,
    word: number,
    doubles: Float64Array,
    double: number,
    timestampMs: number,
    histogram: NativeHistogram,
  ): void {
    const { close } = this.#options
    const writer = histogram.isFloat ? this.#floats : this.#integers
    const kind = words[word + lineWord.kind] ?? 0
    const samples = samplesIn(words, word)
    if (samples > 0 && (kind & kindBits) === writer.encoding) {
      this.#load(writer, words, word, doubles, double)
      const cells = samples * (histogram.positiveBucketCount + histogram.negativeBucketCount)
      const isFull = this.#isFull(words, word, doubles, double, samples, timestampMs)
      if (!isFull && cells <= recodedCellsMax) return
      close(series)
      writer.cut()
    } else if (samples > 0) close(series)
    words[word + lineWord.kind] = (kind & newestStale) | writer.encoding
  }

  /** Whether restore() goes on with chunks of this encoding. */
  isWritten(chunkEncoding: number): boolean {
    return chunkEncoding === this.#integers.encoding || chunkEncoding === this.#floats.encoding
  }

  /**
   * Makes a chunk of a memory snapshot the open one of a series without any. The next histogram
   * begins another, as in upstream. Throws ChunkCorruption.
   */
  restore(series: number, chunkEncoding: number, bytes: Uint8Array): void {
    const columns = this.#options.series
    const words = columns.words(series)
    const doubles = columns.doubles(series)
    const double = columns.lineAt(series)
    const word = double * 2
    const writer = chunkEncoding === this.#floats.encoding ? this.#floats : this.#integers
    writer.clear()
    writer.restore(bytes)
    words[word + lineWord.kind] =
      ((words[word + lineWord.kind] ?? 0) & newestStale) | writer.encoding
    doubles[double + lineDouble.minTimeMs] = writer.minTimeMs
    doubles[double + lineDouble.timestampMs] = writer.maxTimeMs
    doubles[double + lineDouble.cutAtMs] = writer.maxTimeMs
    this.#store(writer, words, word)
    this.#save(writer, words, word)
    words[word + lineWord.bits] = writer.bitLength - countBytes * 8
    words[word + lineWord.counts] = writer.countField
    writer.newest(this.#newest)
    this.#options.stale.mark(words, word, this.#newest.isStale)
  }

  /** The newest histogram of an open chunk. */
  newest(series: number, into: NativeHistogram): void {
    const columns = this.#options.series
    const words = columns.words(series)
    const double = columns.lineAt(series)
    const kind = (words[double * 2 + lineWord.kind] ?? 0) & kindBits
    const writer = kind === this.#floats.encoding ? this.#floats : this.#integers
    writer.clear()
    this.#load(writer, words, double * 2, columns.doubles(series), double)
    writer.newest(into)
  }

  /** Gives up the state of an open chunk that is closed or dropped. */
  release(words: Uint32Array, word: number): void {
    this.#count(words, word, -1)
    this.states.free(words[word + lineWord.statePlace] ?? 0, words[word + lineWord.stateClass] ?? 0)
  }

  /** True when the newest sample is this very histogram, as far as memory tells: an open chunk's. */
  newestIs(series: number, histogram: NativeHistogram): boolean {
    const columns = this.#options.series
    const words = columns.words(series)
    const double = columns.lineAt(series)
    const word = double * 2
    const writer = histogram.isFloat ? this.#floats : this.#integers
    const kind = (words[word + lineWord.kind] ?? 0) & kindBits
    if (kind !== writer.encoding || isEmpty(words, word)) return false
    this.#load(writer, words, word, columns.doubles(series), double)
    // The chunk may have empty buckets that the histogram has not.
    writer.newest(this.#newest)
    this.#other.copyFrom(histogram)
    compactHistogram(this.#newest)
    compactHistogram(this.#other)
    if (this.#newest.isStale && this.#other.isStale) return true
    return equalHistograms(this.#newest, this.#other)
  }

  #load(
    writer: HistogramChunkWriter,
    words: Uint32Array,
    word: number,
    doubles: Float64Array,
    double: number,
  ): void {
    const open = this.#open
    open.slot = words[word + lineWord.slot] ?? 0
    open.countField = (words[word + lineWord.counts] ?? 0) & 0xffff
    open.sampleCount = samplesIn(words, word)
    open.bitLength = (words[word + lineWord.bits] ?? 0) + countBytes * 8
    open.minTimeMs = doubles[double + lineDouble.minTimeMs] ?? 0
    open.maxTimeMs = doubles[double + lineDouble.timestampMs] ?? 0
    this.states.find(words[word + lineWord.statePlace] ?? 0, this.#place)
    writer.load(this.#place, open)
  }

  #isFull(
    words: Uint32Array,
    word: number,
    doubles: Float64Array,
    double: number,
    samples: number,
    timestampMs: number,
  ): boolean {
    const bytes = Math.ceil((words[word + lineWord.bits] ?? 0) / 8) + countBytes
    const kind = words[word + lineWord.kind] ?? 0
    const startMs = doubles[double + lineDouble.minTimeMs] ?? 0
    const cutAtMs = doubles[double + lineDouble.cutAtMs] ?? 0
    let endMs = cutAtMs
    let rangeEndMs = cutAtMs
    if ((kind & endEstimated) !== 0) rangeEndMs = rangeEnd(startMs, this.#options.rangeMs)
    else if (bytes >= chunkBytesAimed / 4) {
      const newestMs = doubles[double + lineDouble.timestampMs] ?? 0
      endMs = estimatedEnd(startMs, newestMs, cutAtMs, chunkBytesAimed / bytes)
      doubles[double + lineDouble.cutAtMs] = endMs
      words[word + lineWord.kind] = kind | endEstimated
    }
    if (timestampMs < endMs && bytes < chunkBytesAimed * 2) return false
    // A chunk has ten samples at least, but where its range ends.
    return samples >= samplesMin || timestampMs >= rangeEndMs
  }

  /** Puts what the writer wrote into the slot, or into another where it does not fit or is all new. */
  #store(writer: HistogramChunkWriter, words: Uint32Array, word: number): void {
    const { slots, chunks } = this.#options
    const { tailStart } = writer
    const tail = writer.tail()
    const size = writer.byteLength - countBytes
    const old = words[word + lineWord.slot] ?? 0
    const oldClass = words[word + lineWord.slotClass] ?? 0
    let slot = old
    if (tailStart === 0 || size > bytesOf(oldClass)) {
      const sizeClass = sizeClassOf(size)
      slot = slots.allocate(sizeClass)
      words[word + lineWord.slot] = slot
      words[word + lineWord.slotClass] = sizeClass
      if (tailStart > 0) {
        const start = chunks.slotStart(old)
        const known = Math.ceil((words[word + lineWord.bits] ?? 0) / 8)
        const source = chunks.slotSegment(old).subarray(start, start + known)
        chunks.slotSegment(slot).set(source, chunks.slotStart(slot))
      }
      if (!isEmpty(words, word)) slots.free(old, oldClass)
    }
    const bytes = chunks.slotSegment(slot)
    const start = chunks.slotStart(slot)
    if (tailStart === 0) {
      bytes.set(tail.subarray(countBytes), start)
      return
    }
    bytes[start] = writer.thirdByte
    // The last bits of the samples before stand in the first byte.
    const first = start + tailStart - countBytes
    bytes[first] = (bytes[first] ?? 0) | (tail[0] ?? 0)
    for (let index = 1; index < tail.length; index++) bytes[first + index] = tail[index] ?? 0
  }

  #save(writer: HistogramChunkWriter, words: Uint32Array, word: number): void {
    const { states } = this
    const sizeClass = states.classOf(writer.stateDoubles)
    const isNew = isEmpty(words, word)
    if (isNew || words[word + lineWord.stateClass] !== sizeClass) {
      if (!isNew) this.release(words, word)
      words[word + lineWord.statePlace] = states.allocate(sizeClass)
      words[word + lineWord.stateClass] = sizeClass
    } else this.#count(words, word, -1)
    states.find(words[word + lineWord.statePlace] ?? 0, this.#place)
    writer.save(this.#place)
    this.#count(words, word, 1)
  }

  /** Adds or takes off the open chunk whose state was saved. */
  #count(words: Uint32Array, word: number, sign: 1 | -1): void {
    this.states.find(words[word + lineWord.statePlace] ?? 0, this.#place)
    this.openCount += sign
    this.bucketCount += sign * savedBuckets(this.#place)
  }
}

/** The open chunk of a series as its writer asks for it: one for all of them. */
class OpenChunk implements SavedChunk {
  slot = 0
  countField = 0
  sampleCount = 0
  minTimeMs = 0
  maxTimeMs = 0
  bitLength = 0
  readonly #chunks: ChunkColumns
  #bytes = new Uint8Array(2048)

  constructor(chunks: ChunkColumns) {
    this.#chunks = chunks
  }

  bytes(): Uint8Array {
    const length = Math.ceil(this.bitLength / 8)
    if (this.#bytes.length < length) this.#bytes = new Uint8Array(length * 2)
    const bits = this.bitLength - countBytes * 8
    copyOpenChunk(this.#chunks, this.slot, bits, this.countField, this.#bytes)
    return this.#bytes.subarray(0, length)
  }
}

function isEmpty(words: Uint32Array, word: number): boolean {
  return ((words[word + lineWord.counts] ?? 0) & 0xffff) === 0
}

/** Of an open chunk of histograms. */
function samplesIn(words: Uint32Array, word: number): number {
  const kind = (words[word + lineWord.kind] ?? 0) & kindBits
  return samplesOfField(kind, (words[word + lineWord.counts] ?? 0) & 0xffff)
}

function bytesOf(sizeClass: number): number {
  return (slotUnits[sizeClass] ?? 0) * slotUnitBytes
}
