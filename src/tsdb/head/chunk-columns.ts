import { assert } from '../../base/assert.ts'
import type { SharedColumn, SharedColumns } from '../../base/shared-columns.ts'
import { decodeReadAheadBytes } from '../chunk/xor-decode.ts'

/** Slots begin at multiples of this. */
export const slotUnitBytes = 128
/** Units of each size class; the largest holds a full chunk and one sample more. */
export const slotUnits = [1, 2, 4, 9] as const
const slotSegmentShift = 15
const slotSegmentUnits = 1 << slotSegmentShift
const arenaSegmentBytes = 1 << 24
/** Places in the arena are counted in these. */
const arenaUnitBytes = 4
const entryWords = 4
const entryDoubles = 2

/** Open chunks in slots, closed ones byte by byte in an arena, chained from new to old. */
export class ChunkColumns {
  readonly slots: SharedColumn<'uint8'>
  readonly #arena: SharedColumn<'uint8'>
  readonly #words: SharedColumn<'uint32'>
  readonly #times: SharedColumn<'float64'>
  readonly #slotViews: DataView[] = []
  readonly #arenaViews: DataView[] = []
  #count = 0
  #arenaEnd = 0

  constructor(columns: SharedColumns) {
    this.slots = columns.column('uint8', slotSegmentUnits * slotUnitBytes)
    this.#arena = columns.column('uint8', arenaSegmentBytes)
    this.#words = columns.column('uint32', entryWords << 14)
    this.#times = columns.column('float64', entryDoubles << 14)
  }

  /** How many chunks were closed. */
  get count(): number {
    return this.#count
  }

  slotSegment(slot: number): Uint8Array {
    return this.slots.segment(slot >>> slotSegmentShift)
  }

  slotView(slot: number): DataView {
    return viewOf(this.slots, this.#slotViews, slot >>> slotSegmentShift)
  }

  slotStart(slot: number): number {
    return (slot & (slotSegmentUnits - 1)) * slotUnitBytes
  }

  /** Writer: copies the bits of an open chunk into the arena and chains it; answers its number + 1. */
  close(slot: number, chunk: ClosedChunk): number {
    const length = chunk.bytes + decodeReadAheadBytes
    const left = arenaSegmentBytes - (this.#arenaEnd % arenaSegmentBytes)
    if (left < length) this.#arenaEnd += left
    assert(this.#arenaEnd < 2 ** 32 * arenaUnitBytes, 'closed chunks over 16 GiB')
    this.#arena.reserve(this.#arenaEnd + length)
    const start = this.slotStart(slot)
    const source = this.slotSegment(slot).subarray(start, start + chunk.bytes)
    // Places go past 2^32: no bit operations.
    const segment = this.#arena.segment(Math.floor(this.#arenaEnd / arenaSegmentBytes))
    segment.set(source, this.#arenaEnd % arenaSegmentBytes)
    const entry = this.#count++
    this.#words.reserve((entry + 1) * entryWords)
    this.#times.reserve((entry + 1) * entryDoubles)
    this.#words.set(entry * entryWords, this.#arenaEnd / arenaUnitBytes)
    this.#words.set(entry * entryWords + 1, ((chunk.bytes << 16) | chunk.samples) >>> 0)
    this.#words.set(entry * entryWords + 2, chunk.previous)
    this.#times.set(entry * entryDoubles, chunk.minTimeMs)
    this.#times.set(entry * entryDoubles + 1, chunk.maxTimeMs)
    // The read-ahead of one chunk may fall on the next: only the segment's end needs room.
    this.#arenaEnd += Math.ceil(chunk.bytes / arenaUnitBytes) * arenaUnitBytes
    return entry + 1
  }

  minTimeMs(entry: number): number {
    return this.#times.get(entry * entryDoubles)
  }

  maxTimeMs(entry: number): number {
    return this.#times.get(entry * entryDoubles + 1)
  }

  samples(entry: number): number {
    return this.#words.get(entry * entryWords + 1) & 0xffff
  }

  bytes(entry: number): number {
    return this.#words.get(entry * entryWords + 1) >>> 16
  }

  /** Number + 1 of the chunk before, 0 at the oldest. */
  previous(entry: number): number {
    return this.#words.get(entry * entryWords + 2)
  }

  /** Where the bits of a closed chunk begin in its view. */
  view(entry: number): { view: DataView; start: number } {
    const place = this.#words.get(entry * entryWords) * arenaUnitBytes
    return {
      view: viewOf(this.#arena, this.#arenaViews, Math.floor(place / arenaSegmentBytes)),
      start: place % arenaSegmentBytes,
    }
  }
}

export interface ClosedChunk {
  readonly bytes: number
  readonly samples: number
  readonly minTimeMs: number
  readonly maxTimeMs: number
  readonly previous: number
}

function viewOf(column: SharedColumn<'uint8'>, views: DataView[], segment: number): DataView {
  const known = views[segment]
  if (known !== undefined) return known
  const view = new DataView(column.segment(segment).buffer)
  views[segment] = view
  return view
}
