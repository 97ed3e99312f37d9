import type { NativeHistogram } from '../../model/histogram.ts'
import { type ClosedChunk, sizeClassOf } from './chunk-columns.ts'
import type { ClosedChunks } from './closed-chunks.ts'
import { FormerLateSeries } from './former-late-series.ts'
import type { HeadEncodings } from './head-encodings.ts'
import type { HeadMemory } from './head-memory.ts'
import { chunkOfFloat, chunkOfHistogram, type LoneSample } from './lone-sample.ts'
import { OutOfOrderRows } from './out-of-order-rows.ts'
import {
  type Slab,
  SlabEncoder,
  setSlabEntry,
  slabCapacity,
  slabHasTime,
  slabHigh,
  slabLimit,
  slabLow,
  slabSamplesMax,
  slabTimeMs,
  standsApart,
} from './out-of-order-slab.ts'
import type { SlotAllocator } from './slot-allocator.ts'
import { outOfOrderWords } from './snapshot-words.ts'

export interface OutOfOrderSamplesOptions {
  readonly memory: HeadMemory
  readonly slots: SlotAllocator
  readonly closed: ClosedChunks
  readonly encodings: HeadEncodings
}

/** First and last time, both included. */
export interface TimeSpan {
  readonly minTimeMs: number
  readonly maxTimeMs: number
}

type SpanVisitor = (minTimeMs: number, maxTimeMs: number) => void

/**
 * The head's out-of-order samples (rows T3.*): for each series that has any a slab of up to 32 open
 * ones, and a chain of the chunks that full slabs became, newest first; those overlap each other.
 * Of two samples with one time the one that came first is kept. Written by the main thread only.
 */
export class OutOfOrderSamples {
  /** How far behind the newest sample others are taken; 0 = they are not. */
  windowMs = 0
  /** Samples that were taken since the start. */
  readonly appended = { floats: 0, histograms: 0 }
  /** Chunks that went to blocks. */
  chunksRemoved = 0
  readonly former = new FormerLateSeries()
  /** How often blocks of the sealed chunks were listed. */
  #listings = 0
  /** Of all that listed blocks hold of this, or later. */
  #listedUntilMs = Number.NEGATIVE_INFINITY
  #chunksClosed = 0
  #openSlabs = 0
  readonly #options: OutOfOrderSamplesOptions
  readonly #rows = new OutOfOrderRows()
  readonly #encoder: SlabEncoder
  #minTimeMs = Number.POSITIVE_INFINITY
  #maxTimeMs = Number.NEGATIVE_INFINITY

  constructor(options: OutOfOrderSamplesOptions) {
    this.#options = options
    this.#encoder = new SlabEncoder(options.encodings)
  }

  get isEmpty(): boolean {
    return this.#rows.size === 0
  }

  /** Open samples of a series count as one. */
  get chunksCreated(): number {
    return this.#chunksClosed + this.#openSlabs
  }

  /** Whether readers must look here. */
  get isUsed(): boolean {
    return this.windowMs > 0 || !this.isEmpty
  }

