import { type NativeHistogram, resetHint } from '../../model/histogram.ts'
import type { HistogramCursor, HistogramRows } from '../../storage/querier.ts'
import { ChunkCorruption } from './chunk-corruption.ts'
import type { HistogramDecoder } from './histogram-decoder.ts'

/** Hands out the histogram chunks of one series, in order of time. */
export interface HistogramChunkSource {
  /** Opens the next one in the decoder; false behind the last. */
  open(decoder: HistogramDecoder): boolean
  /** What to throw where the chunk opened last does not decode. */
  fault(corruption: ChunkCorruption): Error
}

/** The histograms of a source's chunks: begin() for each series, then as a cursor. */
export class ChunkHistograms implements HistogramCursor {
  readonly #source: HistogramChunkSource
  readonly #decoder: HistogramDecoder
  #minTimeMs = 0
  #maxTimeMs = 0
  /** First and last deleted times in turn, and the interval that is not passed yet. */
  #deleted: Float64Array = new Float64Array(0)
  #interval = 0
  #isOpen = false
  #isDone = true
  /** The newest histogram that was read is deleted. */
  #isLeftOut = false
  /** The one before it in its chunk is. */
  #isBehindGap = false

  constructor(source: HistogramChunkSource, decoder: HistogramDecoder) {
    this.#source = source
    this.#decoder = decoder
  }

  begin(minTimeMs: number, maxTimeMs: number, deleted: Float64Array): void {
    this.#minTimeMs = minTimeMs
    this.#maxTimeMs = maxTimeMs
    this.#deleted = deleted
    this.#interval = 0
    this.#isOpen = false
    this.#isDone = false
  }

  get timestampMs(): number {
    return this.#decoder.timestampMs
  }

  get startMs(): number {
    return this.#decoder.startMs
  }

  next(): boolean {
    try {
      while (!this.#isDone) if (this.#step()) return true
      return false
    } catch (thrown) {
      if (thrown instanceof ChunkCorruption) throw this.#source.fault(thrown)
      throw thrown
    }
  }

  /** Reads a histogram, or opens a chunk; true where there is a histogram to hand out. */
  #step(): boolean {
    const decoder = this.#decoder
    if (!this.#isOpen || !decoder.next()) {
      this.#isOpen = this.#source.open(decoder)
      this.#isDone = !this.#isOpen
      this.#isLeftOut = false
      return false
    }
    const { timestampMs } = decoder
    if (timestampMs < this.#minTimeMs) return false
    if (timestampMs > this.#maxTimeMs) {
      this.#isDone = true
      return false
    }
    this.#isBehindGap = this.#isLeftOut
    this.#isLeftOut = this.#isDeleted(timestampMs)
    return !this.#isLeftOut
  }

  rows(beforeMs: number): HistogramRows | undefined {
    return this.#deleted.length > 0 ? undefined : this.#decoder.rows(beforeMs, this.#maxTimeMs)
  }

  #isDeleted(timeMs: number): boolean {
    const deleted = this.#deleted
    while (this.#interval < deleted.length && (deleted[this.#interval + 1] ?? 0) < timeMs) {
      this.#interval += 2
    }
    return this.#interval < deleted.length && (deleted[this.#interval] ?? 0) <= timeMs
  }

  fill(into: NativeHistogram): void {
    this.#decoder.fill(into)
    if (this.#isBehindGap && into.hint === resetHint.notReset) into.hint = resetHint.unknown
  }
}
