import { randomFillSync } from 'node:crypto'
import { assert } from '../base/assert.ts'
import {
  addRow,
  findLine,
  hasHash,
  type KnownLines,
  lineKind,
  lineMark,
  type PageScanner,
  rootEntry,
  type ScanOptions,
  setNext,
  unresolvedId,
  writeNormalNan,
} from './known-lines.ts'
import { scanDecimal } from './scan-decimal.ts'

const newline = 0x0a
const space = 0x20
const tab = 0x09
const braceOpen = 0x7b
const braceClose = 0x7d
const quote = 0x22

/** Behind a page: what the hash reads in whole words. */
const slackBytes = 8

/** The scanner in plain code; the kernel is held against it. */
export class ExpositionTwin implements PageScanner {
  familyEntry = 0
  typeEntry = 0
  readonly #seeds = randomFillSync(new Int32Array(4))
  readonly #hash = new Int32Array(4)
  #bytes = Buffer.from(new ArrayBuffer(64 * 1024))
  #view = viewOf(this.#bytes)
  #options: ScanOptions | undefined
  #previous = rootEntry

  reserve(lengthBytes: number): Uint8Array {
    const needed = lengthBytes + slackBytes
    if (this.#bytes.length < needed) {
      this.#bytes = Buffer.from(new ArrayBuffer(Math.max(needed, this.#bytes.length * 2)))
      this.#view = viewOf(this.#bytes)
    }
    this.#bytes.fill(0, lengthBytes, needed)
    return this.#bytes
  }

  begin(options: ScanOptions): void {
    this.#options = options
    this.#previous = rootEntry
    if (!options.isOpenMetrics) this.#bytes[options.lengthBytes] = newline
  }

  scan(at: number): number {
    const options = this.#opened()
    this.familyEntry = 0
    this.typeEntry = 0
    let next = at
    while (next < options.lengthBytes) {
      const entry = this.#expected(options, next) || this.#found(options, next)
      const after = entry === 0 ? -1 : this.#take(options, entry, next)
      if (after < 0) return next
      next = after
    }
    return next
  }