  /** Of all samples, from Infinity to -Infinity where there are none. */
  get span(): TimeSpan {
    return { minTimeMs: this.#minTimeMs, maxTimeMs: this.#maxTimeMs }
  }

  /** See Published. */
  get listings(): number {
    return this.#listings
  }

  /** No sample that went to blocks since the start is newer. */
  get listedUntilMs(): number {
    return this.#listedUntilMs
  }

  has(series: number): boolean {
    return this.#rows.find(series) >= 0
  }

  /** Open samples of a series. */
  openCount(series: number): number {
    const row = this.#rows.find(series)
    return row < 0 ? 0 : (this.#rows.count[row] ?? 0)
  }

  /** Whether an open sample of a series has the time. */
  hasOpen(series: number, timestampMs: number): boolean {
    const { slot, count } = this.#rows
    const row = this.#rows.find(series)
    if (row < 0) return false
    return slabHasTime(this.#options.memory.chunks, slot[row] ?? 0, count[row] ?? 0, timestampMs)
  }

  /** The series that have any which listed blocks do not hold, ascending. */
  unlistedSeries(): Uint32Array<ArrayBuffer> {
    const rows = this.#rows
    const found = new Uint32Array(rows.size)
    let length = 0
    for (let row = 0; row < rows.end; row++) {
      if (rows.isTaken(row) && this.#hasUnlisted(row)) found[length++] = rows.series[row] ?? 0
    }
    return found.slice(0, length).sort()
  }

  #hasUnlisted(row: number): boolean {
    if ((this.#rows.count[row] ?? 0) > 0) return true
    const newest = this.#rows.chain[row] ?? 0
    return newest !== 0 && !this.#isListed(newest - 1)
  }

  #isListed(entry: number): boolean {
    return this.#options.memory.chunks.isListed(entry, this.#listings)
  }

  /** Undefined where the series has none. */
  spanOf(series: number): TimeSpan | undefined {
    const row = this.#rows.find(series)
    if (row < 0) return undefined
    let minTimeMs = Number.POSITIVE_INFINITY
    let maxTimeMs = Number.NEGATIVE_INFINITY
    const widen: SpanVisitor = (fromMs, toMs) => {
      minTimeMs = Math.min(minTimeMs, fromMs)
      maxTimeMs = Math.max(maxTimeMs, toMs)
    }
    this.#eachUnlistedSpan(row, widen)
    this.#eachListedSpan(row, widen)
    return { minTimeMs, maxTimeMs }
  }

  /** The spans of a series' open samples, each by itself, and of its chunks that are in no listed block. */
  eachUnlistedSpan(series: number, visit: SpanVisitor): void {
    const row = this.#rows.find(series)
    if (row >= 0) this.#eachUnlistedSpan(row, visit)
  }

  /** Whether there may be samples in a range, both ends included, that listed blocks do not hold. */
  mayHaveUnlisted(series: number, minTimeMs: number, maxTimeMs: number): boolean {
    let isFound = false
    this.eachUnlistedSpan(series, (fromMs, toMs) => {
      if (fromMs <= maxTimeMs && toMs >= minTimeMs) isFound = true
    })
    return isFound
  }

  #eachUnlistedSpan(row: number, visit: SpanVisitor): void {
    const { chunks } = this.#options.memory
    const slot = this.#rows.slot[row] ?? 0
    for (let entry = 0; entry < (this.#rows.count[row] ?? 0); entry++) {
      const timeMs = slabTimeMs(chunks, slot, entry)
      visit(timeMs, timeMs)
    }
    this.#eachChunk(row, (entry) => {
      if (this.#isListed(entry)) return false
      visit(chunks.minTimeMs(entry), chunks.maxTimeMs(entry))
      return true
    })
  }

  #eachListedSpan(row: number, visit: SpanVisitor): void {
    const { chunks } = this.#options.memory
    this.#eachChunk(row, (entry) => {
      if (this.#isListed(entry)) visit(chunks.minTimeMs(entry), chunks.maxTimeMs(entry))
      return true
    })
  }

  /** From the newest to the oldest, until one is not passed. */
  #eachChunk(row: number, pass: (entry: number) => boolean): void {
    const { chunks } = this.#options.memory
    let next = this.#rows.chain[row] ?? 0
    while (next !== 0 && pass(next - 1)) next = chunks.previous(next - 1)
  }

  /** Answers false where an open sample of the series has the time; close() a full slab before. */
  insert(series: number, timestampMs: number, high: number, low: number, startMs = 0): boolean {
    const row = this.#makeRoom(series, timestampMs)
    if (row < 0) return false
    if (startMs === 0) this.#put(row, timestampMs, low, high)
    else this.#putApart(row, timestampMs, chunkOfFloat(timestampMs, startMs, high, low))
    return true
  }

  /** The same of a histogram that may be stored. */
  insertHistogram(
    series: number,
    timestampMs: number,
    histogram: NativeHistogram,
    startMs = 0,
  ): boolean {
    const row = this.#makeRoom(series, timestampMs)
    if (row < 0) return false
    this.#putApart(row, timestampMs, chunkOfHistogram(timestampMs, startMs, histogram))
    return true
  }

