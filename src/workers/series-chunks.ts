import { GrowingColumns } from '../model/growing-columns.ts'
import { NativeHistogram, resetHint } from '../model/histogram.ts'
import { halvesOf } from '../model/stale-nan.ts'
import type { ChunkSeriesSet, HistogramCursor, TimeRange } from '../storage/querier.ts'
import { encoding } from '../tsdb/chunk/encoding.ts'
import { appendOutcome, HistogramChunkWriter } from '../tsdb/chunk/histogram-writer.ts'
import { createFloatChunkWriter } from '../tsdb/chunk/xor-writer.ts'

/** Takes the chunks of a series in order of time; the bytes are valid until the call ends. */
export type TakeChunk = (
  chunkEncoding: number,
  minTimeMs: number,
  maxTimeMs: number,
  bytes: Uint8Array,
) => void

/** As many samples as upstream puts into a chunk that it writes anew. */
const samplesPerChunk = 120
/** Far above any chunk of Prometheus: a lying length is found before memory is taken. */
const chunkBytesMax = 1 << 24
/** What every client of remote read knows; the others hold start timestamps, which it has not. */
const plainEncodings: readonly number[] = [
  encoding.xor,
  encoding.histogram,
  encoding.floatHistogram,
]

interface Run {
  readonly first: number
  end: number
  readonly minTimeMs: number
  maxTimeMs: number
}

/**
 * The chunks of series for remote read (row W3.3). One that stands alone, wholly within the range,
 * in an encoding that clients know and with nothing deleted is handed on byte by byte; else samples
 * are read and written anew, never beyond the range.
 */
export class SeriesChunks {
  readonly #set: ChunkSeriesSet
  readonly #range: TimeRange
  readonly #take: TakeChunk
  readonly #columns = new GrowingColumns(256)
  readonly #floats = createFloatChunkWriter(encoding.xor)
  readonly #histogram = new NativeHistogram()
  #histograms: HistogramChunkWriter | undefined
  #floatsFromMs = 0
  #floatsToMs = 0
  #bytes = new Uint8Array(4096)

  constructor(set: ChunkSeriesSet, range: TimeRange, take: TakeChunk) {
    this.#set = set
    this.#range = range
    this.#take = take
  }

  write(series: number): void {
    const isWhole = this.#set.hidesSamples?.(series) !== true
    for (const run of this.#runs(series)) {
      if (isWhole && this.#isPlain(run)) this.#copy(run.first)
      else this.#rewrite(series, run)
    }
  }

  /** Runs of chunks that overlap each other and reach into the range; most are one chunk. */
  #runs(series: number): readonly Run[] {
    const { offsets, minTimeMs, maxTimeMs } = this.#set.chunks
    const runs: Run[] = []
    const end = offsets[series + 1] ?? 0
    for (let chunk = offsets[series] ?? 0; chunk < end; chunk++) {
      const [fromMs, toMs] = [minTimeMs[chunk] ?? 0, maxTimeMs[chunk] ?? 0]
      if (toMs < this.#range.minTimeMs || fromMs > this.#range.maxTimeMs) continue
      const last = runs.at(-1)
      if (last === undefined || fromMs > last.maxTimeMs) {
        runs.push({ first: chunk, end: chunk + 1, minTimeMs: fromMs, maxTimeMs: toMs })
      } else {
        last.end = chunk + 1
        last.maxTimeMs = Math.max(last.maxTimeMs, toMs)
      }
    }
    return runs
  }

  #isPlain({ first, end, minTimeMs, maxTimeMs }: Run): boolean {
    return (
      end - first === 1 &&
      minTimeMs >= this.#range.minTimeMs &&
      maxTimeMs <= this.#range.maxTimeMs &&
      plainEncodings.includes(this.#set.chunks.encoding[first] ?? 0)
    )
  }

  #copy(chunk: number): void {
    const { chunks } = this.#set
    for (;;) {
      try {
        const length = chunks.read(chunk, this.#bytes)
        const [fromMs, toMs] = [chunks.minTimeMs[chunk] ?? 0, chunks.maxTimeMs[chunk] ?? 0]
        this.#take(chunks.encoding[chunk] ?? 0, fromMs, toMs, this.#bytes.subarray(0, length))
        return
      } catch (thrown) {
        // It did not fit: chunks of wide histograms are larger than most.
        if (!(thrown instanceof RangeError) || this.#bytes.length >= chunkBytesMax) throw thrown
        this.#bytes = new Uint8Array(this.#bytes.length * 4)
      }
    }
  }

  #rewrite(series: number, { minTimeMs, maxTimeMs }: Run): void {
    const fromMs = Math.max(minTimeMs, this.#range.minTimeMs)
    const toMs = Math.min(maxTimeMs, this.#range.maxTimeMs)
    const count = this.#set.readFloats(series, fromMs, toMs, this.#columns)
    const { timestampsMs, values } = this.#columns
    const halves = halvesOf(values)
    const cursor = this.#set.readHistograms(series, fromMs, toMs)
    let isAtHistogram = cursor.next()
    for (let sample = 0; sample < count || isAtHistogram; ) {
      const timestampMs = timestampsMs[sample] ?? 0
      if (sample < count && (!isAtHistogram || timestampMs < cursor.timestampMs)) {
        this.#endHistograms()
        this.#addFloat(timestampMs, halves, sample++)
      } else {
        this.#endFloats()
        this.#addHistogram(cursor)
        isAtHistogram = cursor.next()
      }
    }
    this.#endFloats()
    this.#endHistograms()
  }

  #addFloat(timestampMs: number, halves: Uint32Array, sample: number): void {
    if (this.#floats.sampleCount === samplesPerChunk) this.#endFloats()
    if (this.#floats.sampleCount === 0) this.#floatsFromMs = timestampMs
    this.#floatsToMs = timestampMs
    this.#floats.append(timestampMs, 0, halves, sample)
  }

  #endFloats(): void {
    if (this.#floats.sampleCount === 0) return
    this.#take(encoding.xor, this.#floatsFromMs, this.#floatsToMs, this.#floats.bytes())
    this.#floats.clear()
  }

  #addHistogram(cursor: HistogramCursor): void {
    const histogram = this.#histogram
    cursor.fill(histogram)
    // What was known of resets holds beside the samples of a chunk only: it is found out anew.
    if (histogram.hint !== resetHint.gauge) histogram.hint = resetHint.unknown
    const open = this.#histograms
    if (open !== undefined && histogram.isStale) histogram.isFloat = open.isFloat
    const isOther = open !== undefined && open.isFloat !== histogram.isFloat
    if (isOther || open?.sampleCount === samplesPerChunk) this.#endHistograms()
    this.#histograms ??= new HistogramChunkWriter(
      histogram.isFloat ? encoding.floatHistogram : encoding.histogram,
    )
    const writer = this.#histograms
    if (writer.append(cursor.timestampMs, 0, histogram) !== appendOutcome.cut) return
    const { closedBytes, closedMinTimeMs, closedMaxTimeMs } = writer
    this.#take(writer.encoding, closedMinTimeMs, closedMaxTimeMs, closedBytes)
  }

  #endHistograms(): void {
    const writer = this.#histograms
    if (writer === undefined) return
    this.#take(writer.encoding, writer.minTimeMs, writer.maxTimeMs, writer.bytes())
    this.#histograms = undefined
  }
}
