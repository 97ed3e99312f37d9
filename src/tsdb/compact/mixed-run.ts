import { NativeHistogram, resetHint } from '../../model/histogram.ts'
import {
  type HistogramEncoding,
  isFloatEncoding,
  isFloatHistogram,
  isHistogramEncoding,
  sampleCountOf,
} from '../chunk/chunk-encoding.ts'
import { encoding } from '../chunk/encoding.ts'
import { FloatColumns } from '../chunk/float-columns.ts'
import { FloatChunkDecoder } from '../chunk/float-decode.ts'
import { HistogramDecoder } from '../chunk/histogram-decoder.ts'
import { appendOutcome, HistogramChunkWriter } from '../chunk/histogram-writer.ts'
import { createFloatChunkWriter } from '../chunk/xor-writer.ts'
import { type EncodingRule, mustCut } from './encoding-rule.ts'
import type { ChunkTarget } from './run-writer.ts'

/** Stands on one sample of a chunk, of whatever kind. */
export interface SampleCursor {
  readonly encoding: number
  /** Of two samples with one timestamp that of the higher number is kept. */
  readonly source: number
  readonly timestampMs: number
  readonly startMs: number
  /** To the next sample that is within the range and not deleted; false behind the last. */
  next(): boolean
}

/** The samples of a chunk's data, copied; each cursor has memory of its own. */
export function openCursor(
  chunkEncoding: number,
  bytes: Uint8Array,
  source: number,
  isTaken: (timeMs: number) => boolean,
): FloatCursor | HistogramCursor {
  if (isFloatEncoding(chunkEncoding)) return new FloatCursor(chunkEncoding, bytes, source, isTaken)
  return new HistogramCursor(chunkEncoding, bytes, source, isTaken)
}

export class FloatCursor implements SampleCursor {
  readonly columns = new FloatColumns()
  readonly #isTaken: (timeMs: number) => boolean
  index = -1

  constructor(
    readonly encoding: number,
    bytes: Uint8Array,
    readonly source: number,
    isTaken: (timeMs: number) => boolean,
  ) {
    this.#isTaken = isTaken
    this.columns.reserve(sampleCountOf(encoding, bytes))
    const decoder = new FloatChunkDecoder()
    const { target } = this.columns
    this.columns.count = decoder.decode(encoding, bytes, -Infinity, Infinity, target, 0)
  }

  get timestampMs(): number {
    return this.columns.timestampsMs[this.index] ?? 0
  }

  get startMs(): number {
    return this.columns.startsMs[this.index] ?? 0
  }

  next(): boolean {
    do this.index++
    while (this.index < this.columns.count && !this.#isTaken(this.timestampMs))
    return this.index < this.columns.count
  }
}

export class HistogramCursor implements SampleCursor {
  readonly #decoder = new HistogramDecoder()
  readonly #isTaken: (timeMs: number) => boolean

  constructor(
    readonly encoding: number,
    bytes: Uint8Array,
    readonly source: number,
    isTaken: (timeMs: number) => boolean,
  ) {
    this.#isTaken = isTaken
    this.#decoder.open(encoding, bytes)
  }

  get timestampMs(): number {
    return this.#decoder.timestampMs
  }

  get startMs(): number {
    return this.#decoder.startMs
  }

