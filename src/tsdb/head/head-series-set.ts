import { assert } from '../../base/assert.ts'
import { halvesOf } from '../../model/stale-nan.ts'
import type {
  ChunkSeriesSet,
  ChunkColumns as ChunkSetColumns,
  LabelColumns,
  SampleColumns,
} from '../../storage/querier.ts'
import { encoding } from '../chunk/encoding.ts'
import type { XorDecoder } from '../chunk/xor-decode.ts'
import { dropDeleted, type Intervals } from '../index/intervals.ts'
import type { ClosedChunkReader } from './closed-chunk-reader.ts'
import { type HeadView, snapshotWords } from './head-memory.ts'

/** The two bytes of the sample count, before the bits. */
const countBytes = 2

/** What the sets of one reader share. */
export interface HeadSeriesTools {
  readonly view: HeadView
  readonly closed: ClosedChunkReader
  readonly decoder: XorDecoder
}

/** The chunks of the selected series: the chain of closed ones and the open one of the snapshot. */
export class HeadSeriesSet implements ChunkSeriesSet {
  readonly warnings: readonly string[] = []
  readonly #tools: HeadSeriesTools
  readonly #ids: Uint32Array
  readonly #words: Uint32Array
  readonly #validFromMs: number
  /** Entries of the series at hand, oldest first. */
  #entries = new Uint32Array(16)
  #labels: LabelColumns | undefined
  #chunks: ChunkSetColumns | undefined

  /** Row s of the snapshot is that of series ids[s]. */
  constructor(tools: HeadSeriesTools, ids: Uint32Array, words: Uint32Array, validFromMs: number) {
    assert(words.length === ids.length * snapshotWords, 'a snapshot of other series')
    this.#tools = tools
    this.#ids = ids
    this.#words = words
    this.#validFromMs = validFromMs
  }

  get seriesCount(): number {
    return this.#ids.length
  }

  get labels(): LabelColumns {
    this.#labels ??= this.#readLabels()
    return this.#labels
  }

  get chunks(): ChunkSetColumns {
    this.#chunks ??= this.#readChunks()
    return this.#chunks
  }

  readFloats(series: number, fromMs: number, maxTimeMs: number, into: SampleColumns): number {
    const { view, closed, decoder } = this.#tools
    const minTimeMs = Math.max(fromMs, this.#validFromMs)
    const { chunks } = view
    const openSamples = this.#word(series, 2)
    const count = this.#findEntries(series, minTimeMs, maxTimeMs)
    let samples = openSamples
    for (let at = 0; at < count; at++) samples += chunks.samples(this.#entries[at] ?? 0)
    into.grow(samples)
    const target = { timestampsMs: into.timestampsMs, halves: halvesOf(into.values) }
    let end = 0
    for (let at = 0; at < count; at++) {
      const entry = this.#entries[at] ?? 0
      const data = closed.locate(entry)
      const start = data.start + countBytes
      const inChunk = chunks.samples(entry)
      end = decoder.decode(data.view, start, inChunk, minTimeMs, maxTimeMs, target, end)
    }
    if (openSamples > 0) {
      const slot = this.#word(series, 0)
      const [slotView, start] = [chunks.slotView(slot), chunks.slotStart(slot)]
      end = decoder.decode(slotView, start, openSamples, minTimeMs, maxTimeMs, target, end)
    }
    const deleted = this.deletedOf(series)
    if (deleted.length === 0) return end
    return dropDeleted(deleted, into.timestampsMs, target.halves, 0, end)
  }

  /** The deleted times of a series. */
  deletedOf(series: number): Intervals {
    return this.#tools.view.tombstones.of(this.#ids[series] ?? 0)
  }

  #word(series: number, word: number): number {
    return this.#words[series * snapshotWords + word] ?? 0
  }

  /** Fills #entries with the closed chunks that reach into the range; answers how many. */
  #findEntries(series: number, minTimeMs: number, maxTimeMs: number): number {
    const { chunks } = this.#tools.view
    let count = 0
    for (let next = this.#word(series, 3); next !== 0; next = chunks.previous(next - 1)) {
      // The chain goes back in time.
      if (chunks.maxTimeMs(next - 1) < minTimeMs) break
      if (chunks.minTimeMs(next - 1) > maxTimeMs) continue
      if (count === this.#entries.length) {
        const larger = new Uint32Array(count * 2)
        larger.set(this.#entries)
        this.#entries = larger
      }
      this.#entries[count++] = next - 1
    }
    this.#entries.subarray(0, count).reverse()
    return count
  }

  #readLabels(): LabelColumns {
    const { series } = this.#tools.view
    const offsets = new Uint32Array(this.seriesCount + 1)
    this.#ids.forEach((id, index) => {
      offsets[index + 1] = (offsets[index] ?? 0) + series.labelCount.get(id) * 2
    })
    const labelIds = new Uint32Array(offsets[this.seriesCount] ?? 0)
    this.#ids.forEach((id, index) => {
      labelIds.set(series.labelSet(id), offsets[index])
    })
    return { offsets, labelIds }
  }

  #readChunks(): ChunkSetColumns {
    const offsets = new Uint32Array(this.seriesCount + 1)
    for (let series = 0; series < this.seriesCount; series++) {
      const closed = this.#findEntries(series, this.#validFromMs, Number.POSITIVE_INFINITY)
      const open = this.#word(series, 2) > 0 ? 1 : 0
      offsets[series + 1] = (offsets[series] ?? 0) + closed + open
    }
    const columns = new HeadChunkColumns(offsets)
    for (let series = 0; series < this.seriesCount; series++) {
      const count = this.#findEntries(series, this.#validFromMs, Number.POSITIVE_INFINITY)
      let chunk = offsets[series] ?? 0
      for (let at = 0; at < count; at++) this.#addClosed(columns, chunk++, this.#entries[at] ?? 0)
      if (this.#word(series, 2) > 0) this.#addOpen(columns, chunk, series)
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
    const { view, decoder } = this.#tools
    const [slot, samples] = [this.#word(series, 0), this.#word(series, 2)]
    const times = new Float64Array(samples)
    const target = { timestampsMs: times, halves: new Uint32Array(samples * 2) }
    const [slotView, start] = [view.chunks.slotView(slot), view.chunks.slotStart(slot)]
    decoder.decode(slotView, start, samples, -Infinity, Infinity, target, 0)
    columns.encoding[chunk] = encoding.xor
    columns.minTimeMs[chunk] = times[0] ?? 0
    columns.maxTimeMs[chunk] = times[samples - 1] ?? 0
    columns.samples[chunk] = samples
    columns.entry[chunk] = series
    columns.isOpen[chunk] = 1
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
    const [slot, samples] = [this.#word(entry, 0), this.#word(entry, 2)]
    const length = Math.ceil(this.#word(entry, 1) / 8)
    const start = chunks.slotStart(slot)
    into[0] = samples >>> 8
    into[1] = samples & 0xff
    into.set(chunks.slotSegment(slot).subarray(start, start + length), countBytes)
    // The bits behind the snapshot's last one may be a later sample's.
    const spare = length * 8 - this.#word(entry, 1)
    const last = countBytes + length - 1
    into[last] = (into[last] ?? 0) & (0xff << spare)
    return countBytes + length
  }
}

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
