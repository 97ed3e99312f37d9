import { assert } from '../../base/assert.ts'
import { isHistogramEncoding, isHistogramSt } from '../chunk/chunk-encoding.ts'
import { encoding } from '../chunk/encoding.ts'
import { appendOutcome, HistogramChunkWriter } from '../chunk/histogram-writer.ts'
import { createFloatChunkWriter, type FloatChunkWriter } from '../chunk/xor-writer.ts'
import { type ChunkColumns, slotUnitBytes, slotUnits } from './chunk-columns.ts'
import { type HeadEncodings, plainEncodings } from './head-encodings.ts'
import { LoneSampleReader } from './lone-sample.ts'

/** Samples of a series that are open; a full slab becomes a chunk (row T3.2, upstream's default). */
export const slabSamplesMax = 32

/**
 * Samples that the slab of a series becomes a chunk with: up to seven fewer than there may be, so that
 * series that get their samples together do not all need a chunk in one commit.
 */
export function slabLimit(series: number): number {
  return slabSamplesMax - (series & 7)
}

/**
 * A slab stands in a slot: entries of 16 bytes in the order in which samples came, so that nothing
 * that a snapshot names is ever changed. An entry is a time (float64), then the value's low and high
 * half. Histograms and floats with start timestamps stand apart: then it is the slot and the length
 * of their bytes, the encoding and a chunk of the sample alone.
 */
const entryBytes = 16

/** The open samples of a series, as a snapshot or the writer names them. */
export interface Slab {
  readonly slot: number
  readonly count: number
  /** Bit i is set where entry i stands apart. */
  readonly apart: number
}

/** Whether one of the first `count` entries has the time. */
export function slabHasTime(
  chunks: ChunkColumns,
  slot: number,
  count: number,
  timestampMs: number,
): boolean {
  const view = chunks.slotView(slot)
  const start = chunks.slotStart(slot)
  for (let entry = 0; entry < count; entry++) {
    if (view.getFloat64(start + entry * entryBytes) === timestampMs) return true
  }
  return false
}

/** How many samples a slab of a size class holds. */
export function slabCapacity(sizeClass: number): number {
  return ((slotUnits[sizeClass] ?? 0) * slotUnitBytes) / entryBytes
}

export function slabTimeMs(chunks: ChunkColumns, slot: number, entry: number): number {
  return chunks.slotView(slot).getFloat64(chunks.slotStart(slot) + entry * entryBytes)
}

export function setSlabEntry(
  chunks: ChunkColumns,
  slot: number,
  entry: number,
  timestampMs: number,
  low: number,
  high: number,
): void {
  const view = chunks.slotView(slot)
  const at = chunks.slotStart(slot) + entry * entryBytes
  view.setFloat64(at, timestampMs)
  view.setUint32(at + 8, low)
  view.setUint32(at + 12, high)
}

/** The value's low half, or the slot of what stands apart. */
export function slabLow(chunks: ChunkColumns, slot: number, entry: number): number {
  return chunks.slotView(slot).getUint32(chunks.slotStart(slot) + entry * entryBytes + 8)
}

/** The value's high half, or the length of what stands apart. */
export function slabHigh(chunks: ChunkColumns, slot: number, entry: number): number {
  return chunks.slotView(slot).getUint32(chunks.slotStart(slot) + entry * entryBytes + 12)
}

export function standsApart({ apart }: Slab, entry: number): boolean {
  return ((apart >>> entry) & 1) === 1
}

/** Takes a chunk's data with its sample count; valid during the call. */
export type ChunkTaker = (
  chunkEncoding: number,
  minTimeMs: number,
  maxTimeMs: number,
  bytes: Uint8Array,
) => void

/**
 * Makes chunks of slabs: one as long as there are floats only, more where kinds change or histograms
 * demand it (tsdb/ooo_head.go). They are apart from each other, in order of time. Encodings with
 * start timestamps are used where the head does, and where any sample of the slab has one.
 */
export class SlabEncoder {
  readonly #encodings: HeadEncodings
  readonly #writers = new Map<number, FloatChunkWriter | HistogramChunkWriter>()
  readonly #lone = new LoneSampleReader()
  readonly #halves = new Uint32Array(2)
  readonly #times = new Float64Array(slabSamplesMax)
  /** Entries by their times. */
  readonly #order = new Uint8Array(slabSamplesMax)
  #take: ChunkTaker = () => undefined
  #kind: number = encoding.none
  #minTimeMs = 0
  #maxTimeMs = 0

  constructor(encodings = plainEncodings()) {
    this.#encodings = encodings
  }

