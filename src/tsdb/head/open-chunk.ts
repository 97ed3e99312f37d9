import {
  halvesOf,
  isStaleAt,
  staleNanHigh,
  staleNanLow,
  writeStaleAt,
} from '../../model/stale-nan.ts'
import { isHistogramEncoding, sampleCountOf } from '../chunk/chunk-encoding.ts'
import { encoding } from '../chunk/encoding.ts'
import { appendXor, appendXorRun, sampleBitsMax } from '../chunk/xor-append.ts'
import { kindBits, lineDouble, lineWord, newestStale } from '../chunk/xor-line.ts'
import { appendXor2, xor2SampleBytesMax } from '../chunk/xor2-append.ts'
import { type ChunkColumns, sizeClassOf, slotUnitBytes, slotUnits } from './chunk-columns.ts'
import { estimatedEnd, rangeEnd } from './chunk-ends.ts'
import type { ClosedChunks } from './closed-chunks.ts'
import type { HeadEncodings } from './head-encodings.ts'
import { OpenHistograms } from './histogram-chunks.ts'
import { NewestStarts } from './newest-starts.ts'
import { copyOpenChunk, countBytes } from './open-chunk-bytes.ts'
import { OpenChunkEnds } from './open-chunk-ends.ts'
import type { SeriesColumns } from './series-columns.ts'
import type { SlotAllocator } from './slot-allocator.ts'
import type { SnapshotChunk } from './snapshot-record.ts'
import { snapshotWord, snapshotWords } from './snapshot-words.ts'
import { StaleSeries } from './stale-series.ts'

/** Upstream's rules for the end of a chunk (tsdb/head_append.go): aimed at 120 samples, never over 1 KiB. */
const samplesAimedAtFirst = 120
const chunkBytesMax = 1024 - 19
/** Whole bytes, without the two of the sample count. */
const chunkBitsMax = (chunkBytesMax - 2) * 8
/** Runs of samples, as long as the one at hand, for which a chunk that is moved gets room behind it. */
const runsAhead = 2

/** A chunk of a head chunk file, as the line of its series is told of it. */
interface AttachedChunk {
  readonly encoding: number
  readonly minTimeMs: number
  readonly maxTimeMs: number
}

export interface OpenChunksOptions {
  readonly series: SeriesColumns
  readonly chunks: ChunkColumns
  readonly slots: SlotAllocator
  readonly closed: ClosedChunks
  /** A chunk ends with its aligned range: that of blocks from the head. */
  readonly rangeMs: number
  /** May change between two appends. */
  readonly encodings: HeadEncodings
}

/** Appends samples to the open chunks of series and closes the chunks that are full. */
export class OpenChunks {
  readonly #series: SeriesColumns
  readonly #chunks: ChunkColumns
  readonly #slots: SlotAllocator
  readonly #closed: ClosedChunks
  readonly #rangeMs: number
  readonly #encodings: HeadEncodings
  /** A chunk's end is estimated from its first quarter; with twice what it is aimed at it ends. */
  readonly #samplesEstimated: number
  readonly #samplesMax: number
  readonly #starts = new NewestStarts()
  /** By how much chunks are expected to grow from where they are, where that is known; see HeadReplay.comesTo. */
  foreseen: number | undefined
  /** Up to when samples are expected, where that is known: chunks get room for those of their pace. */
  foreseenMs: number | undefined
  readonly stale = new StaleSeries()
  readonly histograms: OpenHistograms
  readonly ends: OpenChunkEnds

  constructor(options: OpenChunksOptions) {
    this.#series = options.series
    this.#chunks = options.chunks
    this.#slots = options.slots
    this.#closed = options.closed
    this.#rangeMs = options.rangeMs
    this.#encodings = options.encodings
    const { samplesPerChunk = samplesAimedAtFirst } = options.encodings
    this.#samplesEstimated = Math.floor(samplesPerChunk / 4)
    this.#samplesMax = samplesPerChunk * 2
    this.ends = new OpenChunkEnds(options.series, options.chunks)
    const { stale } = this
    const close = (series: number) => this.#close(series)
    this.histograms = new OpenHistograms({ ...options, stale, close })
  }

