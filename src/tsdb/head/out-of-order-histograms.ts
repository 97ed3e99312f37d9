import { type NativeHistogram, resetHint } from '../../model/histogram.ts'
import type { HistogramCursor } from '../../storage/querier.ts'
import type { ChunkCorruption } from '../chunk/chunk-corruption.ts'
import { ChunkHistograms, type HistogramChunkSource } from '../chunk/chunk-histograms.ts'
import { HistogramDecoder } from '../chunk/histogram-decoder.ts'
import { MergedHistograms } from '../chunk/merged-histograms.ts'
import type { Intervals } from '../index/intervals.ts'
import type { OutOfOrderChunk, OutOfOrderChunks } from './out-of-order-chunks.ts'
import type { TimeSpan } from './out-of-order-samples.ts'

/** The histograms of runs of chunks, one run after the other: see runsOf. */
export class OutOfOrderHistograms implements HistogramCursor {
  readonly #chunks: OutOfOrderChunks
  readonly #runs: readonly (readonly OutOfOrderChunk[])[]
  readonly #range: TimeSpan
  readonly #deleted: Intervals
  #next = 0
  #run: HistogramCursor | undefined
  #isFirst = false

  constructor(
    chunks: OutOfOrderChunks,
    runs: readonly (readonly OutOfOrderChunk[])[],
    range: TimeSpan,
    deleted: Intervals,
  ) {
    this.#chunks = chunks
    this.#runs = runs
    this.#range = range
    this.#deleted = deleted
  }

  get timestampMs(): number {
    return this.#run?.timestampMs ?? 0
  }

  get startMs(): number {
    return this.#run?.startMs ?? 0
  }

  next(): boolean {
    this.#isFirst = false
    while (this.#run?.next() !== true) {
      const run = this.#runs[this.#next++]
      if (run === undefined) return false
      const cursors = run.map((chunk) => this.#open(chunk))
      const [only] = cursors
      this.#run = cursors.length === 1 && only !== undefined ? only : new MergedHistograms(cursors)
      this.#isFirst = true
    }
    return true
  }

  #open(chunk: OutOfOrderChunk): HistogramCursor {
    const cursor = new ChunkHistograms(
      // A copy: others are read before this one is done with.
      new OneChunk(chunk.encoding, this.#chunks.read(chunk).slice()),
      new HistogramDecoder(),
    )
    cursor.begin(this.#range.minTimeMs, this.#range.maxTimeMs, this.#deleted)
    return cursor
  }

  fill(into: NativeHistogram): void {
    this.#run?.fill(into)
    // Its chunk speaks of the one before it among those that came with it, not of the run before.
    if (this.#isFirst && into.hint === resetHint.notReset) into.hint = resetHint.unknown
  }
}

class OneChunk implements HistogramChunkSource {
  readonly #encoding: number
  readonly #bytes: Uint8Array
  #isRead = false

  constructor(encoding: number, bytes: Uint8Array) {
    this.#encoding = encoding
    this.#bytes = bytes
  }

  open(decoder: HistogramDecoder): boolean {
    if (this.#isRead) return false
    this.#isRead = true
    decoder.open(this.#encoding, this.#bytes)
    return true
  }

  /** It passed its checksum, or was made just now: what does not decode was written so. */
  fault(corruption: ChunkCorruption): Error {
    return corruption
  }
}