  encode(chunks: ChunkColumns, slab: Slab, take: ChunkTaker): void {
    this.#take = take
    this.#kind = encoding.none
    const withStarts = this.#hasStarts(chunks, slab)
    const view = chunks.slotView(slab.slot)
    const start = chunks.slotStart(slab.slot)
    this.#sort(view, start, slab.count)
    for (let place = 0; place < slab.count; place++) {
      const entry = this.#order[place] ?? 0
      const timestampMs = this.#times[entry] ?? 0
      const low = view.getUint32(start + entry * entryBytes + 8)
      const high = view.getUint32(start + entry * entryBytes + 12)
      if (standsApart(slab, entry)) this.#addApart(chunks, timestampMs, low, high, withStarts)
      else {
        this.#halves[0] = low
        this.#halves[1] = high
        this.#addFloat(timestampMs, 0, this.#halves, withStarts)
      }
      this.#maxTimeMs = timestampMs
    }
    this.#end()
  }

  #hasStarts(chunks: ChunkColumns, slab: Slab): boolean {
    for (let entry = 0; slab.apart >>> entry !== 0 && entry < slab.count; entry++) {
      if (!standsApart(slab, entry)) continue
      const slot = slabLow(chunks, slab.slot, entry)
      const kind = chunks.slotSegment(slot)[chunks.slotStart(slot)] ?? 0
      if (kind === encoding.xor2 || isHistogramSt(kind)) return true
    }
    return false
  }

  /** By insertion: samples out of order come in order among themselves more often than not. */
  #sort(view: DataView, start: number, count: number): void {
    assert(count <= slabSamplesMax, `a slab of ${count} samples`)
    const [times, order] = [this.#times, this.#order]
    for (let entry = 0; entry < count; entry++) {
      const timeMs = view.getFloat64(start + entry * entryBytes)
      times[entry] = timeMs
      let at = entry
      for (; at > 0 && (times[order[at - 1] ?? 0] ?? 0) > timeMs; at--) {
        order[at] = order[at - 1] ?? 0
      }
      order[at] = entry
    }
  }

  #addFloat(timestampMs: number, startMs: number, halves: Uint32Array, withStarts: boolean): void {
    const kind = withStarts ? encoding.xor2 : this.#encodings.floats
    this.#begin(kind, timestampMs)
    const writer = this.#writer(kind)
    if (writer instanceof HistogramChunkWriter) return
    writer.append(timestampMs, startMs, halves, 0)
  }

  #addApart(
    chunks: ChunkColumns,
    timestampMs: number,
    slot: number,
    length: number,
    withStarts: boolean,
  ): void {
    const start = chunks.slotStart(slot)
    const bytes = chunks.slotSegment(slot).subarray(start, start + length)
    const [kind = encoding.none] = bytes
    const lone = this.#lone
    if (kind === encoding.xor2) {
      lone.readFloat(bytes.subarray(1))
      this.#addFloat(timestampMs, lone.startMs, lone.columns.halves, withStarts)
      return
    }
    lone.readHistogram(kind, bytes.subarray(1))
    const isStart = withStarts || this.#encodings.histogramStarts
    const ownKind = kindOfHistogram(lone.histogram.isFloat, isStart)
    this.#begin(ownKind, timestampMs)
    const writer = this.#writer(ownKind)
    if (!(writer instanceof HistogramChunkWriter)) return
    if (writer.append(timestampMs, lone.startMs, lone.histogram) !== appendOutcome.cut) return
    this.#take(ownKind, writer.closedMinTimeMs, writer.closedMaxTimeMs, writer.closedBytes)
    this.#minTimeMs = timestampMs
  }

  #writer(kind: number): FloatChunkWriter | HistogramChunkWriter {
    const known = this.#writers.get(kind)
    if (known !== undefined) return known
    const writer = isHistogramEncoding(kind)
      ? new HistogramChunkWriter(kind)
      : createFloatChunkWriter(kind === encoding.xor2 ? encoding.xor2 : encoding.xor)
    this.#writers.set(kind, writer)
    return writer
  }

  #begin(kind: number, timestampMs: number): void {
    if (kind === this.#kind) return
    this.#end()
    this.#kind = kind
    this.#minTimeMs = timestampMs
    this.#writer(kind).clear()
  }

  #end(): void {
    if (this.#kind === encoding.none) return
    this.#take(this.#kind, this.#minTimeMs, this.#maxTimeMs, this.#writer(this.#kind).bytes())
  }
}

function kindOfHistogram(isFloat: boolean, isStart: boolean): number {
  if (isFloat) return isStart ? encoding.floatHistogramStart : encoding.floatHistogram
  return isStart ? encoding.histogramStart : encoding.histogram
}