  /** Timestamp of the newest sample; -Infinity where there is none. */
  newestMs(series: number): number {
    const words = this.#series.words(series)
    const at = this.#series.lineAt(series)
    const samples = (words[at * 2 + lineWord.counts] ?? 0) & 0xffff
    if (samples === 0 && words[at * 2 + lineWord.chain] === 0) return Number.NEGATIVE_INFINITY
    return this.#series.doubles(series)[at + lineDouble.timestampMs] ?? 0
  }

  /** Whether the newest sample, if there is one, is before element `index` of these times. */
  endsBefore(series: number, timestampsMs: Float64Array, index: number): boolean {
    const words = this.#series.words(series)
    const at = this.#series.lineAt(series)
    const samples = (words[at * 2 + lineWord.counts] ?? 0) & 0xffff
    if (samples === 0 && words[at * 2 + lineWord.chain] === 0) return true
    const newestMs = this.#series.doubles(series)[at + lineDouble.timestampMs] ?? 0
    return newestMs < (timestampsMs[index] ?? 0)
  }

  /** Whether the series has no sample. */
  isEmpty(series: number): boolean {
    return this.newestMs(series) === Number.NEGATIVE_INFINITY
  }

  /** Of the newest sample: 0 for a float and where there is none, else its chunk's encoding. */
  newestKind(series: number): number {
    if (this.isEmpty(series)) return 0
    const word = this.#series.lineAt(series) * 2 + lineWord.kind
    const kind = (this.#series.words(series)[word] ?? 0) & kindBits
    return isHistogramEncoding(kind) ? kind : 0
  }

  /** Whether the newest sample is a stale marker, of whatever kind. */
  isStale(series: number): boolean {
    const word = this.#series.lineAt(series) * 2 + lineWord.kind
    return ((this.#series.words(series)[word] ?? 0) & newestStale) !== 0
  }

  /** True when the newest sample is a float with these bits. */
  newestIs(series: number, high: number, low: number): boolean {
    const words = this.#series.words(series)
    const at = this.#series.lineAt(series) * 2
    const kind = words[at + lineWord.kind] ?? 0
    if (isHistogramEncoding(kind & kindBits)) return false
    if ((kind & newestStale) !== 0) return isStaleMarker(high, low)
    return words[at + lineWord.valueHigh] === high && words[at + lineWord.valueLow] === low
  }

  /** The value of the newest sample; undefined where it is a histogram. */
  newestFloat(series: number): number | undefined {
    if (this.newestKind(series) !== 0) return undefined
    if (this.isStale(series)) return Number.NaN
    return this.#series.doubles(series)[this.#series.lineAt(series) + lineDouble.value]
  }

  /** Appends a sample that is newer than the newest; answers whether a chunk was opened for it. */
  append(series: number, timestampMs: number, startMs: number, high: number, low: number): boolean {
    const words = this.#series.words(series)
    const doubles = this.#series.doubles(series)
    const double = this.#series.lineAt(series)
    const word = double * 2
    const wanted = this.#encodings.floats === encoding.xor ? 0 : encoding.xor2
    let kind = (words[word + lineWord.kind] ?? 0) & kindBits
    let samples = (words[word + lineWord.counts] ?? 0) & 0xffff
    let opened = false
    if (
      samples > 0 &&
      ((kind !== wanted && this.#mustChange(kind)) ||
        this.#isFull(words, word, doubles, double, samples, timestampMs))
    ) {
      this.#close(series)
      samples = 0
    }
    if (samples === 0) {
      kind = wanted
      words[word + lineWord.kind] = ((words[word + lineWord.kind] ?? 0) & newestStale) | kind
      words[word + lineWord.slot] = this.#slots.allocate(0)
      words[word + lineWord.slotClass] = 0
      doubles[double + lineDouble.cutAtMs] = rangeEnd(timestampMs, this.#rangeMs)
      if (words[word + lineWord.chain] === 0) this.#series.oldestMs.set(series, timestampMs)
      opened = true
    }
    const bitsMax =
      kind === 0
        ? nextBitsMax(words, word, doubles, double, samples, timestampMs, high, low)
        : xor2SampleBytesMax * 8
    this.#makeRoom(words, word, bitsMax)
    const slot = words[word + lineWord.slot] ?? 0
    const view = this.#chunks.slotView(slot)
    const start = this.#chunks.slotStart(slot)
    if (kind === 0) {
      appendXor(words, word, doubles, double, view, start, timestampMs, high, low)
    } else {
      const before = this.#starts.get(series)
      // biome-ignore format: one line of arguments, as above
      appendXor2(words, word, doubles, double, view, start, timestampMs, before, startMs, high, low)
      this.#starts.set(series, startMs)
    }
    this.stale.mark(words, word, isStaleMarker(high, low))
    return opened
  }

  /**
   * Appends samples `from` to `to` of one series as long as each only goes on with its open XOR chunk:
   * is newer than the one before, no stale marker, and has room. Answers where that ends: most
   * samples need no more than this, and what the line says is looked up once for all of them.
   */
  appendRun(
    series: number,
    timestampsMs: Float64Array,
    halves: Uint32Array,
    from: number,
    to: number,
  ): number {
    const words = this.#series.words(series)
    const double = this.#series.lineAt(series)
    const word = double * 2
    // No histogram, no XOR2, and the newest sample is not stale.
    if (words[word + lineWord.kind] !== 0 || this.#encodings.floats !== encoding.xor) return from
    let samples = (words[word + lineWord.counts] ?? 0) & 0xffff
    if (samples === 0) return from
    const doubles = this.#series.doubles(series)
    const slot = words[word + lineWord.slot] ?? 0
    const view = this.#chunks.slotView(slot)
    const start = this.#chunks.slotStart(slot)
    const bitsRoom = bitsOf(words[word + lineWord.slotClass] ?? 0)
    for (let index = from; ; ) {
      if (samples === this.#samplesEstimated) this.#estimateEnd(doubles, double)
      const most = samples < this.#samplesEstimated ? this.#samplesEstimated : this.#samplesMax
      const end = Math.min(to, index + Math.max(0, most - samples))
      // biome-ignore format: one line of arguments, as above
      const next = appendXorRun(words, word, doubles, double, view, start, timestampsMs, halves, index, end, chunkBitsMax + 1, bitsRoom)
      samples += next - index
      if (next < end) this.#makeRoomForRun(words, word, doubles, double, to - next, to - from)
      if (next < end || next === to || samples >= this.#samplesMax) return next
      index = next
    }
  }

  /** A float chunk goes on in its own encoding, but where one cannot hold the start timestamps. */
  #mustChange(kind: number): boolean {
    return isHistogramEncoding(kind) || this.#encodings.storesStarts
  }

  #isFull(
    words: Uint32Array,
    word: number,
    doubles: Float64Array,
    double: number,
    samples: number,
    timestampMs: number,
  ): boolean {
    if ((words[word + lineWord.bits] ?? 0) > chunkBitsMax) return true
    if (samples === this.#samplesEstimated) this.#estimateEnd(doubles, double)
    return timestampMs >= (doubles[double + lineDouble.cutAtMs] ?? 0) || samples >= this.#samplesMax
  }

  #estimateEnd(doubles: Float64Array, double: number): void {
    doubles[double + lineDouble.cutAtMs] = estimatedEnd(
      doubles[double + lineDouble.minTimeMs] ?? 0,
      doubles[double + lineDouble.timestampMs] ?? 0,
      doubles[double + lineDouble.cutAtMs] ?? 0,
      4,
    )
  }

  /** Closes the chunk that is open, if one is. */
  closeOpen(series: number): void {
    const counts = this.#series.lineAt(series) * 2 + lineWord.counts
    if (((this.#series.words(series)[counts] ?? 0) & 0xffff) > 0) this.#close(series)
  }

  #close(series: number): void {
    const words = this.#series.words(series)
    const doubles = this.#series.doubles(series)
    const double = this.#series.lineAt(series)
    const word = double * 2
    const kind = (words[word + lineWord.kind] ?? 0) & kindBits
    if (isHistogramEncoding(kind)) this.histograms.release(words, word)
    const slot = words[word + lineWord.slot] ?? 0
    const start = this.#chunks.slotStart(slot)
    const bytes = Math.ceil((words[word + lineWord.bits] ?? 0) / 8)
    words[word + lineWord.chain] = this.#closed.close({
      ref: this.#series.ref.get(series),
      encoding: kind === 0 ? encoding.xor : kind,
      source: this.#chunks.slotSegment(slot).subarray(start, start + bytes),
      countField: (words[word + lineWord.counts] ?? 0) & 0xffff,
      minTimeMs: doubles[double + lineDouble.minTimeMs] ?? 0,
      maxTimeMs: doubles[double + lineDouble.timestampMs] ?? 0,
      previous: words[word + lineWord.chain] ?? 0,
    })
    this.#slots.free(slot, words[word + lineWord.slotClass] ?? 0)
    words[word + lineWord.bits] = 0
    words[word + lineWord.counts] = 0
  }

  /**
   * A chunk that a file already holds becomes the series' newest, before it has an open one: the
   * value of its last sample comes with that sample's own record in the log (see knowNewest).
   */
  attach(series: number, entry: number, chunk: AttachedChunk): void {
    const { minTimeMs, maxTimeMs } = chunk
    const words = this.#series.words(series)
    const double = this.#series.lineAt(series)
    const word = double * 2
    if (words[word + lineWord.chain] === 0) this.#series.oldestMs.set(series, minTimeMs)
    words[word + lineWord.chain] = entry
    this.stale.mark(words, word, false)
    words[word + lineWord.kind] = chunk.encoding === encoding.xor ? 0 : chunk.encoding
    this.#series.doubles(series)[double + lineDouble.timestampMs] = maxTimeMs
  }

  /** Sets the value of the newest sample, from element `index` of halves, where no chunk is open. */
  knowNewest(series: number, halves: Uint32Array, index: number): void {
    const words = this.#series.words(series)
    const word = this.#series.lineAt(series) * 2
    if (((words[word + lineWord.counts] ?? 0) & 0xffff) > 0) return
    this.stale.mark(words, word, isStaleAt(halves, index))
    if (isHistogramEncoding((words[word + lineWord.kind] ?? 0) & kindBits)) return
    words[word + lineWord.valueLow] = halves[index * 2] ?? 0
    words[word + lineWord.valueHigh] = halves[index * 2 + 1] ?? 0
  }

  /** The series is taken away: nothing of it is counted any more. */
  forget(series: number): void {
    this.stale.mark(this.#series.words(series), this.#series.lineAt(series) * 2, false)
  }

  /** The open chunk of a series, for a memory snapshot; false where it has none. */
  readOpen(series: number, into: SnapshotChunk): boolean {
    const words = this.#series.words(series)
    const doubles = this.#series.doubles(series)
    const double = this.#series.lineAt(series)
    const word = double * 2
    const countField = (words[word + lineWord.counts] ?? 0) & 0xffff
    if (countField === 0) return false
    const kind = (words[word + lineWord.kind] ?? 0) & kindBits
    const bits = words[word + lineWord.bits] ?? 0
    const length = Math.ceil(bits / 8) + countBytes
    if (into.bytes.buffer.byteLength < length) into.bytes = new Uint8Array(length * 2)
    const bytes = new Uint8Array(into.bytes.buffer)
    copyOpenChunk(this.#chunks, words[word + lineWord.slot] ?? 0, bits, countField, bytes)
    into.bytes = bytes.subarray(0, length)
    into.encoding = kind === 0 ? encoding.xor : kind
    into.minTimeMs = doubles[double + lineDouble.minTimeMs] ?? 0
    into.maxTimeMs = doubles[double + lineDouble.timestampMs] ?? 0
    const halves = halvesOf(into.value)
    if (isHistogramEncoding(kind)) this.histograms.newest(series, into.histogram)
    else if (this.isStale(series)) writeStaleAt(halves, 0)
    else {
      halves[0] = words[word + lineWord.valueLow] ?? 0
      halves[1] = words[word + lineWord.valueHigh] ?? 0
    }
    return true
  }

  /**
   * Makes a chunk of a memory snapshot the open one of a series without any; the next sample begins
   * another, as in upstream. Throws ChunkCorruption.
   */
  restore(series: number, chunk: SnapshotChunk): void {
    const words = this.#series.words(series)
    const doubles = this.#series.doubles(series)
    const double = this.#series.lineAt(series)
    const word = double * 2
    if (words[word + lineWord.chain] === 0) this.#series.oldestMs.set(series, chunk.minTimeMs)
    if (isHistogramEncoding(chunk.encoding)) {
      this.histograms.restore(series, chunk.encoding, chunk.bytes)
      return
    }
    const data = chunk.bytes.subarray(countBytes)
    const sizeClass = sizeClassOf(data.length)
    const slot = this.#slots.allocate(sizeClass)
    this.#chunks.slotSegment(slot).set(data, this.#chunks.slotStart(slot))
    const halves = halvesOf(chunk.value)
    const kind = chunk.encoding === encoding.xor ? 0 : chunk.encoding
    words[word + lineWord.kind] = ((words[word + lineWord.kind] ?? 0) & newestStale) | kind
    words[word + lineWord.valueLow] = halves[0] ?? 0
    words[word + lineWord.valueHigh] = halves[1] ?? 0
    words[word + lineWord.slot] = slot
    words[word + lineWord.slotClass] = sizeClass
    words[word + lineWord.bits] = data.length * 8
    words[word + lineWord.counts] = sampleCountOf(chunk.encoding, chunk.bytes)
    doubles[double + lineDouble.minTimeMs] = chunk.minTimeMs
    doubles[double + lineDouble.timestampMs] = chunk.maxTimeMs
    doubles[double + lineDouble.cutAtMs] = chunk.maxTimeMs
    this.stale.mark(words, word, isStaleAt(halves, 0))
  }

  /** Gives up the open chunk of a series, whose samples are all too old by now. */
  dropOpen(series: number): void {
    const words = this.#series.words(series)
    const word = this.#series.lineAt(series) * 2
    const kind = (words[word + lineWord.kind] ?? 0) & kindBits
    if (isHistogramEncoding(kind)) this.histograms.release(words, word)
    this.#slots.free(words[word + lineWord.slot] ?? 0, words[word + lineWord.slotClass] ?? 0)
    words[word + lineWord.bits] = 0
    words[word + lineWord.counts] = 0
  }

  /** Moves a chunk whose next sample may not fit its slot into one of the next class. */
  #makeRoom(words: Uint32Array, word: number, bitsMax: number): void {
    const sizeClass = words[word + lineWord.slotClass] ?? 0
    const bits = words[word + lineWord.bits] ?? 0
    if (bits + bitsMax > bitsOf(sizeClass)) this.#enlarge(words, word, sizeClass, sizeClass + 1)
  }

  /**
   * So that the samples of a run, if they are as large as those before, move their chunk once, and those
   * of like runs behind it seldom: who sends runs sends the next as long.
   */
  #makeRoomForRun(
    words: Uint32Array,
    word: number,
    doubles: Float64Array,
    double: number,
    samples: number,
    ofRun: number,
  ): void {
    const sizeClass = words[word + lineWord.slotClass] ?? 0
    const bits = words[word + lineWord.bits] ?? 0
    const before = (words[word + lineWord.counts] ?? 0) & 0xffff
    const all = before + samples - 1
    const grown = this.foreseen === undefined ? all + ofRun * runsAhead : all * this.foreseen
    const foreseen = this.#foreseenSamples(doubles, double, before) ?? grown
    const atLeast = Math.max(all, Math.min(foreseen, this.#samplesEstimated * 4))
    const expected = Math.min((bits / before) * atLeast, chunkBitsMax)
    const wanted = sizeClassOf(Math.ceil((expected + sampleBitsMax(before, false, false)) / 8))
    if (wanted > sizeClass) this.#enlarge(words, word, sizeClass, wanted)
  }

  /** How many samples a chunk of so many will have if it goes on as until now. */
  #foreseenSamples(doubles: Float64Array, double: number, samples: number): number | undefined {
    if (this.foreseenMs === undefined) return undefined
    const minTimeMs = doubles[double + lineDouble.minTimeMs] ?? 0
    const lastMs = doubles[double + lineDouble.timestampMs] ?? 0
    const endMs = Math.min(this.foreseenMs, doubles[double + lineDouble.cutAtMs] ?? 0)
    return samples + ((samples - 1) * (endMs - lastMs)) / Math.max(1, lastMs - minTimeMs)
  }

  #enlarge(words: Uint32Array, word: number, sizeClass: number, wanted: number): void {
    const slot = words[word + lineWord.slot] ?? 0
    const bytes = Math.ceil((words[word + lineWord.bits] ?? 0) / 8)
    words[word + lineWord.slot] = this.#slots.enlarge(slot, sizeClass, wanted, bytes)
    words[word + lineWord.slotClass] = wanted
  }

  /** Writes the words of a snapshot for each series: one step between commits. */
  snapshot(ids: Uint32Array, count: number): Uint32Array<ArrayBuffer> {
    const out = new Uint32Array(count * snapshotWords)
    let at = 0
    for (let index = 0; index < count; index++) {
      const series = ids[index] ?? 0
      const words = this.#series.words(series)
      const double = this.#series.lineAt(series)
      const word = double * 2
      out[at + snapshotWord.slot] = words[word + lineWord.slot] ?? 0
      out[at + snapshotWord.bits] = words[word + lineWord.bits] ?? 0
      const kind = words[word + lineWord.kind] ?? 0
      const samples = (words[word + lineWord.counts] ?? 0) & 0xffff
      out[at + snapshotWord.samples] = samples | ((kind & kindBits) << 16)
      out[at + snapshotWord.chain] = words[word + lineWord.chain] ?? 0
      // The line of an XOR2 chunk has the newest value that is not stale.
      const isStale = (kind & newestStale) !== 0
      out[at + snapshotWord.valueLow] = isStale
        ? staleNanLow
        : (words[word + lineWord.valueLow] ?? 0)
      out[at + snapshotWord.valueHigh] = isStale
        ? staleNanHigh
        : (words[word + lineWord.valueHigh] ?? 0)
      const newestMs = this.#series.doubles(series)[double + lineDouble.timestampMs] ?? 0
      out[at + snapshotWord.timeLow] = newestMs
      out[at + snapshotWord.timeHigh] = Math.floor(newestMs / 2 ** 32)
      at += snapshotWords
    }
    return out
  }
}

/** Of a slot. */
function bitsOf(sizeClass: number): number {
  return (slotUnits[sizeClass] ?? 0) * slotUnitBytes * 8
}

/** How many bits the sample takes at most behind those of an XOR chunk. */
function nextBitsMax(
  words: Uint32Array,
  word: number,
  doubles: Float64Array,
  double: number,
  samples: number,
  timestampMs: number,
  high: number,
  low: number,
): number {
  if (samples === 0) return sampleBitsMax(0, false, false)
  const deltaMs = timestampMs - (doubles[double + lineDouble.timestampMs] ?? 0)
  const isSamePace = deltaMs === doubles[double + lineDouble.deltaMs]
  const isSameValue =
    words[word + lineWord.valueHigh] === high && words[word + lineWord.valueLow] === low
  return sampleBitsMax(samples, isSamePace, isSameValue)
}

function isStaleMarker(high: number, low: number): boolean {
  return high === staleNanHigh && low === staleNanLow
}