  see(entry: number): boolean {
    const { lines } = this.#opened()
    setNext(lines, this.#previous, entry)
    this.#previous = entry
    const marks = lines.marks[entry] ?? 0
    if ((marks & lineMark.seen) !== 0) return true
    lines.marks[entry] = marks | lineMark.seen
    lines.seenCount++
    return false
  }

  isSeen(entry: number): boolean {
    return ((this.#opened().lines.marks[entry] ?? 0) & lineMark.seen) !== 0
  }

  hash(from: number, lengthBytes: number): Int32Array {
    hashBytes(this.#view, from, lengthBytes, this.#seeds, this.#hash)
    return this.#hash
  }

  close(): void {
    this.#options = undefined
  }

  #opened(): ScanOptions {
    assert(this.#options !== undefined, 'the scanner has no page')
    return this.#options
  }

  /** The line that came after the one before last time, if it stands there; else 0. */
  #expected({ lines, lengthBytes }: ScanOptions, at: number): number {
    const entry = lines.next[this.#previous] ?? 0
    const length = lines.lengths[entry] ?? 0
    if (entry === 0 || at + length >= lengthBytes) return 0
    if (!this.#endsLine(lines, entry, at + length)) return 0
    return hasHash(lines, entry, this.hash(at, length)) ? entry : 0
  }

  /** The known line that stands there, wherever it stood before; else 0. */
  #found({ lines, lengthBytes }: ScanOptions, at: number): number {
    const end = keyEnd(this.#bytes, at, lengthBytes)
    if (end < 0) return 0
    const entry = findLine(lines, this.hash(at, end - at), end - at)
    return entry !== 0 && this.#endsLine(lines, entry, end) ? entry : 0
  }

  /** Whether the text of an entry can end there: no prefix of a longer name may pass for it. */
  #endsLine(lines: KnownLines, entry: number, end: number): boolean {
    const byte = this.#bytes[end]
    if (lines.kinds[entry] === lineKind.metadata) return byte === newline
    return byte === space || byte === tab
  }

  /** Takes a known line in; the start of the next line, or -1 where the parser must look. */
  #take(options: ScanOptions, entry: number, at: number): number {
    const { lines, rows, isOpenMetrics } = options
    const end = at + (lines.lengths[entry] ?? 0)
    const id = lines.ids[entry] ?? 0
    if (lines.kinds[entry] === lineKind.metadata) {
      if ((id & 15) !== 0) this.typeEntry = entry
      if (id >>> 4 !== 0) this.familyEntry = entry
      this.see(entry)
      return end + 1
    }
    if (lines.kinds[entry] === lineKind.series && id === unresolvedId) return -1
    if (rows.count === rows.values.length) rows.grow()
    const from = this.#valueStart(end, isOpenMetrics)
    if (from < 0) return -1
    let after = scanDecimal(this.#bytes, from, rows.values, rows.count)
    if (after < 0) {
      if (!this.#isNanAt(from)) return -1
      writeNormalNan(rows.halves, rows.count)
      after = from + 3
    }
    if (this.#bytes[after] === newline) {
      if (isOpenMetrics && after >= options.lengthBytes) return -1
      addRow(options, entry, Number.NaN, this.see(entry))
      return after + 1
    }
    return isOpenMetrics ? -1 : this.#takeTimed(options, entry, after)
  }

  /** Behind the blanks; -1 where they are not those of the format, or a brace follows a name. */
  #valueStart(end: number, isOpenMetrics: boolean): number {
    const bytes = this.#bytes
    let at = end + 1
    if (isOpenMetrics) return bytes[end] === space && bytes[at] !== braceOpen ? at : -1
    while (bytes[at] === space || bytes[at] === tab) at++
    return bytes[at] === braceOpen ? -1 : at
  }

  #isNanAt(at: number): boolean {
    const bytes = this.#bytes
    return (
      bytes[at] === 0x4e &&
      bytes[at + 1] === 0x61 &&
      bytes[at + 2] === 0x4e &&
      bytes[at + 3] === newline
    )
  }

  /** Milliseconds behind a value of the text format, then the line's end. */
  #takeTimed(options: ScanOptions, entry: number, after: number): number {
    const bytes = this.#bytes
    let at = after
    while (bytes[at] === space || bytes[at] === tab) at++
    const first = at
    let timestampMs = 0
    let byte = bytes[at] ?? 0
    while (byte >= 0x30 && byte <= 0x39) {
      timestampMs = timestampMs * 10 + (byte - 0x30)
      byte = bytes[++at] ?? 0
    }
    if (byte !== newline || at - first > 15) return -1
    addRow(options, entry, at === first ? Number.NaN : timestampMs, this.see(entry))
    return at + 1
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

/**
 * Hashes bytes, four at a time; the view must reach four bytes behind the range. Two texts that
 * differ in one word never collide: each step is a bijection of each lane.
 */
function hashBytes(
  view: DataView,
  from: number,
  length: number,
  seeds: Int32Array,
  into: Int32Array,
): void {
  let a = (seeds[0] ?? 0) ^ length
  let b = (seeds[1] ?? 0) ^ length
  let c = (seeds[2] ?? 0) ^ length
  let d = (seeds[3] ?? 0) ^ length
  for (let left = length, at = from; left > 0; left -= 4, at += 4) {
    const whole = view.getInt32(at, true)
    const word = left >= 4 ? whole : whole & ((1 << (left * 8)) - 1)
    a = Math.imul(((a << 5) | (a >>> 27)) ^ word, 0x9e3779b1)
    b = Math.imul(((b << 11) | (b >>> 21)) ^ word, 0x85ebca77)
    c = Math.imul(((c << 15) | (c >>> 17)) ^ word, 0xc2b2ae3d)
    d = Math.imul(((d << 19) | (d >>> 13)) ^ word, 0x27d4eb2f)
  }
  into[0] = a ^ (a >>> 15)
  into[1] = b ^ (b >>> 13)
  into[2] = c ^ (c >>> 16)
  into[3] = d ^ (d >>> 14)
}

/**
 * Where the text that names a line ends: behind the series, or at the end of a comment line. -1 for
 * what is not written plainly; that costs time only, since the parser reads it then.
 */
function keyEnd(bytes: Uint8Array, from: number, length: number): number {
  let at = from
  if (bytes[at] === 0x23) {
    while (at < length && bytes[at] !== newline) at++
    return at
  }
  while (isNameByte(bytes[at] ?? 0)) at++
  if (bytes[at] !== braceOpen) return at === from ? -1 : at
  for (at++; at < length; at++) {
    const byte = bytes[at]
    if (byte === braceClose) return at + 1
    if (byte === newline) return -1
    if (byte !== quote) continue
    at = quotedEnd(bytes, at, length)
    if (at < 0) return -1
  }
  return -1
}

/** A letter, a digit, a colon or an underscore. */
function isNameByte(byte: number): boolean {
  const lower = byte | 0x20
  return (lower >= 0x61 && lower <= 0x7a) || (byte >= 0x30 && byte <= 0x3a) || byte === 0x5f
}

/** The closing quote. */
function quotedEnd(bytes: Uint8Array, from: number, length: number): number {
  for (let at = from + 1; at < length; at++) {
    const byte = bytes[at]
    if (byte === quote) return at
    if (byte === 0x5c) at++
  }
  return -1
}
