import { randomFillSync } from 'node:crypto'
import { assert } from '../base/assert.ts'
import { limits } from '../base/limits.ts'
import { instantiate } from './instantiate.ts'
import {
  type KnownLines,
  type LineShape,
  lineMark,
  type PageScanner,
  rootEntry,
  type ScanOptions,
  setNext,
} from './known-lines.ts'

/** What assembly/exposition.ts exports; places are bytes of its memory. */
interface ExpositionModule {
  readonly memory: WebAssembly.Memory
  init(): void
  begin(
    pageEnd: number,
    isOpenMetrics: boolean,
    keepsTimes: boolean,
    tracksTimes: boolean,
    scrapeTimeMs: number,
    size: number,
    hashes: number,
    lengths: number,
    next: number,
    ids: number,
    kinds: number,
    marks: number,
    places: number,
    wholes: number,
    values: number,
    isAsBefore: boolean,
  ): void
  hasMoved(): number
  setBuckets(place: number, mask: number): void
  scan(from: number): number
  see(entry: number): number
  hashOf(from: number, lengthBytes: number): void
}

/** Places in the module's memory; see assembly/exposition.ts. */
const stateWord = 64
const fivesStart = 2_048
const fivesFrom = -65
const fivesTo = 55
const keyStart = 8_192
const keyBytes = 4_096 + 16
const rowsStart = 65_536
const rowsMax = 4_096
const pagesStart = rowsStart + rowsMax * 24
/** Behind the page: how far loads may reach. */
const slackBytes = 64
const memoryPageBytes = 65_536
/** Behind the table: how far the module may look ahead there. */
const aheadBytes = 256 + slackBytes
/** Of an entry's columns: hash, value, length, successor, id, place, length with the value, kind, marks. */
const entryBytes = 16 + 8 + 4 + 4 + 4 + 4 + 4 + 1 + 1
/** After so many pages in a row that needed little, memory for large ones is given back. */
const smallPagesMax = 64

/** Throws where this machine cannot run the module. */
export function compileExposition(base64: string): WebAssembly.Module {
  const compiled = new WebAssembly.Module(Buffer.from(base64, 'base64'))
  instantiate(compiled, isExpositionModule, 'expositions')
  return compiled
}

/**
 * The scanner in WebAssembly. Its memory holds one page, and while it is read what is known of its
 * target's lines: they live in the known lines' own columns, and only as long as those. A shape that
 * targets share stays, and so does the page before: pages of targets that are alike come one after
 * the other, and lines are then compared instead of hashed.
 */
export class ExpositionKernel implements PageScanner {
  familyEntry = 0
  typeEntry = 0
  readonly #compiled: WebAssembly.Module
  /** One for all instances: hashes are kept longer than they are. */
  readonly #key = randomFillSync(new Uint8Array(keyBytes))
  readonly #hash = new Int32Array(4)
  #module: ExpositionModule
  #bytes: Buffer
  #words: Int32Array
  #ids: Uint32Array
  #halves: Uint32Array
  #times: Float64Array
  #smallPages = 0
  #options: ScanOptions | undefined
  /** Entries that the module knows; those behind them are of this page. */
  #size = 0
  #pageStart = pagesStart
  #tableStart = 0
  /** What stands in the table, where it may stay there; beside it two pages of so many bytes. */
  #resident: LineShape | undefined
  #pageBytesMax = 0
  /** Where the page begins that was read last; 0 for none. */
  #lastPageStart = 0
  #hasBuckets = false
  #previous = rootEntry

  constructor(compiled: WebAssembly.Module) {
    this.#compiled = compiled
    this.#module = this.#instance()
    this.#bytes = Buffer.from(this.#module.memory.buffer)
    const { buffer } = this.#module.memory
    this.#words = new Int32Array(buffer)
    this.#ids = new Uint32Array(buffer)
    this.#halves = this.#ids
    this.#times = new Float64Array(buffer)
  }

  /** What it holds on to now. */
  get memoryBytes(): number {
    return this.#bytes.length
  }

  reserve(lengthBytes: number, lines: KnownLines): Uint8Array {
    this.#size = lines.size <= limits.expositionKernelLinesMax ? lines.size : 0
    this.#place(lengthBytes + slackBytes, lines)
    const tableBytes = roundUp(this.#size * entryBytes + 6 * 16)
    const bucketsBytes = this.#size === 0 ? 0 : lines.bucketCount * 4
    this.#reserve(this.#tableStart + tableBytes + bucketsBytes)
    const end = this.#pageStart + lengthBytes
    this.#bytes.fill(0, end, end + slackBytes)
    return this.#bytes.subarray(this.#pageStart, end + slackBytes)
  }

  /** Says where the page and the table go: beside the page before, where that had the same lines. */
  #place(pageBytes: number, { shape }: KnownLines): void {
    if (shape !== undefined && shape === this.#resident && pageBytes <= this.#pageBytesMax) {
      const other = pagesStart + this.#pageBytesMax
      this.#pageStart = this.#lastPageStart === pagesStart ? other : pagesStart
      return
    }
    this.#resident = undefined
    const mayStay = shape !== undefined && pageBytes * 4 <= limits.kernelMemoryKeptBytes
    this.#pageBytesMax = mayStay ? roundUp(pageBytes * 1.125) : pageBytes
    this.#pageStart = pagesStart
    this.#tableStart = roundUp(pagesStart + this.#pageBytesMax * (mayStay ? 2 : 1))
  }

