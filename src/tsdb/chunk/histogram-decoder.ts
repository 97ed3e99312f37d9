import { assert } from '../../base/assert.ts'
import type { ChunkKernel } from '../../kernels/chunk-kernel.ts'
import { chunkKernel } from '../../kernels/chunks.ts'
import {
  HistogramLayout,
  type NativeHistogram,
  type ResetHint,
  resetHint,
  schemaMax,
} from '../../model/histogram.ts'
import { ResolutionFold, spansGoForwards } from '../../model/resolution-fold.ts'
import type { HistogramRows } from '../../storage/querier.ts'
import { BitReader } from './bit-reader.ts'
import { ChunkCorruption, refusingOutside } from './chunk-corruption.ts'
import {
  encodingNames,
  headerBytesOf,
  isFloatHistogram,
  isHistogramEncoding,
  isHistogramSt,
  sampleCountOf,
} from './chunk-encoding.ts'
import type { HistogramColumns } from './histogram-columns.ts'
import { readLayout } from './histogram-layout.ts'
import { FloatSamples, type HistogramSamples, IntegerSamples } from './histogram-samples.ts'
import { KernelHistogramSamples } from './kernel-histogram-samples.ts'
import { StartReader } from './start-column.ts'
import { WideIntegerSamples } from './wide-integer-samples.ts'
import { decodeReadAheadBytes } from './xor-decode.ts'

/** By the upper two bits of the flags. */
const hintOfHeader = [
  resetHint.unknown,
  resetHint.notReset,
  resetHint.reset,
  resetHint.gauge,
] as const

/** Of a row of the kernel. */
const sumInRow = 3

/** A stale marker is a NaN; whichever NaN it is, is looked at one by one. */
function mayBeStale(sum: number): boolean {
  return Number.isNaN(sum)
}

/**
 * Reads histogram chunks of all four encodings (FEATURES T6.2, T6.4), one after the other: `open`,
 * then either `decode` for columns or `next` and `fill` for one histogram at a time. It works on a
 * copy of the bytes. All of them throw ChunkCorruption. Schemas finer than 8 come out as 8.
 */
export class HistogramDecoder {
  isFloat = false
  sampleCount = 0
  /** What the chunk says about the histogram before its first one. */
  resetHeader: ResetHint = resetHint.unknown
  /** Of the samples as they come out; a sample that is stale has no buckets. */
  layout = new HistogramLayout()
  /** Of the sample that `next` read. */
  startMs = 0
  readonly #stored = new HistogramLayout()
  readonly #reduced = new HistogramLayout()
  readonly #starts = new StartReader()
  readonly #integers = new IntegerSamples()
  readonly #floats = new FloatSamples()
  readonly #ahead = new KernelHistogramSamples()
  readonly #kernel: ChunkKernel | null
  #wide: WideIntegerSamples | undefined
  #samples: HistogramSamples = this.#integers
  #fold: ResolutionFold | undefined
  #scratch = new Uint8Array(2_048)
  #view = new DataView(this.#scratch.buffer)
  #byteLength = 0
  #hasStarts = false
  #read = 0
  #bit = 0
  #startBit = 0
  #row = new Float64Array(64)

  /** Without a kernel its twin reads sample by sample. */
  constructor(kernel: ChunkKernel | null = chunkKernel ?? null) {
    this.#kernel = kernel
  }

  get timestampMs(): number {
    return this.#samples.timestampMs
  }

  get bucketCount(): number {
    return this.layout.positiveBucketCount + this.layout.negativeBucketCount
  }

