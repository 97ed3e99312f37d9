import { assert } from '../../base/assert.ts'
import type { SharedColumn, SharedColumns } from '../../base/shared-columns.ts'
import { decodeReadAheadBytes } from '../chunk/xor-decode.ts'

/** Slots begin at multiples of this. */
export const slotUnitBytes = 32
/**
 * Units of each size class: those of XOR chunks close to each other, for half of what an open chunk
 * would have in sparser ones is free. The one of 36 holds a full XOR chunk and one sample more, the last a
 * segment: histogram chunks have no end but their ten samples. The next class always has room for one
 * more float of whatever encoding.
 */
export const slotUnits = [
  ...[2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 36, 48, 64, 96, 128, 192, 256, 512],
  ...[1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072],
] as const

/** The smallest size class that holds so many bytes. */
export function sizeClassOf(bytes: number): number {
  for (let found = 0; found < slotUnits.length; found++) {
    if ((slotUnits[found] ?? 0) * slotUnitBytes >= bytes) return found
  }
  assert(false, `an open chunk of ${bytes} bytes`)
}

const slotSegmentShift = 17
const slotSegmentUnits = 1 << slotSegmentShift
export const arenaSegmentBytes = 1 << 24
/** Places in the arena are counted in these. */
export const arenaUnitBytes = 4
const entryWords = 4
const entryDoubles = 2
/** No file has this number: the place is about to be another. */
const fileInMotion = 0xffffffff
const entryWord = { place: 0, file: 1, samples: 2, previous: 3 } as const

/** A closed chunk: where its record stands, and what is asked of it without reading. */
export interface ClosedChunk {
  /** Number of its head chunk file, 0 = the arena. */
  readonly file: number
  /** Offset of its record: bytes in the file, arenaUnitBytes in the arena. */
  readonly place: number
  readonly encoding: number
  readonly samples: number
  readonly minTimeMs: number
  readonly maxTimeMs: number
}

/**
 * Open chunks in slots; closed ones as entries, chained from new to old, whose records stand in
 * head chunk files, or in an arena where there are no files or they cannot be written.
 */
export class ChunkColumns {
  readonly slots: SharedColumn<'uint8'>
  readonly arena: SharedColumn<'uint8'>
  readonly #words: SharedColumn<'uint32'>
  readonly #times: SharedColumn<'float64'>
  /** Of out-of-order chunks only. */
  readonly #listings: SharedColumn<'uint32'>
  readonly #slotViews: DataView[] = []
  readonly #slotWords: Uint32Array[] = []
  readonly #arenaViews: DataView[] = []

  constructor(columns: SharedColumns) {
    this.slots = columns.column('uint8', slotSegmentUnits * slotUnitBytes, decodeReadAheadBytes)
    this.arena = columns.column('uint8', arenaSegmentBytes)
    this.#words = columns.column('uint32', entryWords << 14)
    this.#times = columns.column('float64', entryDoubles << 14)
    this.#listings = columns.column('uint32', 1 << 14)
  }

  slotSegment(slot: number): Uint8Array {
    return this.slots.segment(slot >>> slotSegmentShift)
  }

  slotView(slot: number): DataView {
    return viewOf(this.slots, this.#slotViews, slot >>> slotSegmentShift)
  }

  /** The segment of a slot in words. */
  slotWords(slot: number): Uint32Array {
    const segment = slot >>> slotSegmentShift
    const known = this.#slotWords[segment]
    if (known !== undefined) return known
    const words = new Uint32Array(this.slots.segment(segment).buffer)
    this.#slotWords[segment] = words
    return words
  }

  slotStart(slot: number): number {
    return (slot & (slotSegmentUnits - 1)) * slotUnitBytes
  }

  arenaView(segment: number): DataView {
    return viewOf(this.arena, this.#arenaViews, segment)
  }

  /**
   * Writer: the entry is seen by whoever is handed its number. `previous` is the number + 1 of the
   * series' chunk before it; 0 at the oldest.
   */
  setEntry(entry: number, chunk: ClosedChunk, previous: number): void {
    this.#words.reserve((entry + 1) * entryWords)
    this.#times.reserve((entry + 1) * entryDoubles)
    const at = entry * entryWords
    this.setPlace(entry, chunk.file, chunk.place)
    this.#words.set(at + entryWord.samples, (chunk.encoding << 16) | chunk.samples)
    this.#words.set(at + entryWord.previous, previous)
    this.#times.set(entry * entryDoubles, chunk.minTimeMs)
    this.#times.set(entry * entryDoubles + 1, chunk.maxTimeMs)
  }

  setPlace(entry: number, file: number, place: number): void {
    this.#words.set(entry * entryWords + entryWord.place, place)
    this.#words.set(entry * entryWords + entryWord.file, file)
  }

  /**
   * The record of an entry that readers know stands elsewhere from now on: they see the old place
   * or the new one, see readPlace.
   */
  movePlace(entry: number, file: number, place: number): void {
    const at = entry * entryWords
    this.#store(at + entryWord.file, fileInMotion)
    this.#store(at + entryWord.place, place)
    this.#store(at + entryWord.file, file)
  }

  /** File and place as they are together, whatever the writer does meanwhile. */
  readPlace(entry: number, into: { file: number; place: number }): void {
    const at = entry * entryWords
    for (;;) {
      const file = this.#load(at + entryWord.file)
      into.place = this.#load(at + entryWord.place)
      into.file = this.#load(at + entryWord.file)
      if (file === into.file && file !== fileInMotion) return
    }
  }

  #store(word: number, value: number): void {
    const { shift, mask } = this.#words
    Atomics.store(this.#words.segment(word >>> shift), word & mask, value)
  }

  #load(word: number): number {
    const { shift, mask } = this.#words
    return Atomics.load(this.#words.segment(word >>> shift), word & mask)
  }

  setPrevious(entry: number, previous: number): void {
    this.#words.set(entry * entryWords + entryWord.previous, previous)
  }

  /**
   * Writer: an out-of-order chunk is in the blocks that are listed under this number, or, with 0, in
   * none yet. Set before that listing, so that whoever knows of it finds it set.
   */
  setListing(entry: number, listing: number): void {
    this.#listings.reserve(entry + 1)
    this.#listings.set(entry, listing)
  }

  /** Whether blocks hold an out-of-order chunk that are among the first so many listings. */
  isListed(entry: number, listings: number): boolean {
    const listing = this.#listings.get(entry)
    return listing !== 0 && listing <= listings
  }

  place(entry: number): number {
    return this.#words.get(entry * entryWords + entryWord.place)
  }

  file(entry: number): number {
    return this.#words.get(entry * entryWords + entryWord.file)
  }

  minTimeMs(entry: number): number {
    return this.#times.get(entry * entryDoubles)
  }

  maxTimeMs(entry: number): number {
    return this.#times.get(entry * entryDoubles + 1)
  }

  samples(entry: number): number {
    return this.#words.get(entry * entryWords + entryWord.samples) & 0xffff
  }

  encoding(entry: number): number {
    return this.#words.get(entry * entryWords + entryWord.samples) >>> 16
  }

  /** Number + 1 of the chunk before, 0 at the oldest. */
  previous(entry: number): number {
    return this.#words.get(entry * entryWords + entryWord.previous)
  }
}

function viewOf(column: SharedColumn<'uint8'>, views: DataView[], segment: number): DataView {
  const known = views[segment]
  if (known !== undefined) return known
  const view = new DataView(column.segment(segment).buffer)
  views[segment] = view
  return view
}
