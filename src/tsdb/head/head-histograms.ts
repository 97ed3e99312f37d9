import type { ChunkCorruption } from '../chunk/chunk-corruption.ts'
import { ChunkHistograms, type HistogramChunkSource } from '../chunk/chunk-histograms.ts'
import { HistogramDecoder } from '../chunk/histogram-decoder.ts'
import type { ChunkColumns } from './chunk-columns.ts'
import type { ClosedChunkReader } from './closed-chunk-reader.ts'
import { copyOpenChunk, countBytes } from './open-chunk-bytes.ts'

/** The histogram chunks of one series of the head: closed ones, then the open one of a snapshot. */
export class HeadHistograms implements HistogramChunkSource {
  readonly #chunks: ChunkColumns
  readonly #closed: ClosedChunkReader
  readonly #decoder = new HistogramDecoder()
  /** Over the chunks that begin() was told of. */
  readonly cursor = new ChunkHistograms(this, this.#decoder)
  #entries = new Uint32Array(4)
  #count = 0
  #next = 0
  /** The words of the snapshot; none where no histogram chunk is open. */
  #open: Uint32Array = new Uint32Array(0)
  #bytes = new Uint8Array(2048)

  constructor(chunks: ChunkColumns, closed: ClosedChunkReader) {
    this.#chunks = chunks
    this.#closed = closed
  }

  begin(entries: Uint32Array, open: Uint32Array): void {
    if (this.#entries.length < entries.length) this.#entries = new Uint32Array(entries.length * 2)
    this.#entries.set(entries)
    this.#count = entries.length
    this.#next = 0
    this.#open = open
  }

  open(decoder: HistogramDecoder): boolean {
    if (this.#next < this.#count) {
      const entry = this.#entries[this.#next++] ?? 0
      const { view, start, length } = this.#closed.locate(entry)
      const bytes = new Uint8Array(view.buffer, view.byteOffset + start, length)
      decoder.open(this.#chunks.encoding(entry), bytes)
      return true
    }
    const [slot, bits = 0, samplesAndKind = 0] = this.#open
    if (this.#next > this.#count || slot === undefined) return false
    this.#next++
    const needed = Math.ceil(bits / 8) + countBytes
    if (this.#bytes.length < needed) this.#bytes = new Uint8Array(needed * 2)
    const countField = samplesAndKind & 0xffff
    const length = copyOpenChunk(this.#chunks, slot, bits, countField, this.#bytes)
    decoder.open(samplesAndKind >>> 16, this.#bytes.subarray(0, length))
    return true
  }

  /** Closed chunks passed their checksums: what does not decode was written so. */
  fault(corruption: ChunkCorruption): Error {
    return corruption
  }

  /** First and last time of the chunk that is open first. */
  openTimes(): Float64Array {
    const decoder = this.#decoder
    const times = new Float64Array(2)
    if (!this.open(decoder)) return times
    for (let first = true; decoder.next(); first = false) {
      if (first) times[0] = decoder.timestampMs
      times[1] = decoder.timestampMs
    }
    return times
  }
}
