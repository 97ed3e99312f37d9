import { type EntryKind, type ExpositionParser, entryKind } from './exposition.ts'
import { scanDecimal } from './go-float.ts'
import { type PageColumns, writeNormalNan } from './page-columns.ts'
import { metricTypes, PageRows, type RowOptions } from './page-rows.ts'
import { hashBytes, lanes, lineKind, type SeriesCache, unresolvedId } from './series-cache.ts'
import { byteClass } from './token.ts'

const newline = 0x0a
const space = 0x20
const tab = 0x09
const braceOpen = 0x7b
const braceClose = 0x7d
const quote = 0x22

/** A page in memory: `view` is over the same buffer and reaches four bytes behind the page. */
export interface Page {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly lengthBytes: number
  /** Single blanks and nothing optional, so that a line in another form is left to the parser. */
  readonly isOpenMetrics: boolean
}

export interface ReadOptions extends RowOptions {
  readonly page: Page
  readonly parser: ExpositionParser
}

/**
 * Reads a page into columns, starting a new generation of the cache. Lines that the cache knows
 * have only their value read; all others, and whatever is written unusually, go through the parser,
 * which alone decides what is valid. Throws ExpositionError and what the sink throws.
 *
 * The seam for the delta kernel: it would take the place of #knownLine for runs of lines.
 */
export function readPage(options: ReadOptions): void {
  new PageReader(options).read()
}

class PageReader {
  readonly #options: ReadOptions
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #length: number
  readonly #isOpenMetrics: boolean
  readonly #cache: SeriesCache
  readonly #columns: PageColumns
  readonly #rows: PageRows

  constructor(options: ReadOptions) {
    this.#options = options
    this.#bytes = options.page.bytes
    this.#view = options.page.view
    this.#length = options.page.lengthBytes
    this.#isOpenMetrics = options.page.isOpenMetrics
    this.#cache = options.cache
    this.#columns = options.columns
    this.#rows = new PageRows(options)
  }

  read(): void {
    this.#cache.beginGeneration()
    this.#columns.clear()
    let at = 0
    while (at < this.#length) {
      const entry = this.#entryAt(at)
      const after = entry === 0 ? -1 : this.#knownLine(entry, at)
      if (after >= 0) {
        at = after
        continue
      }
      at = this.#parsedLine(at)
      if (at < 0) return
    }
    // OpenMetrics demands its # EOF, which only the parser knows about.
    if (this.#isOpenMetrics) this.#parsedLine(at)
  }

  /** The known line that stands there, or 0. */
  #entryAt(at: number): number {
    const cache = this.#cache
    const expected = cache.next[this.#rows.previous] ?? 0
    if (expected !== 0) {
      const length = cache.lengths[expected] ?? 0
      if (at + length < this.#length && this.#endsLine(expected, at + length)) {
        hashBytes(this.#view, at, length)
        if (cache.hashA[expected] === lanes[0] && cache.hashB[expected] === lanes[1]) {
          return expected
        }
      }
    }
    const end = keyEnd(this.#bytes, at, this.#length)
    if (end < 0) return 0
    hashBytes(this.#view, at, end - at)
    const entry = cache.find(lanes[0] ?? 0, lanes[1] ?? 0, end - at)
    return entry !== 0 && this.#endsLine(entry, end) ? entry : 0
  }

  /** Whether the text of an entry can end there: no prefix of a longer name may pass for it. */
  #endsLine(entry: number, end: number): boolean {
    const byte = this.#bytes[end]
    if (this.#cache.kinds[entry] === lineKind.metadata) return byte === newline
    return byte === space || byte === tab
  }

  /** Takes a known line in; the start of the next line, or -1 where the parser must look. */
  #knownLine(entry: number, at: number): number {
    const cache = this.#cache
    const end = at + (cache.lengths[entry] ?? 0)
    const kind = cache.kinds[entry]
    if (kind === lineKind.metadata) {
      this.#seeMetadata(entry)
      return end + 1
    }
    if (kind === lineKind.series && (cache.ids[entry] === unresolvedId || this.#rows.tellsNew()))
      return -1
    const columns = this.#columns
    const row = columns.count
    if (row === columns.values.length) columns.grow()
    const from = this.#valueStart(end)
    if (from < 0) return -1
    let after = scanDecimal(this.#bytes, from, columns.values, row)
    if (after < 0) {
      if (!this.#isNanAt(from)) return -1
      writeNormalNan(columns.halves, row)
      after = from + 3
    }
    if (this.#bytes[after] === newline) {
      this.#rows.addRow(entry, Number.NaN)
      return after + 1
    }
    return this.#isOpenMetrics ? -1 : this.#knownTimestamp(entry, after)
  }

  #seeMetadata(entry: number): void {
    const type = this.#cache.metadataType(entry)
    if (type > 0) this.#options.parser.metricType = metricTypes[type - 1] ?? 'unknown'
    this.#rows.seeMetadata(entry)
  }

  /** Behind the blanks; -1 where they are not those of the format, or a brace follows a name. */
  #valueStart(end: number): number {
    const bytes = this.#bytes
    let at = end + 1
    if (this.#isOpenMetrics) return bytes[end] === space && bytes[at] !== braceOpen ? at : -1
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
  #knownTimestamp(entry: number, after: number): number {
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
    this.#rows.addRow(entry, at === first ? Number.NaN : timestampMs)
    return at + 1
  }

  /** Lets the parser read one entry; where the next line starts, or -1 at the end of the page. */
  #parsedLine(at: number): number {
    const { parser } = this.#options
    parser.position = at
    const kind = parser.next()
    if (kind === entryKind.end) return -1
    if (kind === entryKind.series) this.#parsedSeries(parser)
    else this.#parsedMetadata(at, kind, parser)
    return parser.position
  }

  #parsedSeries(parser: ExpositionParser): void {
    const cache = this.#cache
    const length = parser.seriesEnd - parser.seriesStart
    hashBytes(this.#view, parser.seriesStart, length)
    let entry = cache.find(lanes[0] ?? 0, lanes[1] ?? 0, length)
    if (entry === 0 || cache.ids[entry] === unresolvedId) {
      entry = this.#rows.admitted(entry, length, parser)
    }
    const columns = this.#columns
    if (columns.count === columns.values.length) columns.grow()
    if (Number.isNaN(parser.value)) writeNormalNan(columns.halves, columns.count)
    else columns.values[columns.count] = parser.value
    const row = columns.count
    this.#rows.addRow(entry, parser.hasTimestamp ? parser.timestampMs : Number.NaN)
    if (columns.count === row) return
    const { exemplar } = parser
    if (exemplar !== undefined) columns.exemplars.push({ row, exemplar })
    this.#rows.addMetadata(row, entry, parser)
  }

  #parsedMetadata(at: number, kind: EntryKind, parser: ExpositionParser): void {
    const end = parser.position - 1
    if (this.#bytes[end] !== newline) return
    hashBytes(this.#view, at, end - at)
    this.#rows.metadata(kind, end - at, parser)
  }
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
  while (byteClass[bytes[at] ?? 0] !== 0) at++
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

/** The closing quote. */
function quotedEnd(bytes: Uint8Array, from: number, length: number): number {
  for (let at = from + 1; at < length; at++) {
    const byte = bytes[at]
    if (byte === quote) return at
    if (byte === 0x5c) at++
  }
  return -1
}