  begin(options: ScanOptions): void {
    this.#options = options
    this.#previous = rootEntry
    this.#hasBuckets = false
    const { lines, lengthBytes, isOpenMetrics } = options
    const size = this.#size
    const end = this.#pageStart + lengthBytes
    if (!isOpenMetrics) this.#bytes[end] = 0x0a
    const hashes = this.#tableStart
    const values = hashes + size * 16
    const lengths = values + size * 8
    const next = lengths + size * 4
    const ids = next + size * 4
    const places = ids + size * 4
    const wholes = places + size * 4
    const kinds = wholes + size * 4
    const marks = kinds + size
    const isResident = this.#resident !== undefined && this.#resident === lines.shape
    if (!isResident) {
      this.#words.set(lines.hashes.subarray(0, size * 4), hashes / 4)
      this.#words.set(lines.lengths.subarray(0, size), lengths / 4)
      this.#words.set(lines.next.subarray(0, size), next / 4)
      this.#bytes.set(lines.kinds.subarray(0, size), kinds)
      const hasRoom = this.#tableStart >= pagesStart + this.#pageBytesMax * 2
      this.#resident = hasRoom && size > 0 ? lines.shape : undefined
    }
    this.#words.set(lines.ids.subarray(0, size), ids / 4)
    this.#bytes.set(lines.marks.subarray(0, size), marks)
    this.#lastPageStart = this.#pageStart
    this.#module.begin(
      end,
      isOpenMetrics,
      options.honorTimestamps,
      options.trackTimestamps,
      options.scrapeTimeMs,
      size,
      hashes,
      lengths,
      next,
      ids,
      kinds,
      marks,
      places,
      wholes,
      values,
      isResident,
    )
  }

  scan(at: number): number {
    const words = this.#words
    this.familyEntry = 0
    this.typeEntry = 0
    if (this.#size <= 1) return at
    for (let from = this.#pageStart + at; ; ) {
      const stop = this.#module.scan(from)
      if (stop > from) this.#take()
      if (words[stateWord + 8] !== 0) this.#loadBuckets()
      else if (words[stateWord] !== rowsMax) return stop - this.#pageStart
      from = stop
    }
  }

  see(entry: number): boolean {
    const { lines } = this.#opened()
    const previous = this.#previous
    this.#previous = entry
    if (previous >= this.#size) setNext(lines, previous, entry)
    const wasSeen = this.#module.see(entry) !== 0
    if (entry < this.#size) {
      if (!wasSeen) lines.seenCount++
      return wasSeen
    }
    const marks = lines.marks[entry] ?? 0
    if ((marks & lineMark.seen) !== 0) return true
    lines.marks[entry] = marks | lineMark.seen
    lines.seenCount++
    return false
  }

  isSeen(entry: number): boolean {
    const marks =
      entry < this.#size
        ? this.#bytes[this.#marksStart() + entry]
        : this.#opened().lines.marks[entry]
    return ((marks ?? 0) & lineMark.seen) !== 0
  }

  hash(from: number, lengthBytes: number): Int32Array {
    this.#module.hashOf(this.#pageStart + from, lengthBytes)
    const hash = this.#hash
    const words = this.#words
    for (let lane = 0; lane < 4; lane++) hash[lane] = words[stateWord + 12 + lane] ?? 0
    return hash
  }

  close(): void {
    const { lines } = this.#opened()
    this.#options = undefined
    const size = this.#size
    const marks = this.#marksStart()
    lines.marks.set(this.#bytes.subarray(marks, marks + size))
    if (this.#module.hasMoved() === 0) return
    this.#resident = undefined
    lines.own()
    // Successors of the lines that are new in this page are there already.
    const next = (this.#tableStart + size * 28) / 4
    lines.next.set(this.#words.subarray(next, next + size))
  }

  #marksStart(): number {
    return this.#tableStart + this.#size * (entryBytes - 1)
  }

  /** What the module found since the last call: counts, and rows behind those of the page so far. */
  #take(): void {
    const { lines, rows, tally } = this.#opened()
    const words = this.#words
    const count = words[stateWord] ?? 0
    tally.total += words[stateWord + 1] ?? 0
    tally.added += words[stateWord + 2] ?? 0
    tally.duplicates += words[stateWord + 3] ?? 0
    lines.seenCount += words[stateWord + 4] ?? 0
    this.familyEntry = words[stateWord + 5] || this.familyEntry
    this.typeEntry = words[stateWord + 6] || this.typeEntry
    this.#previous = words[stateWord + 7] ?? 0
    while (rows.count + count > rows.ids.length) rows.grow()
    if (count < fewRows) this.#copyFew(count)
    else this.#copyMany(count)
    rows.count += count
  }

  #copyMany(count: number): void {
    const { rows } = this.#opened()
    const first = rowsStart / 8
    rows.timestampsMs.set(this.#times.subarray(first, first + count), rows.count)
    const values = (rowsStart + 8 * rowsMax) / 4
    rows.halves.set(this.#halves.subarray(values, values + count * 2), rows.count * 2)
    const ids = (rowsStart + 16 * rowsMax) / 4
    rows.ids.set(this.#ids.subarray(ids, ids + count), rows.count)
    const entries = (rowsStart + 20 * rowsMax) / 4
    rows.entries.set(this.#words.subarray(entries, entries + count), rows.count)
  }

  /** A subarray costs more than a few rows. */
  #copyFew(count: number): void {
    const { rows } = this.#opened()
    for (let index = 0; index < count; index++) {
      const row = rows.count + index
      rows.timestampsMs[row] = this.#times[rowsStart / 8 + index] ?? 0
      const value = (rowsStart + 8 * rowsMax) / 4 + index * 2
      rows.halves[row * 2] = this.#halves[value] ?? 0
      rows.halves[row * 2 + 1] = this.#halves[value + 1] ?? 0
      rows.ids[row] = this.#ids[(rowsStart + 16 * rowsMax) / 4 + index] ?? 0
      rows.entries[row] = this.#words[(rowsStart + 20 * rowsMax) / 4 + index] ?? 0
    }
  }

  /** Only for pages that are not as the one before. */
  #loadBuckets(): void {
    assert(!this.#hasBuckets, 'the exposition kernel asked for its buckets twice')
    this.#hasBuckets = true
    const { buckets } = this.#opened().lines
    const place = this.#tableStart + roundUp(this.#size * entryBytes + 6 * 16)
    if (place + buckets.length * 4 > this.#bytes.length) {
      // The parser has made many new lines since the page was placed, and memory must not move.
      this.#module.setBuckets(this.#emptyBucket(), 0)
      return
    }
    this.#words.set(buckets, place / 4)
    this.#module.setBuckets(place, buckets.length - 1)
  }

  /** One bucket with nothing in it: every line is left to the parser. */
  #emptyBucket(): number {
    this.#words[stateWord + 16] = 0
    return (stateWord + 16) * 4
  }

  #opened(): ScanOptions {
    assert(this.#options !== undefined, 'the scanner has no page')
    return this.#options
  }

  #instance(): ExpositionModule {
    const module = instantiate(this.#compiled, isExpositionModule, 'expositions')
    module.init()
    const bytes = new Uint8Array(module.memory.buffer)
    bytes.set(this.#key, keyStart)
    bytes.set(new Uint8Array(powersOfFive().buffer), fivesStart)
    return module
  }

  /** Memory up to `end` and behind it. */
  #reserve(end: number): void {
    const needed = end + aheadBytes
    const isSmall = needed <= limits.kernelMemoryKeptBytes
    this.#smallPages = isSmall ? this.#smallPages + 1 : 0
    const isTooLarge = this.#bytes.length > limits.kernelMemoryKeptBytes
    if (isTooLarge && this.#smallPages >= smallPagesMax) {
      this.#module = this.#instance()
      this.#resident = undefined
      this.#look()
    }
    if (needed <= this.#bytes.length) return
    this.#module.memory.grow(Math.ceil((needed - this.#bytes.length) / memoryPageBytes))
    this.#look()
  }

  #look(): void {
    const { buffer } = this.#module.memory
    this.#bytes = Buffer.from(buffer)
    this.#words = new Int32Array(buffer)
    this.#ids = new Uint32Array(buffer)
    this.#halves = this.#ids
    this.#times = new Float64Array(buffer)
  }
}

const fewRows = 16

function roundUp(place: number): number {
  return Math.ceil(place / 16) * 16
}

/**
 * The 128 most significant bits of each power of five, upper half first; those of negative powers
 * down to the 27th are rounded up (Lemire, "Number parsing at a gigabyte per second", 2021).
 */
function powersOfFive(): BigUint64Array {
  const words = new BigUint64Array((fivesTo - fivesFrom + 1) * 2)
  for (let power = fivesFrom; power <= fivesTo; power++) {
    const five = 5n ** BigInt(Math.abs(power))
    const digits = BigInt(five.toString(2).length)
    const roundsUp = power < 0 && power >= -27
    const whole = power < 0 ? (1n << (digits + 127n)) / five : shifted(five, 128n - digits)
    const bits = roundsUp ? whole + 1n : whole
    const word = (power - fivesFrom) * 2
    words[word] = bits >> 64n
    words[word + 1] = bits & 0xffff_ffff_ffff_ffffn
  }
  return words
}

function shifted(number: bigint, by: bigint): bigint {
  return by < 0n ? number >> -by : number << by
}

function isExpositionModule(exports: unknown): exports is ExpositionModule {
  return typeof exports === 'object' && exports !== null && 'hashOf' in exports
}
