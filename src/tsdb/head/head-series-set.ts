import { assert } from '../../base/assert.ts'
import { limits } from '../../base/limits.ts'
import type { Looks } from '../../base/looks.ts'
import { sharedUint32 } from '../../base/shared-copy.ts'
import { halvesOf } from '../../model/stale-nan.ts'
import type {
  ChunkSeriesSet,
  ChunkColumns as ChunkSetColumns,
  HistogramCursor,
  LabelColumns,
  SampleColumns,
} from '../../storage/querier.ts'
import type { SharedSeries } from '../../storage/shared-series.ts'
import { isFloatEncoding, samplesOfField } from '../chunk/chunk-encoding.ts'
import { type DecodedChunks, fitsDecoded, notDecoded } from '../chunk/decoded-chunks.ts'
import { encoding } from '../chunk/encoding.ts'
import type { FloatBitsDecoder } from '../chunk/float-bits-decode.ts'
import type { DecodeTarget } from '../chunk/xor-decode.ts'
import { dropDeleted, type Intervals } from '../index/intervals.ts'
import type { ClosedChunkReader } from './closed-chunk-reader.ts'
import { HeadHistograms } from './head-histograms.ts'
import type { HeadView } from './head-memory.ts'
import { labelColumnsOf } from './label-columns.ts'
import { copyOpenChunk, countBytes } from './open-chunk-bytes.ts'
import { snapshotWord, snapshotWords } from './snapshot-words.ts'

/** What the sets of one reader share. */
export interface HeadSeriesTools {
  readonly view: HeadView
  readonly closed: ClosedChunkReader
  readonly decoder: FloatBitsDecoder
  /** What was decoded of the chunks in files, where that is kept. */
  readonly decoded?: DecodedChunks | undefined
  /** Of the query that reads. */
  readonly looks: Looks
}

/** The chunks of the selected series: the chain of closed ones and the open one of the snapshot. */
export class HeadSeriesSet implements ChunkSeriesSet {
  readonly warnings: readonly string[] = []
  histogramChunksPassed = 0
  readonly #tools: HeadSeriesTools
  readonly #ids: Uint32Array
  readonly #words: Uint32Array
  readonly #validFromMs: number
  /** Entries of the series at hand, oldest first. */
  #entries = noWords
  /** Of few chunks, which are worth being kept decoded; unknown until one of its series is read. */
  #isSmall: boolean | undefined
  #histograms: HeadHistograms | undefined
  readonly #makeLabels: () => LabelColumns
  #labels: LabelColumns | undefined
  #chunks: ChunkSetColumns | undefined

  /** Row s of the snapshot is that of series ids[s]. */
  constructor(
    tools: HeadSeriesTools,
    ids: Uint32Array,
    words: Uint32Array,
    validFromMs: number,
    labels = () => labelColumnsOf(tools.view.series, ids, tools.looks),
  ) {
    assert(words.length === ids.length * snapshotWords, 'a snapshot of other series')
    this.#tools = tools
    this.#ids = ids
    this.#words = words
    this.#validFromMs = validFromMs
    this.#makeLabels = labels
  }

  get seriesCount(): number {
    return this.#ids.length
  }

  refOf(series: number): number {
    return this.#tools.view.series.ref.get(this.#ids[series] ?? 0)
  }

  get labels(): LabelColumns {
    this.#labels ??= this.#makeLabels()
    return this.#labels
  }

  get chunks(): ChunkSetColumns {
    this.#chunks ??= this.#readChunks()
    return this.#chunks
  }