  /** Reads what holds for the whole chunk. The bytes are its data alone, from the count on. */
  open(encoding: number, bytes: Uint8Array): void {
    if (!isHistogramEncoding(encoding)) {
      throw new ChunkCorruption(0, `${encodingNames[encoding] ?? encoding}: no histogram encoding`)
    }
    this.sampleCount = sampleCountOf(encoding, bytes)
    this.isFloat = isFloatHistogram(encoding)
    this.#samples = this.isFloat ? this.#floats : this.#integers
    this.#hasStarts = isHistogramSt(encoding)
    this.resetHeader = hintOfHeader[(bytes[this.#hasStarts ? 0 : 2] ?? 0) >>> 6] ?? 0
    this.#copy(bytes)
    const reader = this.#reader(headerBytesOf(encoding) * 8)
    this.#fold = undefined
    this.layout = this.#stored
    if (this.sampleCount === 0) this.#stored.clearLayout()
    else readLayout(reader, this.#stored)
    if (this.#stored.schema > schemaMax) {
      if (!spansGoForwards(this.#stored)) {
        throw new ChunkCorruption(headerBytesOf(encoding), 'a span goes backwards')
      }
      this.layout = this.#reduced
      this.#fold = new ResolutionFold(this.#stored, this.#reduced, schemaMax)
    }
    this.#startBit = reader.bit
    if (this.#isReadAhead(bytes)) this.#samples = this.#ahead
    this.rewind()
  }

  #isReadAhead(bytes: Uint8Array): boolean {
    if (this.#kernel === null || this.isFloat || this.#hasStarts) return false
    const [bit, samples] = [this.#startBit, this.sampleCount]
    return this.#ahead.open(this.#kernel, bytes, bit, samples, this.#stored)
  }

  /** Before the first sample again. */
  rewind(): void {
    this.#read = 0
    this.#bit = this.#startBit
    this.#starts.begin(this.#hasStarts ? (this.#scratch[2] ?? 0) : 0)
  }

  /** Goes on to the next sample; false behind the last. */
  next(): boolean {
    if (this.#read === this.sampleCount) return false
    const buckets = this.#stored.positiveBucketCount + this.#stored.negativeBucketCount
    if (this.#row.length < buckets) this.#row = new Float64Array(buckets)
    refusingOutside(this.#byteLength, () => this.#step(this.#row, 0))
    this.#fold?.fold(this.#row, this.#row, 0)
    return true
  }

  /** The sample that `next` read. Only in its second and later ones a chunk rules a reset out. */
  fill(into: NativeHistogram): void {
    assert(this.#read > 0, 'no sample has been read')
    const { layout } = this
    const samples = this.#samples
    into.clear()
    into.isFloat = this.isFloat
    into.sumHalves.set(samples.sumHalves)
    if (samples.stale) return
    into.copyLayout(layout)
    if (this.resetHeader === resetHint.gauge) into.hint = resetHint.gauge
    else if (this.#read > 1) into.hint = resetHint.notReset
    into.count = samples.count
    into.zeroCount = samples.zeroCount
    const positive = layout.positiveBucketCount
    into.reserveBuckets(positive, layout.negativeBucketCount)
    // Loops: for a few dozen a view of each side costs more than copying.
    const { positiveBuckets, negativeBuckets } = into
    const row = this.#row
    for (let at = 0; at < positive; at++) positiveBuckets[at] = row[at] ?? 0
    const negative = layout.negativeBucketCount
    for (let at = 0; at < negative; at++) negativeBuckets[at] = row[positive + at] ?? 0
  }

  /**
   * HistogramCursor.rows: from the sample that `next` read on, those that are earlier than a time
   * and no later than another.
   */
  rows(beforeMs: number, maxTimeMs: number): HistogramRows | undefined {
    if (this.#samples !== this.#ahead || this.#fold !== undefined) return undefined
    const { rows: cells, width } = this.#ahead
    const first = this.#read - 1
    let end = first
    for (; end < this.sampleCount; end++) {
      const timestampMs = cells[end * width] ?? 0
      if (timestampMs >= beforeMs || timestampMs > maxTimeMs) break
      if (mayBeStale(cells[end * width + sumInRow] ?? 0)) break
    }
    if (end === first) return undefined
    this.#ahead.skipTo(end - 1, this.#row, 0)
    this.#read = end
    const isGauge = this.resetHeader === resetHint.gauge
    const hint = isGauge ? resetHint.gauge : resetHint.notReset
    const firstHint = first > 0 || isGauge ? hint : resetHint.unknown
    return {
      layout: this.layout,
      cells,
      width,
      from: first * width,
      count: end - first,
      firstHint,
      hint,
    }
  }

  /**
   * Decodes the samples with minTimeMs <= t <= maxTimeMs into the columns, from their first row on.
   * A row of buckets is `bucketCount` wide.
   */
  decode(minTimeMs: number, maxTimeMs: number, columns: HistogramColumns): void {
    this.rewind()
    columns.samples = 0
    columns.reserveSamples(this.sampleCount)
    refusingOutside(this.#byteLength, () => this.#decodeRange(minTimeMs, maxTimeMs, columns))
  }

  #decodeRange(minTimeMs: number, maxTimeMs: number, columns: HistogramColumns): void {
    const width = this.bucketCount
    const stored = this.#stored.positiveBucketCount + this.#stored.negativeBucketCount
    if (this.#row.length < stored) this.#row = new Float64Array(stored)
    let index = 0
    while (this.#read < this.sampleCount) {
      // A row that turns out to be too early is written over by the next.
      columns.reserveCells((index + 1) * width)
      if (this.#fold === undefined) this.#step(columns.buckets, index * width)
      else {
        this.#step(this.#row, 0)
        this.#fold.fold(this.#row, columns.buckets, index * width)
      }
      const samples = this.#samples
      const { timestampMs, stale } = samples
      if (timestampMs > maxTimeMs) break
      if (timestampMs < minTimeMs) continue
      columns.timestampsMs[index] = timestampMs
      columns.startsMs[index] = this.startMs
      columns.counts[index] = stale ? 0 : samples.count
      columns.zeroCounts[index] = stale ? 0 : samples.zeroCount
      const { sumHalves } = samples
      columns.sumHalves[index * 2] = sumHalves[0] ?? 0
      columns.sumHalves[index * 2 + 1] = sumHalves[1] ?? 0
      index++
    }
    columns.samples = index
  }

  /** Reads one sample, its buckets into row[at] and behind. */
  #step(row: Float64Array, at: number): void {
    if (this.#read === 0) {
      const reader = this.#reader(this.#bit)
      this.#samples.first(reader, this.#stored, row, at)
      if (this.#hasStarts) this.#starts.first(reader, this.#samples.timestampMs)
      this.#bit = reader.bit
    } else {
      const previousMs = this.#samples.timestampMs
      this.#bit = this.#samples.next(this.#view, this.#bit, row, at)
      if (this.#hasStarts) {
        this.#bit = this.#starts.next(this.#view, this.#bit, this.#read, previousMs)
      }
    }
    if (this.#bit > this.#byteLength * 8) {
      throw new ChunkCorruption(this.#byteLength, `sample ${this.#read} goes on behind the end`)
    }
    this.startMs = this.#starts.startMs
    this.#read++
    if (!this.#samples.exact) this.#readWide(row, at)
  }

  /** Reads again from the first sample to this one, and what follows, with wider numbers. */
  #readWide(row: Float64Array, at: number): void {
    const read = this.#read
    this.#wide ??= new WideIntegerSamples()
    this.#samples = this.#wide
    this.rewind()
    while (this.#read < read) this.#step(row, at)
  }

  #reader(startBit: number): BitReader {
    return new BitReader(this.#view, startBit, this.#byteLength * 8)
  }

  #copy(bytes: Uint8Array): void {
    const needed = bytes.length + decodeReadAheadBytes
    if (this.#scratch.length < needed) {
      this.#scratch = new Uint8Array(needed * 2)
      this.#view = new DataView(this.#scratch.buffer)
    }
    this.#scratch.set(bytes)
    this.#byteLength = bytes.length
  }
}