  #putApart(row: number, timestampMs: number, { encoding, bytes }: LoneSample): void {
    const { slots, memory } = this.#options
    const length = bytes.length + 1
    const slot = slots.allocate(sizeClassOf(length))
    const segment = memory.chunks.slotSegment(slot)
    const start = memory.chunks.slotStart(slot)
    segment[start] = encoding
    segment.set(bytes, start + 1)
    const { count, apart } = this.#rows
    apart[row] = (apart[row] ?? 0) | (1 << (count[row] ?? 0))
    this.#put(row, timestampMs, slot, length)
  }

  /** The series' row with room for one more; -1 where the slab has a sample of that time. */
  #makeRoom(series: number, timestampMs: number): number {
    const rows = this.#rows
    const { slots, memory } = this.#options
    const row = rows.of(series)
    const count = rows.count[row] ?? 0
    const slot = rows.slot[row] ?? 0
    if (count > 0 && slabHasTime(memory.chunks, slot, count, timestampMs)) return -1
    if (count === 0) {
      this.#openSlabs++
      rows.slot[row] = slots.allocate(0)
      rows.slotClass[row] = 0
      rows.apart[row] = 0
    } else if (count === slabCapacity(rows.slotClass[row] ?? 0)) this.#enlarge(row, slot, count)
    return row
  }

  #enlarge(row: number, slot: number, count: number): void {
    const { slots, memory } = this.#options
    const { chunks } = memory
    const sizeClass = this.#rows.slotClass[row] ?? 0
    const larger = slots.allocate(sizeClass + 1)
    for (let entry = 0; entry < count; entry++) {
      const timeMs = slabTimeMs(chunks, slot, entry)
      const [low, high] = [slabLow(chunks, slot, entry), slabHigh(chunks, slot, entry)]
      setSlabEntry(chunks, larger, entry, timeMs, low, high)
    }
    slots.free(slot, sizeClass)
    this.#rows.slot[row] = larger
    this.#rows.slotClass[row] = sizeClass + 1
  }

  #put(row: number, timestampMs: number, low: number, high: number): void {
    const rows = this.#rows
    const count = rows.count[row] ?? 0
    setSlabEntry(this.#options.memory.chunks, rows.slot[row] ?? 0, count, timestampMs, low, high)
    rows.count[row] = count + 1
    this.#widen(timestampMs, timestampMs)
  }

  #widen(minTimeMs: number, maxTimeMs: number): void {
    this.#minTimeMs = Math.min(this.#minTimeMs, minTimeMs)
    this.#maxTimeMs = Math.max(this.#maxTimeMs, maxTimeMs)
  }

  /**
   * One more sample of a series is staged in a step. False where its slab will be full by then with
   * samples of this step in it: it goes to the next step, before which slabs can be closed.
   */
  expect(series: number, round: number, firstRound: number): boolean {
    const rows = this.#rows
    const row = rows.of(series)
    const lastRound = rows.round[row] ?? 0
    if (lastRound < firstRound) rows.expected[row] = rows.count[row] ?? 0
    if ((rows.expected[row] ?? 0) >= slabLimit(series)) {
      if (lastRound === round) return false
      rows.expected[row] = 0
    }
    rows.expected[row] = (rows.expected[row] ?? 0) + 1
    rows.round[row] = round
    return true
  }

  /** One more sample of a series is in the step that is about to go in. */
  announce(series: number): void {
    const { coming } = this.#rows
    const row = this.#rows.of(series)
    coming[row] = (coming[row] ?? 0) + 1
  }

  /** Whether the slab must be closed before what was announced of a series; answers it once. */
  needsRoom(series: number): boolean {
    const { count, coming } = this.#rows
    const row = this.#rows.of(series)
    const needed = (count[row] ?? 0) + (coming[row] ?? 0)
    coming[row] = 0
    return needed > slabLimit(series)
  }

  /** Series that were expected to have samples, and have none. */
  removeEmpty(): void {
    const rows = this.#rows
    for (let row = 0; row < rows.end; row++) {
      if (rows.isTaken(row) && rows.count[row] === 0 && rows.chain[row] === 0) rows.remove(row)
    }
  }

  /** Whether the next sample of the series needs its slab closed. */
  isFull(series: number): boolean {
    return this.openCount(series) >= slabSamplesMax
  }

  /**
   * Makes chunks of the open samples of a series, in memory where `inMemory`. `closed` is told the
   * entry of each, for a marker of the log: where it stands is known when the files are flushed.
   */
  close(series: number, closed: (entry: number) => void, inMemory = false): void {
    const row = this.#rows.find(series)
    if (row < 0 || this.#rows.count[row] === 0) return
    const { memory, closed: target } = this.#options
    const ref = memory.series.ref.get(series)
    this.#encoder.encode(memory.chunks, this.#slab(row), (kind, minTimeMs, maxTimeMs, bytes) => {
      const next = target.close({
        ref,
        encoding: kind,
        countField: ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0),
        minTimeMs,
        maxTimeMs,
        previous: this.#rows.chain[row] ?? 0,
        source: bytes.subarray(2),
        isOutOfOrder: true,
        inMemory,
      })
      this.#rows.chain[row] = next
      this.#chunksClosed++
      memory.chunks.setListing(next - 1, 0)
      closed(next - 1)
    })
    this.#freeSlab(row)
  }

  /** Replay: the same, of samples whose chunk belongs into no file, since the log goes on to have them. */
  closeInMemory(series: number): void {
    this.close(series, () => undefined, true)
  }

  #slab(row: number): Slab {
    const { slot, count, apart } = this.#rows
    return { slot: slot[row] ?? 0, count: count[row] ?? 0, apart: apart[row] ?? 0 }
  }

  /** Replay: the open samples of a series stand in chunks of files. */
  forgetOpen(series: number): void {
    const row = this.#rows.find(series)
    if (row < 0 || this.#rows.count[row] === 0) return
    this.#freeSlab(row)
    if (this.#rows.chain[row] === 0) this.#rows.remove(row)
  }

  #freeSlab(row: number): void {
    const { slots, memory } = this.#options
    const slab = this.#slab(row)
    for (let entry = 0; entry < slab.count; entry++) {
      if (!standsApart(slab, entry)) continue
      const blob = slabLow(memory.chunks, slab.slot, entry)
      slots.free(blob, sizeClassOf(slabHigh(memory.chunks, slab.slot, entry)))
    }
    slots.free(slab.slot, this.#rows.slotClass[row] ?? 0)
    this.#rows.count[row] = 0
    this.#openSlabs--
  }

  /** Replay: a chunk that a head chunk file holds. */
  adopt(series: number, chunk: Omit<ClosedChunk, 'previous'>): void {
    const row = this.#rows.of(series)
    const previous = this.#rows.chain[row] ?? 0
    const next = this.#options.closed.adopt(chunk, previous, true)
    this.#options.memory.chunks.setListing(next - 1, 0)
    this.#rows.chain[row] = next
    this.#chunksClosed++
    this.#widen(chunk.minTimeMs, chunk.maxTimeMs)
  }

  /**
   * What the selected series have, in words (see outOfOrderWord). Undefined where none of them has any.
   */
  snapshot(ids: Uint32Array, count: number): Uint32Array<ArrayBuffer> | undefined {
    const rows = this.#rows
    if (rows.size === 0) return undefined
    let words = new Uint32Array(outOfOrderWords * 16)
    let at = 0
    for (let index = 0; index < count; index++) {
      const row = rows.find(ids[index] ?? 0)
      if (row < 0) continue
      if (at === words.length) {
        const larger = new Uint32Array(words.length * 2)
        larger.set(words)
        words = larger
      }
      words[at++] = index
      words[at++] = rows.slot[row] ?? 0
      words[at++] = rows.count[row] ?? 0
      words[at++] = rows.apart[row] ?? 0
      words[at++] = rows.chain[row] ?? 0
      words[at++] = 0
    }
    return at === 0 ? undefined : words.slice(0, at)
  }

  /** Closes the slab of a series; its chunks by now are those of the blocks that are listed next. */
  seal(series: number, closed: (entry: number) => void): void {
    const row = this.#rows.find(series)
    if (row < 0) return
    this.close(series, closed)
    const { chunks } = this.#options.memory
    this.#eachChunk(row, (entry) => {
      if (this.#isListed(entry)) return false
      chunks.setListing(entry, this.#listings + 1)
      return true
    })
  }

  /**
   * Blocks of the sealed chunks are listed, in one step with this: queries that begin from now on read
   * those there. Answers the number of the listing.
   */
  listSealed(): number {
    this.#listedUntilMs = Math.max(this.#listedUntilMs, this.#maxTimeMs)
    return ++this.#listings
  }

  /**
   * Takes the chunks of a series out that blocks hold since a listing: for queries that began before
   * it, nobody else. Answers the entries, to be freed when nobody reads them.
   */
  dropListed(series: number, listing: number): readonly number[] {
    const { chunks } = this.#options.memory
    const rows = this.#rows
    const row = rows.find(series)
    if (row < 0) return []
    const dropped: number[] = []
    let lastKept = 0
    this.#eachChunk(row, (entry) => {
      if (chunks.isListed(entry, listing)) dropped.push(entry)
      else lastKept = entry + 1
      return true
    })
    if (dropped.length === 0) return dropped
    this.former.add(series)
    if (lastKept === 0) rows.chain[row] = 0
    else chunks.setPrevious(lastKept - 1, 0)
    this.chunksRemoved += dropped.length
    if (rows.chain[row] === 0 && rows.count[row] === 0) rows.remove(row)
    return dropped
  }

  /** After dropListed of all series: the span of what is left. */
  finishDrop(): void {
    this.#minTimeMs = Number.POSITIVE_INFINITY
    this.#maxTimeMs = Number.NEGATIVE_INFINITY
    const rows = this.#rows
    for (let row = 0; row < rows.end; row++) {
      const span = rows.isTaken(row) ? this.spanOf(rows.series[row] ?? 0) : undefined
      if (span !== undefined) this.#widen(span.minTimeMs, span.maxTimeMs)
    }
  }
}