  share(): SharedSeries {
    const [ids, words] = [sharedUint32(this.#ids), sharedUint32(this.#words)]
    return { kind: 'head', ids, words, validFromMs: this.#validFromMs }
  }

  readFloats(
    series: number,
    fromMs: number,
    maxTimeMs: number,
    into: SampleColumns,
    from = 0,
  ): number {
    const { view, decoder } = this.#tools
    const minTimeMs = Math.max(fromMs, this.#validFromMs)
    const { chunks } = view
    const openSamples = this.#isOpenOfFloats(series) ? this.#openSamples(series) : 0
    if (openSamples === 0 && this.#openSamples(series) > 0) this.histogramChunksPassed++
    const count = this.#findEntries(series, minTimeMs, maxTimeMs, true)
    let samples = openSamples
    for (let at = 0; at < count; at++) samples += chunks.samples(this.#entries[at] ?? 0)
    into.grow(from + samples)
    const { timestampsMs, values, startsMs } = into
    const target = { timestampsMs, halves: halvesOf(values), startsMs }
    // The series that is read first stands for all of them.
    this.#isSmall ??= this.#ids.length * Math.max(count, 1) <= limits.decodedSelectChunksMax
    const decoded = this.#isSmall && startsMs === undefined ? this.#tools.decoded : undefined
    let end = from
    for (let at = 0; at < count; at++) {
      const entry = this.#entries[at] ?? 0
      const cell = decoded === undefined ? notDecoded : this.#decoded(decoded, entry)
      if (decoded === undefined || cell === notDecoded) {
        this.#begin(entry)
        end = decoder.decode(minTimeMs, maxTimeMs, target, end)
      } else end = decoded.memory.copy(cell, minTimeMs, maxTimeMs, into, end)
    }
    if (openSamples > 0) end = this.#decodeOpen(series, minTimeMs, maxTimeMs, target, end)
    return dropDeleted(this.deletedOf(series), into, from, end)
  }

  /** Of an open chunk of floats the snapshot has the newest sample, and none of the series is newer. */
  takeNewest(series: number, minTimeMs: number, maxTimeMs: number, into: SampleColumns): boolean {
    if (into.startsMs !== undefined) return false
    if (!this.#isOpenOfFloats(series) || this.#openSamples(series) === 0) return false
    const timestampMs =
      (this.#word(series, snapshotWord.timeHigh) | 0) * 2 ** 32 +
      this.#word(series, snapshotWord.timeLow)
    if (timestampMs > maxTimeMs || timestampMs < Math.max(minTimeMs, this.#validFromMs))
      return false
    if (this.deletedOf(series).length > 0) return false
    into.grow(1)
    into.timestampsMs[0] = timestampMs
    const halves = halvesOf(into.values)
    halves[0] = this.#word(series, snapshotWord.valueLow)
    halves[1] = this.#word(series, snapshotWord.valueHigh)
    return true
  }

  /** A closed chunk is what the decoder reads next. */
  #begin(entry: number): void {
    const { view, closed, decoder } = this.#tools
    const data = closed.locate(entry)
    const start = data.start + countBytes
    const length = data.length - countBytes
    decoder.begin(view.chunks.encoding(entry), data.view, start, length, view.chunks.samples(entry))
  }

  /** Where a closed chunk that is worth being kept is, decoded by now. */
  #decoded(decoded: DecodedChunks, entry: number): number {
    const { view, closed, decoder } = this.#tools
    const key = closed.fileKey(entry)
    if (key === 0 || !fitsDecoded(view.chunks.samples(entry))) return notDecoded
    const known = decoded.find(key)
    if (known !== notDecoded || !decoded.wants(key)) return known
    this.#begin(entry)
    return decoded.add(key, (target, index) => decoder.decode(-Infinity, Infinity, target, index))
  }

  #decodeOpen(
    series: number,
    minTimeMs: number,
    maxTimeMs: number,
    target: DecodeTarget,
    index: number,
  ): number {
    const { view, decoder } = this.#tools
    const slot = this.#word(series, snapshotWord.slot)
    const [slotView, start] = [view.chunks.slotView(slot), view.chunks.slotStart(slot)]
    const length = Math.ceil(this.#word(series, snapshotWord.bits) / 8)
    decoder.begin(this.#openKind(series), slotView, start, length, this.#openSamples(series))
    return decoder.decode(minTimeMs, maxTimeMs, target, index)
  }

  /** Samples before #validFromMs count too: blocks have those. */
  hidesSamples(series: number): boolean {
    if (this.deletedOf(series).length > 0) return true
    if (!Number.isFinite(this.#validFromMs)) return false
    const { offsets, minTimeMs } = this.chunks
    const first = offsets[series] ?? 0
    return first < (offsets[series + 1] ?? 0) && (minTimeMs[first] ?? 0) < this.#validFromMs
  }

  /** The deleted times of a series. */
  deletedOf(series: number): Intervals {
    return this.#tools.view.tombstones.of(this.#ids[series] ?? 0)
  }

  readHistograms(series: number, fromMs: number, maxTimeMs: number): HistogramCursor {
    const minTimeMs = Math.max(fromMs, this.#validFromMs)
    const count = this.#findEntries(series, minTimeMs, maxTimeMs, false)
    const isOpen = !this.#isOpenOfFloats(series) && this.#openSamples(series) > 0
    const histograms = this.#histogramSource()
    histograms.begin(this.#entries.subarray(0, count), isOpen ? this.#wordsOf(series) : noWords)
    histograms.cursor.begin(minTimeMs, maxTimeMs, this.deletedOf(series))
    return histograms.cursor
  }

  #histogramSource(): HeadHistograms {
    const { view, closed } = this.#tools
    this.#histograms ??= new HeadHistograms(view.chunks, closed)
    return this.#histograms
  }

  #wordsOf(series: number): Uint32Array {
    return this.#words.subarray(series * snapshotWords, (series + 1) * snapshotWords)
  }

  #openSamples(series: number): number {
    return samplesOfField(this.#openKind(series), this.#openCountField(series))
  }

  #openCountField(series: number): number {
    return this.#word(series, snapshotWord.samples) & 0xffff
  }

  #isOpenOfFloats(series: number): boolean {
    return isFloatEncoding(this.#openKind(series))
  }

  /** The encoding of the open chunk, if there is one. */
  #openKind(series: number): number {
    const kind = this.#word(series, snapshotWord.samples) >>> 16
    return kind === 0 ? encoding.xor : kind
  }

  #word(series: number, word: number): number {
    return this.#words[series * snapshotWords + word] ?? 0
  }

  /**
   * Fills #entries with the closed chunks that reach into the range, all of them or those of floats
   * or of histograms; answers how many.
   */
  #findEntries(series: number, minTimeMs: number, maxTimeMs: number, ofFloats?: boolean): number {
    const { chunks } = this.#tools.view
    let count = 0
    for (
      let next = this.#word(series, snapshotWord.chain);
      next !== 0;
      next = chunks.previous(next - 1)
    ) {
      // The chain goes back in time.
      if (chunks.maxTimeMs(next - 1) < minTimeMs) break
      if (chunks.minTimeMs(next - 1) > maxTimeMs) continue
      const isOfFloats = isFloatEncoding(chunks.encoding(next - 1))
      if (ofFloats !== undefined && isOfFloats !== ofFloats) {
        if (ofFloats) this.histogramChunksPassed++
        continue
      }
      if (count === this.#entries.length) {
        const larger = new Uint32Array(Math.max(count * 2, entriesAtFirst))
        larger.set(this.#entries)
        this.#entries = larger
      }
      this.#entries[count++] = next - 1
    }
    if (count > 1) this.#entries.subarray(0, count).reverse()
    return count
  }

  #readChunks(): ChunkSetColumns {
    const offsets = new Uint32Array(this.seriesCount + 1)
    const { looks } = this.#tools
    for (let series = 0; series < this.seriesCount; series++) {
      looks.item()
      const closed = this.#findEntries(series, this.#validFromMs, Number.POSITIVE_INFINITY)
      const open = this.#openSamples(series) > 0 ? 1 : 0
      offsets[series + 1] = (offsets[series] ?? 0) + closed + open
    }
    const columns = new HeadChunkColumns(offsets)
    for (let series = 0; series < this.seriesCount; series++) {
      looks.item()
      const count = this.#findEntries(series, this.#validFromMs, Number.POSITIVE_INFINITY)
      let chunk = offsets[series] ?? 0
      for (let at = 0; at < count; at++) this.#addClosed(columns, chunk++, this.#entries[at] ?? 0)
      if (this.#openSamples(series) > 0) this.#addOpen(columns, chunk, series)
    }
    const read = (chunk: number, into: Uint8Array) => this.#read(columns, chunk, into)
    return { ...columns, read }
  }

  #addClosed(columns: HeadChunkColumns, chunk: number, entry: number): void {
    const { chunks } = this.#tools.view
    columns.encoding[chunk] = chunks.encoding(entry)
    columns.minTimeMs[chunk] = chunks.minTimeMs(entry)
    columns.maxTimeMs[chunk] = chunks.maxTimeMs(entry)
    columns.samples[chunk] = chunks.samples(entry)
    columns.entry[chunk] = entry
  }

  #addOpen(columns: HeadChunkColumns, chunk: number, series: number): void {
    const kind = this.#openKind(series)
    const times = isFloatEncoding(kind) ? this.#openTimes(series) : this.#openHistograms(series)
    columns.encoding[chunk] = kind
    columns.minTimeMs[chunk] = times[0] ?? 0
    columns.maxTimeMs[chunk] = times.at(-1) ?? 0
    columns.samples[chunk] = this.#openSamples(series)
    columns.entry[chunk] = series
    columns.isOpen[chunk] = 1
  }

  #openTimes(series: number): Float64Array {
    const samples = this.#openSamples(series)
    const times = new Float64Array(samples)
    const target = { timestampsMs: times, halves: new Uint32Array(samples * 2) }
    this.#decodeOpen(series, -Infinity, Infinity, target, 0)
    return times
  }

  #openHistograms(series: number): Float64Array {
    const histograms = this.#histogramSource()
    histograms.begin(noWords, this.#wordsOf(series))
    return histograms.openTimes()
  }

  /** The chunk as Prometheus stores it: two bytes of sample count, then the bits. */
  #read(columns: HeadChunkColumns, chunk: number, into: Uint8Array): number {
    const entry = columns.entry[chunk] ?? 0
    if (columns.isOpen[chunk] === 0) {
      const { view, start, length } = this.#tools.closed.locate(entry)
      into.set(new Uint8Array(view.buffer, view.byteOffset + start, length))
      return length
    }
    const { chunks } = this.#tools.view
    const slot = this.#word(entry, snapshotWord.slot)
    const bits = this.#word(entry, snapshotWord.bits)
    return copyOpenChunk(chunks, slot, bits, this.#openCountField(entry), into)
  }
}

const noWords = new Uint32Array(0)
const entriesAtFirst = 16

/** A closed chunk's entry, or of an open one the row of its series. */
class HeadChunkColumns {
  readonly encoding: Uint8Array
  readonly minTimeMs: Float64Array
  readonly maxTimeMs: Float64Array
  readonly samples: Uint32Array
  readonly entry: Uint32Array
  readonly isOpen: Uint8Array

  constructor(readonly offsets: Uint32Array) {
    const count = offsets.at(-1) ?? 0
    this.encoding = new Uint8Array(count)
    this.minTimeMs = new Float64Array(count)
    this.maxTimeMs = new Float64Array(count)
    this.samples = new Uint32Array(count)
    this.entry = new Uint32Array(count)
    this.isOpen = new Uint8Array(count)
  }
}