  next(): boolean {
    do if (!this.#decoder.next()) return false
    while (!this.#isTaken(this.#decoder.timestampMs))
    return true
  }

  /** What a chunk says of resets holds beside its own samples only: it is found out anew. */
  fill(into: NativeHistogram): void {
    this.#decoder.fill(into)
    if (into.hint !== resetHint.gauge) into.hint = resetHint.unknown
  }
}

/**
 * Writes the samples of chunks that overlap, floats and histograms mixed, one at a time: a chunk
 * ends where the kind changes, where a histogram demands it, or when it is full.
 */
export class MixedRun {
  readonly #target: ChunkTarget
  readonly #samplesPerChunk: number
  readonly #encodingOf: EncodingRule
  readonly #histogram = new NativeHistogram()
  #open: OpenFloats | OpenHistograms | undefined

  constructor(target: ChunkTarget, samplesPerChunk: number, encodingOf: EncodingRule) {
    this.#target = target
    this.#samplesPerChunk = samplesPerChunk
    this.#encodingOf = encodingOf
  }

  write(cursors: readonly (FloatCursor | HistogramCursor)[]): void {
    const live = cursors.filter((cursor) => cursor.next())
    for (;;) {
      const chosen = earliest(live)
      if (chosen === undefined) break
      const { timestampMs } = chosen
      this.#append(chosen)
      for (const cursor of live.filter((each) => each.timestampMs === timestampMs)) {
        if (!cursor.next()) live.splice(live.indexOf(cursor), 1)
      }
    }
    this.#end()
  }

  #append(cursor: FloatCursor | HistogramCursor): void {
    const wanted = this.#encodingOf(cursor.encoding, cursor.startMs)
    const open = this.#open
    if (
      open !== undefined &&
      (open.sampleCount >= this.#samplesPerChunk || mustCut(open.encoding, wanted, cursor.startMs))
    ) {
      this.#end()
    }
    if (cursor instanceof FloatCursor) {
      if (!(this.#open instanceof OpenFloats)) this.#open = new OpenFloats(wanted)
      this.#open.append(cursor)
      return
    }
    if (!(this.#open instanceof OpenHistograms)) this.#open = new OpenHistograms(wanted)
    cursor.fill(this.#histogram)
    this.#open.append(cursor, this.#histogram, this.#target)
  }

  #end(): void {
    this.#open?.end(this.#target)
    this.#open = undefined
  }
}

function earliest<T extends SampleCursor>(cursors: readonly T[]): T | undefined {
  let found: T | undefined
  for (const cursor of cursors) {
    if (found === undefined || cursor.timestampMs < found.timestampMs) found = cursor
    else if (cursor.timestampMs === found.timestampMs && cursor.source >= found.source) {
      found = cursor
    }
  }
  return found
}

class OpenFloats {
  readonly encoding: number
  readonly #writer
  #minTimeMs = 0
  #maxTimeMs = 0

  constructor(chunkEncoding: number) {
    this.encoding = chunkEncoding
    this.#writer = createFloatChunkWriter(
      chunkEncoding === encoding.xor2 ? encoding.xor2 : encoding.xor,
    )
  }

  get sampleCount(): number {
    return this.#writer.sampleCount
  }

  append({ timestampMs, startMs, columns, index }: FloatCursor): void {
    if (this.#writer.sampleCount === 0) this.#minTimeMs = timestampMs
    this.#maxTimeMs = timestampMs
    this.#writer.append(timestampMs, startMs, columns.halves, index)
  }

  end(target: ChunkTarget): void {
    const bytes = this.#writer.bytes()
    target.chunk(this.encoding, this.#minTimeMs, this.#maxTimeMs, bytes, bytes.length)
  }
}

class OpenHistograms {
  readonly encoding: HistogramEncoding
  readonly #writer: HistogramChunkWriter

  constructor(chunkEncoding: number) {
    const isKnown = isHistogramEncoding(chunkEncoding)
    this.encoding = isKnown ? chunkEncoding : encoding.histogram
    this.#writer = new HistogramChunkWriter(this.encoding)
  }

  get sampleCount(): number {
    return this.#writer.sampleCount
  }

  append(cursor: HistogramCursor, histogram: NativeHistogram, target: ChunkTarget): void {
    // A stale marker says nothing of its kind.
    histogram.isFloat = isFloatHistogram(this.encoding)
    const outcome = this.#writer.append(cursor.timestampMs, cursor.startMs, histogram)
    if (outcome !== appendOutcome.cut) return
    const { closedBytes, closedMinTimeMs, closedMaxTimeMs } = this.#writer
    target.chunk(this.encoding, closedMinTimeMs, closedMaxTimeMs, closedBytes, closedBytes.length)
  }

  end(target: ChunkTarget): void {
    const bytes = this.#writer.bytes()
    const { minTimeMs, maxTimeMs } = this.#writer
    target.chunk(this.encoding, minTimeMs, maxTimeMs, bytes, bytes.length)
  }
}
